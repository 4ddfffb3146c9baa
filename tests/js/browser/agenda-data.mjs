// The believable week that the looks of the agenda are taken of, and the ways around its page.
import { asAdmin, person } from '../sdk/lib.mjs';
import { given, live, logIn, visit } from './lib.mjs';

const DAY_MS = 86_400_000;
export const bastien = await person('bastien');
const chloe = await person('chloe.martin');
await person('eve', 'viewer');
const { id: admin } = await asAdmin('GET', '/api/auth/me').then(({ user }) => user);

// Days of this week, so that the line of the present is in it.
const now = new Date();
const monday = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) - ((now.getDay() + 6) % 7) * DAY_MS;
export const day = (at) => new Date(monday + at * DAY_MS).toISOString().slice(0, 10);
const paris = { time_zone: 'Europe/Paris' };
const timed = (title, at, from, to, more = {}) => ({ title, start: `${day(at)}T${from}:00`, end: `${day(at)}T${to}:00`, ...paris, ...more });
const team = { visibility: 'team' };

const add = (who, event) => who('POST', '/api/agenda', event);
await add(chloe.api, timed('Stand-up', -7, '09:00', '09:15', {
  ...team,
  recurrence: { rule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=60' },
  place: 'Room 1',
  reminders: [10],
}));
await add(chloe.api, timed('Design review', 1, '10:00', '11:30', {
  ...team,
  color: '#d9621e',
  place: 'Room with the large table, second floor, behind the kitchen',
  notes: 'Bring the screenshots.\n\nhttps://example.org/review',
  attendees: [{ user_id: admin, response: 'accepted' }, { user_id: bastien.id }, { email: 'guest@example.org', name: 'Ada Guest', response: 'tentative' }],
  reminders: [10, 1440],
}));
export const call = await add(bastien.api, timed('Call with the customer', 1, '10:30', '11:00', { ...team, color: '#159a73' }));
await add(asAdmin, timed('Write the release notes', 1, '10:45', '12:15', { color: '#c2528b', reminders: [5] }));
await add(asAdmin, { title: 'Talk with Tokyo', start: `${day(2)}T17:00:00`, end: `${day(2)}T18:30:00`, time_zone: 'Asia/Tokyo', color: '#3a9fcf', place: 'Video' });
await add(asAdmin, timed('Lunch', 3, '12:00', '13:00'));
await add(asAdmin, timed('Deployment in the night, with everybody who can be there', 3, '22:30', '23:59', { color: '#d13b3b' }));
await add(asAdmin, { ...timed('Watch the graphs', 4, '23:00', '23:59'), end: `${day(5)}T02:00:00` });
await add(chloe.api, { title: 'Conference', start: day(2), end: day(5), all_day: true, ...team, color: '#c28a0a', place: 'Lyon' });
await add(bastien.api, { title: 'Bastien is away', start: day(4), end: day(11), all_day: true, ...team, color: '#6b7280' });
await add(asAdmin, { title: 'Birthday of Chloé', start: day(3), end: day(4), all_day: true, recurrence: { rule: 'FREQ=YEARLY' } });
await add(asAdmin, timed('Pay the hosting', 0, '14:00', '14:30', { recurrence: { rule: 'FREQ=MONTHLY;BYMONTHDAY=-1' } }));
for (let at = 0; at < 5; at += 1) await add(asAdmin, timed(`Interview ${at + 1}`, 10, `${13 + at}:00`, `${13 + at}:45`));

export const agenda = (query, who = given.admin) => async (page) => {
  await logIn(page, who);
  await visit(page, `/agenda?${query}`);
  await live(page);
  await page.waitForSelector('#agenda-view[aria-busy="false"]');
};
const event = (page, title) => page.locator('.agenda-event', { hasText: title }).first();
export const to = (view) => async (page) => {
  await page.keyboard.press('Escape');
  await page.locator('#agenda-views label', { has: page.locator(`[value="${view}"]`) }).click();
  await page.waitForSelector('#agenda-view[aria-busy="false"]');
};
export const closed = async (page) => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog[open], [popover]:popover-open'));
};
export const card = (title) => async (page) => {
  await closed(page);
  await event(page, title).click();
  await page.waitForSelector('#agenda-card-body[aria-busy="false"]');
};
export const after = (...steps) => async (page) => {
  for (const step of steps) await step(page);
};

