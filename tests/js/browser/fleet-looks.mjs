// The clients, the page of one of them and all that opens on both, in both languages and themes and three widths.
import { asAdmin } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';
import { leave, team } from './team.mjs';

const members = await team();
await members.ann.report('x is undefined');
await members['chloe.martin'].report('cannot read properties of null (reading the inbox of somebody else)');
const { items } = await asAdmin('GET', '/api/installations?user=ann');
const path = `/api/installations/${items[0].id}`;
await asAdmin('PUT', `${path}/settings`, { log_level: 'debug', sampling: 0.5, minutes: 600 });
const { id } = await asAdmin('POST', `${path}/diagnostics`, undefined, 201);
await members.ann.client.rpc('diagnostics', { id, report: { free_disk_mb: 20480, queue: [1, 2, 3], last_error: null } });
await asAdmin('POST', `${path}/diagnostics`, undefined, 201);

async function fleet(page) {
  await logIn(page, given.admin);
  await visit(page, '/clients');
  await live(page);
  await page.waitForSelector('#fleet-rows .table-row:not(.is-waiting)');
  await page.waitForSelector('.adoption');
}

const escape = (page) => page.keyboard.press('Escape');
const after = (enter) => async (page) => {
  await escape(page);
  await enter(page);
};
const top = (page) => page.evaluate(() => scrollTo(0, 0));

await everyLook(fleet, [
  ['fleet', () => {}, undefined, top],
  ['fleet-table', () => {}, NARROW, (page) => page.locator('#fleet').evaluate((block) => block.scrollIntoView())],
  ['fleet-filter', (page) => page.click('#fleet-filter-open'), NARROW],
  ['fleet-columns', after((page) => page.click('#fleet-columns')), [1280]],
  ['fleet-menu', after((page) => page.locator('#fleet-rows tr', { hasText: 'ann' }).locator('button').last().click()), [1280]],
  [
    'fleet-none',
    after(async (page) => {
      await visit(page, '/clients?user=nobody&os=Linux&silent_days=30');
      await page.waitForSelector('#fleet-none:not([hidden])');
    }),
    NARROW,
  ],
  [
    'client',
    async (page) => {
      await visit(page, `/clients/${items[0].id}`);
      await page.waitForSelector('#timeline .timeline-entry');
      await page.waitForSelector('#client-report-list .action-block');
    },
    undefined,
    top,
  ],
  [
    'client-low',
    async (page) => {
      await page.locator('#client-report-list button').first().click();
      await page.locator('#timeline .timeline-entry[data-kind="exception"] button').first().click();
    },
    NARROW,
    (page) => page.locator('#timeline').evaluate((block) => block.scrollIntoView()),
  ],
  ['client-settings', (page) => page.click('#client-actions [data-action="settings"]'), NARROW],
  ['client-report', after((page) => page.click('#client-actions [data-action="report"]')), NARROW],
]);
leave(members);
await done();
