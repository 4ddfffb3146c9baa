// Two people keep an agenda in their browsers: one sees what the other does, and nothing typed is lost.
import assert from 'node:assert/strict';
import { asAdmin, person, proxy } from '../sdk/lib.mjs';
import { assertSame, boxOf, drag, edit, formClosed, goTo, mark, middle, node, point, save, scope } from './agenda-page.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';

const bob = await person('bob');
await person('vera', 'viewer');
const WEEK = 'view=week&date=2027-03-10';
const window = 'from=2027-02-01T00:00:00Z&to=2027-08-01T00:00:00Z&time_zone=Europe/Paris&limit=200';
const occurrences = async (title) => (await asAdmin('GET', `/api/agenda?${window}`)).items.filter((item) => item.title === title);
const starts = async (title) => (await occurrences(title)).map(({ start }) => start);
/** The event called `title`, as soon as `holds` for it. */
async function stored(title, holds = () => true) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const [found] = await occurrences(title);
    const event = found && (await asAdmin('GET', `/api/agenda/${found.event_id}`));
    if (event && holds(event)) return event;
    assert.ok(Date.now() < deadline, `${title} is not as expected: ${JSON.stringify(event)}`);
    await new Promise(setImmediate);
  }
}

const ann = await open();
await logIn(ann, given.admin);
await ann.click('.rail-link[href="/agenda"]');
await ann.waitForURL(at('/agenda?view=week'));
await goTo(ann, WEEK);
assert.equal(await ann.textContent('#agenda-shown'), 'March 7 – 13, 2027');
await ann.waitForSelector('#agenda-note:has-text("Nothing this week")');
const ben = await open();
await logIn(ben, { username: 'bob', password: 'correct horse bob' });
await goTo(ben, WEEK);
await mark(ann);
await mark(ben);

// Drawn into the week, completed in the form, seen by the other at once.
await drag(ann, await point(ann, '2027-03-10', 10.02), await point(ann, '2027-03-10', 11.48));
await ann.waitForSelector('#event-dialog[open]');
assert.deepEqual(
  await ann.evaluate(() => ['start_date', 'start_time', 'end_date', 'end_time'].map((name) => document.querySelector(`[name=${name}]`).value)),
  ['2027-03-10', '10:00', '2027-03-10', '11:30'],
);
await save(ann);
assert.match(await ann.textContent('#event-title-error'), /Fill this in/);
assert.deepEqual(await starts('Planning <b>'), []);
await ann.fill('#event-title', 'Planning <b>');
await ann.fill('#event-place', 'Room 1');
await ann.fill('#event-invite', 'bo');
await ann.click('#event-offers .menu-item:has-text("bob")');
await ann.selectOption('#event-remind', '10');
await ann.click('label:has([name=visibility][value=team])');
await ann.click('.agenda-color[title="Orange"]');
await save(ann);
await formClosed(ann);
await node(ben, 'Planning <b>').waitFor();
let event = await stored('Planning <b>');
assert.deepEqual(
  [event.start, event.end, event.time_zone, event.place, event.color, event.reminders, event.visibility],
  ['2027-03-10T10:00:00', '2027-03-10T11:30:00', 'Europe/Paris', 'Room 1', '#d9621e', [10], 'team'],
);
assert.equal(event.attendees[0].user_id, bob.id);

// Moved and resized by mouse.
const [, pxY] = await point(ann, '2027-03-10', 1).then(async ([, y1]) => [0, y1 - (await point(ann, '2027-03-10', 0))[1]]);
let [x, y] = await middle(ann, 'Planning <b>');
await drag(ann, [x, y], [(await point(ann, '2027-03-11', 12))[0], y + 2 * pxY]);
await stored('Planning <b>', ({ start, end }) => start === '2027-03-11T12:00:00' && end === '2027-03-11T13:30:00');
await ben.waitForFunction(() => document.querySelector('[data-day="2027-03-11"] .agenda-event')?.textContent.includes('12:00 – 13:30'));
await ann.waitForSelector('[data-day="2027-03-11"] .agenda-event:not(.is-dragged)');
const grip = await boxOf(ann, '.agenda-event', 'Planning <b>');
const low = grip.y + grip.height - 4;
await drag(ann, [grip.x + 20, low], [grip.x + 20, low + pxY / 2]);
await stored('Planning <b>', ({ start, end }) => start === '2027-03-11T12:00:00' && end === '2027-03-11T14:00:00');
await node(ann, '12:00 – 14:00').waitFor();

