// The logs with lines of every level and kind, one open, filters, and nothing found, in both languages, both themes and
// three widths.
import { asAdmin } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';
import { appKey, exception, frame, log, report } from './telemetry.mjs';

const key = await appKey('desk');
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ann = { installation: 'ann-laptop', user: 'ann', session: 'sa' };
const chloe = { installation: 'chloe', user: 'chloe.martin-de-la-tour', session: 'sc', version: '1.3.9', view: 'agenda', os: 'macOS' };
for (let n = 0; n < 30; n += 1) {
  await report(key, n % 3 ? ann : chloe, {
    logs: [
      log('debug', `Synchronised room ${n}`, { rooms: String(n), ms: String(12 + n) }),
      log('info', `Opened the room “planning” (${n})`, { room: 'planning' }, TRACE),
      ...(n % 5 === 0 ? [log('warn', 'The calendar took long to load', { events: '412', ms: '2310' }, TRACE)] : []),
    ],
    ...(n % 7 === 0 && {
      exceptions: [
        exception('TypeError', "Cannot read properties of undefined (reading 'id')", [
          frame('openRoom', 'rooms-3f9c2b1a.js', 118, 24),
          frame('select', 'rooms-3f9c2b1a.js', 64, 9),
          frame('HTMLButtonElement.<anonymous>', 'app-77aa0b1c.js', 12, 5),
        ], TRACE),
      ],
    }),
    measurements: [{ type: 'web-vitals', values: { lcp: 1240.5 + n, fcp: 480 }, timestamp: new Date().toISOString() }],
    events: [{ name: 'view_changed', attributes: { from: 'rooms', to: 'agenda' }, timestamp: new Date().toISOString() }],
  });
}
await report(key, ann, { logs: [log('info', `A line that goes on: ${'words and words '.repeat(60)}`)] });
await asAdmin('GET', '/api/logs');

async function logs(page) {
  await logIn(page, given.admin);
  await visit(page, '/logs?source=client');
  await live(page);
  await page.waitForSelector('#logs-live[data-state="live"]');
  await page.waitForSelector('.log-line');
}

const open = async (page) => {
  await visit(page, '/logs?kind=exception');
  await page.waitForSelector('#logs-live[data-state="live"]');
  await page.locator('.log-line').last().click();
  await page.waitForSelector('.log-detail .stack');
};
const show = (place) => async (page) => {
  await visit(page, place);
  await page.waitForSelector('#logs-live[data-state="live"]');
};
const up = async (page) => {
  await show('/logs?source=client&search=room')(page);
  await page.locator('#logs-scroll').evaluate((box) => box.scrollTo(0, 0));
  await page.waitForSelector('#logs-new:visible');
};

await everyLook(logs, [
  ['logs'],
  ['logs-open', open],
  ['logs-search', up, NARROW],
  ['logs-none', show('/logs?search=nothing+at+all&user=nobody'), NARROW],
  ['logs-filter', (page) => page.click('#logs-more-button'), NARROW],
]);
await done();
