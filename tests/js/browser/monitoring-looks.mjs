// Monitoring, live and over an hour, in both languages and themes and three widths.
import { asAdmin } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';
import { leave, team } from './team.mjs';

const members = await team();
const PATHS = ['/api/users', '/api/chat/rooms', '/api/installations', '/api/auth/me'];
const traffic = async () => {
  for (let n = 0; n < 40; n += 1) await asAdmin('GET', PATHS[n % PATHS.length]);
  for (const { report } of Object.values(members)) await report(null);
  await members.ann.report('x is undefined');
};
await traffic();

async function monitoring(page) {
  await logIn(page, given.admin);
  await visit(page, '/monitoring');
  await live(page);
  await traffic();
  await page.waitForSelector('#routes-rows .table-row:nth-of-type(5)');
}

const top = (page) => page.evaluate(() => scrollTo(0, 0));
const to = (id) => (page) => page.locator(id).evaluate((block) => block.scrollIntoView());
const hour = async (page) => {
  await page.click('#monitoring-range label:nth-of-type(2)');
  await page.waitForSelector('#monitoring[aria-busy="false"]');
};
const press = async (page) => {
  await top(page);
  await page.locator('#chart-requests .u-over').click({ position: { x: 60, y: 40 } });
  await page.waitForSelector('#moment:popover-open');
};

await everyLook(monitoring, [
  ['monitoring', () => {}, undefined, top],
  ['monitoring-routes', () => {}, NARROW, to('#panel-routes')],
  ['monitoring-low', () => {}, NARROW, to('#panel-realtime')],
  ['monitoring-hour', hour, undefined, top],
  ['monitoring-moment', press, [1280]],
  [
    'monitoring-route',
    async (page) => {
      await page.keyboard.press('Escape');
      await visit(page, '/monitoring?range=24h&route=GET+/api/users');
      await page.waitForSelector('#monitoring-chips .chip');
    },
    NARROW,
    top,
  ],
]);
leave(members);
await done();