// Escape lets go of it where it was.
[x, y] = await middle(ann, 'Planning <b>');
const before = (await stored('Planning <b>')).version;
await ann.mouse.move(x, y);
await ann.mouse.down();
await ann.mouse.move(x, y + 100, { steps: 4 });
await ann.waitForSelector('.agenda-ghost');
await ann.keyboard.press('Escape');
await ann.waitForSelector('.agenda-ghost', { state: 'detached' });
await ann.mouse.up();
await ann.keyboard.press('Escape');
assert.equal((await stored('Planning <b>')).version, before);

// And by keyboard: Shift moves it, Alt and Shift its end.
await node(ann, 'Planning <b>').focus();
await ann.keyboard.press('Shift+ArrowDown');
await ann.keyboard.press('Shift+ArrowDown');
await ann.keyboard.press('Shift+ArrowLeft');
await ann.keyboard.press('Alt+Shift+ArrowDown');
event = await stored('Planning <b>', ({ start, end }) => start === '2027-03-10T12:30:00' && end === '2027-03-10T14:45:00');
assert.equal(event.version, before + 1, 'keys that follow each other are one change');
assert.match(await ann.evaluate(() => document.activeElement.textContent), /Planning <b>/, 'it keeps the focus');
await node(ben, '12:30').waitFor();

// What bob may not change he reads: no handle, no buttons, and no drag.
assert.equal(await node(ben, 'Planning <b>').locator('.agenda-event-handle').count(), 0);
[x, y] = await middle(ben, 'Planning <b>');
await drag(ben, [x, y], [x, y + 100]);
await node(ben, 'Planning <b>').click();
await ben.waitForSelector('#agenda-card .agenda-attendee:has-text("bob")');
assert.match(await ben.textContent('#agenda-card'), new RegExp(`By ${given.admin.username}\\. Seen by the whole team`));
assert.ok(!(await ben.isVisible('#agenda-card-edit')));
await ben.keyboard.press('Escape');
assert.equal((await stored('Planning <b>')).version, event.version);

// Two edit the same event: the second sees both versions, and loses neither.
const shared = await bob.api('POST', '/api/agenda', {
  title: 'Review', start: '2027-03-09T09:00:00', end: '2027-03-09T10:00:00', time_zone: 'Europe/Paris', visibility: 'team',
});
const ofBob = (patch) => fetch(`${given.url}/api/agenda/${shared.id}`, {
  method: 'PATCH',
  headers: { authorization: `Bearer ${bob.token}`, 'content-type': 'application/json', 'if-match': '*' },
  body: JSON.stringify(patch),
}).then((answer) => assert.equal(answer.status, 200));
await edit(ann, 'Review');
await ann.fill('#event-title', 'Review of the plan');
await ann.fill('#event-notes', 'What ann typed');
await ofBob({ title: 'Review of March', place: 'Room 9' });
ann.expected.push(/412/);
await save(ann);
await ann.waitForSelector('#event-conflict:not([hidden])');
const told = await ann.textContent('#event-conflict');
for (const words of ['Review of March', 'Review of the plan', 'Room 9']) assert.ok(told.includes(words), `${words} in ${told}`);
assert.equal(await ann.inputValue('#event-title'), 'Review of the plan');
assert.equal(await ann.inputValue('#event-notes'), 'What ann typed');
assert.equal(await ann.inputValue('#event-place'), 'Room 9', 'what ann left alone is as bob saved it');
assert.equal((await asAdmin('GET', `/api/agenda/${shared.id}`)).title, 'Review of March', 'nothing is overwritten unseen');
await save(ann);
await formClosed(ann);
event = await stored('Review of the plan');
assert.deepEqual([event.notes, event.place], ['What ann typed', 'Room 9']);

