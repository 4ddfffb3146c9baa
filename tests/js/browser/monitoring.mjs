// Monitoring beside a server that is asked: lines move each second, a range and a window stand in the address, a drag
// zooms all charts, a press leads to the logs of that moment, a route is looked at alone, and a cut is caught up with.
import assert from 'node:assert/strict';
import { asAdmin, proxy, url } from '../sdk/lib.mjs';
import { assertQuiet, close, done, given, live, logIn, open, visit } from './lib.mjs';
import { leave, team } from './team.mjs';

const members = await team();
await members.ann.report('x is undefined');
const page = await open();
const address = () => new URL(page.url()).searchParams;
const legend = (id) => page.textContent(`#chart-${id}-legend`);
const shows = (id, pattern) =>
  page.waitForFunction(
    ([place, wanted]) => new RegExp(wanted).test(document.querySelector(`#chart-${place}-legend`).textContent),
    [id, pattern],
  );
const row = (text) => page.locator('#routes-rows .table-row', { hasText: text });
const ask = async (times = 3) => {
  for (let n = 0; n < times; n += 1) await fetch(`${url}/health`);
};

await logIn(page, given.admin);
await page.click('.rail-link[href="/monitoring"]');
await live(page);
await page.evaluate(() => {
  globalThis.sameDocument = true;
});

// Live: every panel has its numbers, and the routes their load.
await ask();
await shows('requests', 'Requests\\d');
await shows('latency', 'p50\\d.*p95\\d.*p99\\d');
await shows('clients', 'Clients5Users5');
await shows('memory', 'Memory\\d');
await shows('database', 'Database\\d');
await row('/health').waitFor();
assert.match(await row('/health').textContent(), /GET\/health.*(\/s|\/min)0\s%.*\sms.*\sms.*\sms/);
await shows('routes', '/assets');

// A line is switched off and on in the legend.
const errors = page.locator('#chart-requests-legend button', { hasText: 'Errors' });
await errors.click();
assert.equal(await errors.getAttribute('aria-pressed'), 'false');
await errors.click();
assert.equal(await errors.getAttribute('aria-pressed'), 'true');

// One route: in the address, as a chip, and in the charts above.
await row('/health').click();
await page.waitForSelector('#monitoring-chips .chip:has-text("GET /health")');
assert.equal(address().get('route'), 'GET /health');
await ask();
await shows('requests', 'Requests\\d');
await page.click('#monitoring-chips .chip');
await page.waitForFunction(() => location.search === '');
await row('/health').focus();
await page.keyboard.press('Enter');
await page.waitForSelector('#monitoring-chips .chip:has-text("GET /health")');
await page.keyboard.press('Enter');
await page.waitForFunction(() => location.search === '');

// A range is loaded from what is stored: the signals of this minute among them, and routes as sums.
await page.click('#monitoring-range label:has-text("1 h")');
await page.waitForFunction(() => location.search === '?range=1h');
await page.waitForFunction(() => document.querySelector('#routes-count').textContent.includes('whole range'));
await row('/health').waitFor();
await shows('memory', 'Memory\\d');
await shows('latency', 'p50\\d');
for (const range of ['6 h', '24 h', '7 d', '30 d']) {
  const answered = page.waitForResponse((answer) => answer.url().includes('metric=server'));
  await page.click(`#monitoring-range label:has-text("${range}")`);
  assert.equal((await answered).status(), 200, range);
}
await page.waitForFunction(() => location.search === '?range=30d');
await page.reload({ waitUntil: 'networkidle' });
assert.ok(await page.isChecked('#monitoring-range input[value="30d"]'));

// A drag over one chart zooms all; a double click goes back.
await visit(page, '/monitoring?range=1h');
const box = await page.locator('#chart-latency .u-over').boundingBox();
const across = async (from, to) => {
  await page.mouse.move(box.x + box.width * from, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), box.y + 50);
  await page.mouse.move(box.x + box.width * to, box.y + 50);
  await page.mouse.up();
};
await across(0.5, 0.95);
await page.waitForFunction(() => new URLSearchParams(location.search).has('from'));
const zoomed = (Date.parse(address().get('to')) - Date.parse(address().get('from'))) / 60_000;
assert.ok(zoomed > 20 && zoomed < 35, `${zoomed} min`);
await page.waitForSelector('#monitoring-chips .chip:has-text("Time")');
await page.mouse.dblclick(box.x + 60, box.y + 40);
await page.waitForFunction(() => location.search === '?range=1h');

// The crosshair is over all charts, and the legend has the time under it.
await page.mouse.move(box.x + box.width * 0.5, box.y + 50);
for (const figure of ['first-child', 'last-child']) {
  await page.waitForSelector(`#panel-requests .figure:${figure} .legend-time:text-matches("\\\\d\\\\d:\\\\d\\\\d")`);
}

// A press leads to the logs of that moment.
await page.mouse.click(box.x + box.width * 0.5, box.y + 50);
await page.waitForSelector('#moment:popover-open');
const logs = new URL(await page.getAttribute('#moment [data-action="errors"]', 'href'), url);
assert.equal(logs.pathname, '/logs');
assert.equal(logs.searchParams.get('level'), 'error');
const span = Date.parse(logs.searchParams.get('to')) - Date.parse(logs.searchParams.get('from'));
assert.equal(span, 60_000);
await page.click('#moment [data-action="zoom"]');
await page.waitForFunction(() => new URLSearchParams(location.search).has('from'));
await page.locator('#monitoring-logs').focus();
const whole = new URL(await page.getAttribute('#monitoring-logs', 'href'), url).searchParams;
assert.equal(Date.parse(whole.get('from')), Date.parse(address().get('from')));
assertQuiet(page);

// A range that the address has wrong is the live one.
await visit(page, '/monitoring?range=century&from=yesterday');
assert.ok(await page.isChecked('#monitoring-range input[value="live"]'));
await close(page);

// A member gets nothing of it.
const member = await open();
member.expected.push(/403/);
await logIn(member, { username: 'ann', password: 'correct horse ann' });
await visit(member, '/monitoring');
assert.ok(!(await member.content()).includes('monitoring.js'));
await close(member);

// A cut is shown, and caught up with: what happened meanwhile is in the line.
const wire = await proxy();
given.url = wire.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/, /ERR_/);
await logIn(far, given.admin);
await visit(far, '/monitoring');
await live(far);
await far.evaluate(() => {
  globalThis.sameDocument = true;
});
wire.pause();
await far.waitForSelector('#page.is-stale');
for (let n = 0; n < 5; n += 1) await asAdmin('GET', '/api/users');
wire.resume();
await live(far);
await far.waitForSelector('#routes-rows .table-row:has-text("/api/users")');
assert.ok(await far.evaluate(() => globalThis.sameDocument));
await close(far);
wire.close();
leave(members);
await done();
