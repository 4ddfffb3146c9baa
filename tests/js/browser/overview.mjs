// The overview with and without clients, its menu and its dialogs, in both languages, both themes and three widths.
import { client, person, Seen } from '../sdk/lib.mjs';
import { done, everyLook, given, logIn, NARROW } from './lib.mjs';

const PEOPLE = [
  [
    'ann',
    { app: 'desk', app_version: '2.4.1', os: 'Windows', os_version: '11', hostname: 'ann-laptop', locale: 'fr-FR' },
  ],
  ['bastien', { app: 'phone', app_version: '3.12.0-beta.2', os: 'Android', os_version: '16', locale: 'fr-FR' }],
  [
    'chloe.martin',
    {
      app: 'desk',
      app_version: '2.3.9',
      os: 'macOS',
      os_version: '15.6',
      hostname: 'a-host-name-too-long-for-its-column.local',
    },
  ],
  ['dmitri', { app: 'notes', os: 'Linux', hostname: 'tower' }],
];

async function overview(page) {
  await logIn(page, given.admin);
  await page.waitForSelector('#clients-rows .table-row');
  await page.waitForFunction(() => document.querySelector('#tile-memory .tile-number').textContent !== '–');
}

const action = (name) => async (page) => {
  await page.locator('.table-row', { hasText: 'ann' }).locator('button').click();
  await page.click(`#client-menu [data-action="${name}"]`);
};
const after = (leave, enter) => async (page) => {
  await leave(page);
  await enter(page);
};
const escape = (page) => page.keyboard.press('Escape');

await everyLook(overview, [['overview-first']]);
const clients = [];
for (const [username, data] of PEOPLE) {
  const { token } = await person(username);
  const desk = client({ token, data });
  const seen = new Seen(desk, 'connected');
  desk.connect();
  await seen.first('connected');
  clients.push(desk);
}
await everyLook(overview, [
  ['overview'],
  [
    'overview-clients',
    () => {},
    NARROW,
    (page) => page.locator('#clients').evaluate((block) => block.scrollIntoView()),
  ],
  ['overview-notice', action('notice'), NARROW],
  ['overview-disconnect', after(escape, action('disconnect')), NARROW],
  ['overview-details', after(escape, action('details')), NARROW],
  ['overview-account', after(escape, (page) => page.click('[popovertarget="account-menu"]')), NARROW],
]);
for (const desk of clients) desk.disconnect();
await done();