// The same by dragging: the form opens with both.
let overtaken = false;
await ann.route(`**/api/agenda/${shared.id}*`, async (route) => {
  if (route.request().method() === 'PATCH' && !overtaken) {
    overtaken = true;
    await ofBob({ start: '2027-03-09T15:00:00', end: '2027-03-09T16:00:00' });
  }
  await route.continue();
});
await node(ann, 'Review of the plan').waitFor();
[x, y] = await middle(ann, 'Review of the plan');
await drag(ann, [x, y], [x, y + 2 * pxY]);
await ann.waitForSelector('#event-conflict:not([hidden])');
assert.match(await ann.textContent('#event-conflict'), /15:00[^]*11:00/);
assert.equal(await ann.inputValue('[name=start_time]'), '11:00');
await ann.click('#event-take-theirs');
assert.equal(await ann.inputValue('[name=start_time]'), '15:00');
await ann.click('#event-cancel');
await formClosed(ann);
assert.equal((await stored('Review of the plan')).start, '2027-03-09T15:00:00');

// Deleted by the other while it is edited: what was typed can still be kept.
await edit(ann, 'Review of the plan');
await ann.fill('#event-title', 'Review, once more');
await fetch(`${given.url}/api/agenda/${shared.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${bob.token}`, 'if-match': '*' } });
ann.expected.push(/404/);
await save(ann);
await ann.waitForSelector('#event-form [data-error]:has-text("deleted meanwhile")');
assert.equal(await ann.inputValue('#event-title'), 'Review, once more');
await ann.keyboard.press('Escape');
await ann.waitForSelector('#event-discard:not([hidden])');
await ann.click('#event-keep');
await save(ann);
await formClosed(ann);
assert.deepEqual(await starts('Review, once more'), ['2027-03-09T15:00:00']);
await assertSame(ann);
await assertSame(ben);

// A series, by keyboard alone, said in words.
await ann.focus('#agenda-new');
await ann.keyboard.press('Enter');
await ann.keyboard.type('Stand-up');
await ann.fill('#event-start-date', '2027-03-08');
await ann.fill('[name=start_time]', '09:00');
await ann.fill('[name=end_time]', '09:15');
assert.equal(await ann.inputValue('#event-end-date'), '2027-03-08', 'the end follows the start');
await ann.focus('#repeat-kind');
await ann.keyboard.type('Weekly');
await ann.focus('.agenda-weekday-option input[value="2"]');
await ann.keyboard.press('Space');
await ann.selectOption('#repeat-end', 'count');
await ann.fill('#repeat-count', '6');
assert.equal(await ann.textContent('#repeat-sentence'), 'Every week on Monday and Wednesday, 6 times');
await ann.focus('#event-title');
await ann.keyboard.press('Enter');
await formClosed(ann);
const series = ['08', '10', '15', '17', '22', '24'].map((day) => `2027-03-${day}T09:00:00`);
assert.deepEqual(await starts('Stand-up'), series);
assert.equal((await stored('Stand-up')).recurrence.rule, 'FREQ=WEEKLY;COUNT=6;BYDAY=MO,WE');

// One of it, all after it, the whole of it.
await goTo(ann, 'view=list&date=2027-03-07');
await edit(ann, 'Stand-up', 1);
assert.ok(!(await ann.isVisible('#event-repeat')), 'the repetition is of the series');
await ann.fill('#event-title', 'Stand-up with guests');
await save(ann);
await formClosed(ann);
assert.deepEqual(await starts('Stand-up with guests'), ['2027-03-10T09:00:00']);
await ann.waitForFunction(() => document.querySelector('#agenda-view').textContent.includes('Stand-up with guests'));
await edit(ann, 'Stand-up', 3);
await scope(ann, 'following');
await ann.fill('#event-place', 'Large room');
await ann.fill('#event-start-date', '2027-03-18');
await save(ann);
await formClosed(ann);
assert.deepEqual(await starts('Stand-up'), ['08', '15', '18', '23', '25'].map((day) => `2027-03-${day}T09:00:00`));
assert.deepEqual((await occurrences('Stand-up')).map(({ place }) => place), [null, null, 'Large room', 'Large room', 'Large room']);
await ann.waitForSelector('.agenda-event-row:has-text("Large room")');
await edit(ann, 'Large room', 2);
await scope(ann, 'series');
await ann.fill('[name=start_time]', '08:30');
await save(ann);
await formClosed(ann);
assert.deepEqual((await starts('Stand-up')).slice(2), ['18', '23', '25'].map((day) => `2027-03-${day}T08:30:00`));

// Dragged to another day, the whole series follows.
await goTo(ann, 'view=week&date=2027-03-23');
const from = await middle(ann, 'Stand-up');
await drag(ann, from, [(await point(ann, '2027-03-24', 9))[0], from[1]]);
await ann.waitForSelector('#scope-dialog[open]');
await ann.click('#scope-dialog [value="series"]');
await ann.click('#scope-submit');
await ann.waitForFunction(() => !document.querySelector('#scope-dialog').open);
assert.deepEqual((await starts('Stand-up')).slice(2), ['19', '24', '26'].map((day) => `2027-03-${day}T08:30:00`));

