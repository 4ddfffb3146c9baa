// How much each page fetches before it paints, with nothing kept from before: the document, and what its head asks for before
// anything is drawn. What comes later (scripts, words, charts) is bounded, too. How soon it paints is shown, beside an empty
// page: other tests run at the same time, and a bound in milliseconds would be one for the machine.
import assert from 'node:assert/strict';
import { person } from '../sdk/lib.mjs';
import { at, close, done, given, logIn, open } from './lib.mjs';

const PAINT_BYTES = 100 * 1024;
// Until the page is live, charts (uPlot) and the terminal (xterm) apart.
const ALL_BYTES = 220 * 1024;

const PAGES = {
  admin: [
    '/', '/monitoring', '/clients', '/logs', '/errors', '/rooms', '/agenda', '/terminal', '/people',
    '/settings', '/settings/sessions', '/settings/tokens', '/settings/data', '/settings/app-keys', '/settings/retention',
    '/settings/loki', '/settings/audit', '/settings/about',
  ],
  member: ['/', '/rooms', '/agenda', '/settings'],
  nobody: ['/login'],
};

const painted = (page) =>
  page.evaluate(async () => {
    const entry = () => performance.getEntriesByName('first-contentful-paint')[0];
    while (!entry()) await new Promise(requestAnimationFrame);
    return entry().startTime;
  });

/** What the page fetched, in bytes as they were sent. */
const fetched = (page) =>
  page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    const files = performance.getEntriesByType('resource').filter(({ name }) => !name.includes('/api/'));
    const sum = (entries) => entries.reduce((bytes, { transferSize }) => bytes + transferSize, 0);
    const isLater = ({ name }) => /\/vendor\/(uplot|xterm)/.test(name);
    const isFirst = ({ name }) => /\.css$|\.woff2$|\/early\.js$/.test(name) && !isLater({ name });
    return {
      first: navigation.transferSize + sum(files.filter(isFirst)),
      all: navigation.transferSize + sum(files.filter((file) => !isLater(file))),
      charts: sum(files.filter(isLater)),
    };
  });

async function cookiesOf(who) {
  const page = await open();
  if (who) await logIn(page, who);
  const cookies = await page.context().cookies();
  await close(page);
  return cookies;
}

/** A page after an empty one of the same server, both timed: so the browser has its process, and nothing of the page. */
async function look(cookies, place) {
  const page = await open({ cookies });
  await page.route('**/empty', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>-</title>-' }));
  await page.goto(at('/empty'));
  await painted(page);
  await page.goto(at('/empty'));
  const empty = await painted(page);
  await page.goto(at(place), { waitUntil: 'networkidle' });
  const result = { empty, paint: await painted(page), ...(await fetched(page)) };
  await page.context().close();
  return result;
}

const ann = await person('ann');
const readers = { admin: given.admin, member: { username: 'ann', password: ann.password }, nobody: null };
const faults = [];
const kib = (bytes) => `${(bytes / 1024).toFixed(1).padStart(5)} KiB`;
for (const [role, places] of Object.entries(PAGES)) {
  const cookies = await cookiesOf(readers[role]);
  for (const place of places) {
    const { empty, paint, first, all, charts } = await look(cookies, place);
    console.log(
      [
        role.padEnd(6),
        place.padEnd(19),
        `${paint.toFixed(0).padStart(4)} ms, empty ${empty.toFixed(0).padStart(3)} ms`,
        `to paint ${kib(first)}, all ${kib(all)}, charts ${kib(charts)}`,
      ].join('  '),
    );
    if (first >= PAINT_BYTES) faults.push(`${role} ${place}: ${kib(first)} before it paints`);
    if (all >= ALL_BYTES) faults.push(`${role} ${place}: ${kib(all)}`);
  }
}
assert.deepEqual(faults, []);
await done();