// Deleted: cancelled first, then one, then the rest.
const remove = async (title, index, part) => {
  await node(ann, title).nth(index).click();
  await ann.click('#agenda-card-delete');
  if (part) await ann.click(`#scope-dialog [value="${part}"]`);
};
await goTo(ann, 'view=list&date=2027-03-07');
await remove('Large room', 0, 'this');
await ann.click('#scope-dialog [data-close]');
assert.equal((await starts('Stand-up')).length, 5);
await remove('Large room', 0, 'this');
assert.equal(await ann.textContent('#scope-submit'), 'Delete “Stand-up”');
await ann.click('#scope-submit');
await ann.waitForFunction(() => !document.querySelector('#scope-dialog').open);
assert.deepEqual((await starts('Stand-up')).slice(2), ['2027-03-24T08:30:00', '2027-03-26T08:30:00']);
await ann.waitForFunction(() => document.querySelectorAll('.agenda-event-row').length === 7);
await remove('Large room', 1, 'following');
await ann.click('#scope-submit');
await ann.waitForFunction(() => !document.querySelector('#scope-dialog').open);
assert.deepEqual((await starts('Stand-up')).slice(2), ['2027-03-24T08:30:00']);

// A rule that the form has no words for stays as it is.
const rule = 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1';
await asAdmin('POST', '/api/agenda', {
  title: 'Payroll', start: '2027-03-31T14:00:00', time_zone: 'Europe/Paris', recurrence: { rule },
});
await goTo(ann, 'view=month&date=2027-03-10');
assert.equal(await ann.textContent('#agenda-shown'), 'March 2027');
await edit(ann, 'Payroll');
await scope(ann, 'series');
assert.match(await ann.textContent('#repeat-sentence'), new RegExp(rule));
await ann.fill('#event-title', 'Payroll run');
await save(ann);
await formClosed(ann);
assert.equal((await stored('Payroll run')).recurrence.rule, rule);

// Days as a bar over a month, moved and made longer; a click on a day begins a whole-day event.
await asAdmin('POST', '/api/agenda', { title: 'Fair', start: '2027-03-15', end: '2027-03-18', all_day: true });
await node(ann, 'Fair').waitFor();
const cell = async (day) => {
  const box = await boxOf(ann, `.agenda-cell[data-day="${day}"]`);
  return [box.x + box.width / 2, box.y + box.height - 6];
};
const bar = await boxOf(ann, '.agenda-event', 'Fair');
await drag(ann, [bar.x + 20, bar.y + 8], [(await cell('2027-03-16'))[0], bar.y + 8]);
await stored('Fair', ({ start, end }) => start === '2027-03-16' && end === '2027-03-19');
await node(ann, 'Fair').focus();
await ann.keyboard.press('Alt+Shift+ArrowRight');
await stored('Fair', ({ start, end }) => start === '2027-03-16' && end === '2027-03-20');
await ann.mouse.click(...(await cell('2027-03-12')));
await ann.waitForSelector('#event-dialog[open]');
assert.ok(await ann.isChecked('[name=all_day]'));
assert.ok(!(await ann.isVisible('[name=start_time]')));
await ann.click('#event-cancel');
await formClosed(ann);

// An event of another zone stands on the reader's clock, and names its own.
await asAdmin('POST', '/api/agenda', { title: 'Tokyo', start: '2027-03-12T18:00:00', end: '2027-03-12T19:00:00', time_zone: 'Asia/Tokyo' });
await goTo(ann, 'view=day&date=2027-03-12');
assert.match(await node(ann, 'Tokyo').textContent(), /10:00 – 11:00.*18:00 – 19:00 in Tokyo, GMT\+9/);
[x, y] = await middle(ann, 'Tokyo');
await drag(ann, [x, y], [x, y + pxY]);
await stored('Tokyo', ({ start, time_zone: zone }) => start === '2027-03-12T19:00:00' && zone === 'Asia/Tokyo');

// What is shown is in the address.
await ann.click('#agenda-next');
await ann.waitForURL(at('/agenda?view=day&date=2027-03-13'));
await ann.click('#agenda-views label:has([value=month])');
await ann.waitForURL(at('/agenda?view=month&date=2027-03-13'));
await ann.click('#agenda-previous');
await ann.waitForURL(at('/agenda?view=month&date=2027-02-01'));
await ann.reload();
await live(ann);
assert.equal(await ann.textContent('#agenda-shown'), 'February 2027');
await ann.click('#agenda-today');
await ann.waitForURL(at('/agenda?view=month'));
await ann.click('#agenda-views label:has([value=week])');
await ann.waitForSelector('.agenda-column.is-today .agenda-now');

// A calendar file: what came in, and what did not, and why.
await goTo(ann, 'view=month&date=2027-03-10');
await ann.click('#agenda-calendars');
const file = (text) => ({ name: 'calendar.ics', mimeType: 'text/calendar', buffer: Buffer.from(text.replaceAll('\n', '\r\n')) });
const part = (uid, more) => `BEGIN:VEVENT\nUID:${uid}\nDTSTAMP:20270101T000000Z\n${more}\nEND:VEVENT\n`;
await ann.click('#import-form [type=submit]');
assert.match(await ann.textContent('#import-file-error'), /Fill this in/);
ann.expected.push(/400/);
await ann.setInputFiles('#import-file', file('no calendar'));
await ann.click('#import-form [type=submit]');
await ann.waitForSelector('#import-file-error:has-text("no calendar file")');
await ann.setInputFiles('#import-file', file(
  `BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n${part('a', 'DTSTART:20270305T090000Z\nDTEND:20270305T100000Z\nSUMMARY:From elsewhere')}${part('b', 'DTSTART:20270306T090000Z\nRRULE:FREQ=SECONDLY\nSUMMARY:Too often')}${part('c', 'SUMMARY:Never')}END:VCALENDAR\n`,
));
await ann.click('#import-form [type=submit]');
await ann.waitForSelector('#import-result:not([hidden])');
assert.match(await ann.textContent('#import-result'), /1 event came in|2 events came in/);
assert.match(await ann.textContent('#import-problems'), /Never: refused, /);
await node(ann, 'From elsewhere').waitFor();

// The feed: made, read by a program, renewed, ended.
const feed = async () => {
  await ann.click('#feed-make');
  await ann.waitForSelector('#feed-line:not([hidden])');
  return ann.textContent('#feed-address');
};
const first = await feed();
const read = await fetch(first);
assert.equal(read.status, 200);
assert.match(await read.text(), /From elsewhere/);
await ann.click('#feed-make');
await ann.waitForFunction((old) => document.querySelector('#feed-address').textContent !== old, first);
assert.equal((await fetch(first)).status, 404);
const second = await ann.textContent('#feed-address');
assert.equal((await fetch(second)).status, 200);
await ann.click('#feed-end');
await ann.waitForSelector('#feed-end', { state: 'hidden' });
assert.equal((await fetch(second)).status, 404);
await ann.click('#zone-take');
await ann.waitForSelector('#zone-part', { state: 'hidden' });
assert.equal((await asAdmin('GET', '/api/agenda/settings')).time_zone, 'Europe/Paris');
await ann.keyboard.press('Escape');

// A reminder that comes due is told wherever one is, and stays until it is closed.
await ann.click('.rail-link[href="/rooms"]');
await live(ann);
const soon = new Date(Date.now() + 5 * 60_000 + 1500).toISOString();
await asAdmin('POST', '/api/agenda', { title: 'Leave <i>', start: soon, place: 'Station', reminders: [5] });
await ann.waitForSelector('.report-reminder:has-text("Leave <i>")');
assert.match(await ann.textContent('.report-reminder'), /Station/);
await ann.click('.report-reminder .button-icon');
assert.equal(await ann.locator('.report-reminder').count(), 0);
await close(ann);
assertQuiet(ben);
await close(ben);

// A finger on a phone: held it takes hold of an event, moved at once it scrolls, and a tap begins a new one.
const phone = await open();
await phone.setViewportSize({ width: 360, height: 740 });
await logIn(phone, { username: 'bob', password: 'correct horse bob' });
await bob.api('POST', '/api/agenda', { title: 'Finger', start: '2027-05-14T10:00:00', end: '2027-05-14T11:00:00', time_zone: 'Europe/Paris' });
await goTo(phone, 'view=day&date=2027-05-14');
const screen = await phone.context().newCDPSession(phone);
await screen.send('Emulation.setTouchEmulationEnabled', { enabled: true });
const touch = (type, ...touchPoints) => screen.send('Input.dispatchTouchEvent', { type, touchPoints });
const swipe = async (x, y, by) => {
  for (let step = 1; step <= 8; step += 1) await touch('touchMove', { x, y: y + (by * step) / 8 });
  await touch('touchEnd');
};
const timeOf = (page) => page.textContent('.agenda-event-time');
[x, y] = await middle(phone, 'Finger');
await touch('touchStart', { x, y });
await phone.waitForSelector('.agenda-event.is-dragged');
await swipe(x, y, 2 * pxY);
await phone.waitForFunction(() => document.querySelector('.agenda-event-time')?.textContent === '12:00 – 13:00');
[x, y] = await middle(phone, 'Finger');
const scrolledTo = await phone.evaluate(() => document.querySelector('.agenda-scroll').scrollTop);
await touch('touchStart', { x, y });
await swipe(x, y, -pxY);
await phone.waitForFunction((from) => document.querySelector('.agenda-scroll').scrollTop > from, scrolledTo);
assert.equal(await timeOf(phone), '12:00 – 13:00');
[x, y] = await point(phone, '2027-05-14', 15.2);
await touch('touchStart', { x, y });
await touch('touchEnd');
await phone.waitForSelector('#event-dialog[open]');
assert.equal(await phone.inputValue('[name=start_time]'), '15:00');
await phone.click('#event-cancel');
await close(phone);

// A failed answer says so, and the page goes on by itself.
const cut = await open();
await logIn(cut, { username: 'bob', password: 'correct horse bob' });
cut.expected.push(/500|Failed to load resource/);
await cut.route('**/api/agenda?*', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"code":"internal"}' }));
await visit(cut, `/agenda?${WEEK}`);
await cut.waitForSelector('#agenda-note.is-bad:has-text("could not be read")');
await cut.unroute('**/api/agenda?*');
await cut.click('#agenda-retry');
await node(cut, 'Planning <b>').waitFor();
await cut.waitForSelector('#agenda-note', { state: 'hidden' });
await close(cut);

// A cut line: what happens meanwhile is there afterwards, without a reload.
const home = given.url;
const line = await proxy();
given.url = line.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/, /failed: /, /Failed to load resource/);
await logIn(far, { username: 'bob', password: 'correct horse bob' });
await goTo(far, WEEK);
await mark(far);
line.pause();
await far.waitForSelector('#connection[data-state="waiting"]');
await asAdmin('POST', '/api/agenda', { title: 'Meanwhile', start: '2027-03-11T08:00:00', time_zone: 'Europe/Paris', visibility: 'team' });
// What is typed meanwhile waits for the line.
await far.mouse.click(...(await point(far, '2027-03-08', 9.2)));
await far.fill('#event-title', 'Typed while away');
await save(far);
await far.waitForSelector('#event-form [data-error]:has-text("does not answer")');
line.resume();
await live(far);
await node(far, 'Meanwhile').waitFor({ state: 'attached' });
assert.equal(await far.inputValue('#event-title'), 'Typed while away');
await save(far);
await formClosed(far);
await node(far, 'Typed while away').waitFor();
await assertSame(far);
await far.context().close();
line.close();
given.url = home;

// A viewer reads, and only reads.
const vera = await open();
await logIn(vera, { username: 'vera', password: 'correct horse vera' });
await goTo(vera, WEEK);
await node(vera, 'Planning <b>').waitFor();
assert.equal(await node(vera, 'Typed while away').count(), 0, 'what is private stays private');
assert.equal(await vera.locator('#agenda-new, #event-dialog, #scope-dialog, #import-form').count(), 0);
await vera.mouse.click(...(await point(vera, '2027-03-09', 9)));
[x, y] = await middle(vera, 'Planning <b>');
await drag(vera, [x, y], [x, y + 100]);
await node(vera, 'Planning <b>').focus();
await vera.keyboard.press('Shift+ArrowDown');
await vera.keyboard.press('Enter');
await vera.waitForSelector('#agenda-card .agenda-attendee');
assert.ok(!(await vera.isVisible('#agenda-card-actions')));
assert.equal((await stored('Planning <b>')).start, '2027-03-10T12:30:00');
await close(vera);
await done();
