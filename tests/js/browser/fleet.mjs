// The clients beside real ones: the table follows who comes and goes, filters stand in the address, ten thousand rows
// scroll, and what an admin does on the page of one client reaches it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { asAdmin, client, person, proxy, Seen } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';
import { leave, team } from './team.mjs';

const members = await team();
await members.ann.report('x is undefined');
const page = await open();
const row = (text) => page.locator('#fleet-rows .table-row', { hasText: text });
const count = (text) =>
  page.waitForFunction((wanted) => document.querySelector('#fleet-count').textContent === wanted, text);
const quick = (name) => page.locator(`[data-quick="${name}"]`);
const place = () => new URL(page.url()).pathname + new URL(page.url()).search;

await logIn(page, given.admin);
await page.click('.rail-link[href="/clients"]');
await live(page);
await page.evaluate(() => {
  globalThis.sameDocument = true;
});

// Who is connected, with what they use, the last error and the round trip; the version that is behind says so.
await row('ann').waitFor();
assert.match(await row('ann').textContent(), /desk\u00a02\.4\.1.*Windows\u00a011.*TypeError: x is undefined.*connected for/);
await page.waitForFunction(() => /ms/.test(document.querySelector('#fleet-rows .table-row .col-rtt').textContent));
assert.ok(await row('chloe.martin').locator('.badge-warn').isVisible());
assert.ok(!(await row('ann').locator('.badge-warn').isVisible()));
await page.locator('#fleet-rows .badge:visible', { hasText: 'this page' }).waitFor();

// One that comes appears, and one that goes is said to be silent, without a reload.
const eve = await person('eve');
const late = client({ token: eve.token, data: { app: 'late', hostname: '=1+1<b>', installation_id: 'i-eve' } });
late.connect();
await row('eve').filter({ hasText: 'connected for' }).waitFor();
late.disconnect();
await page.waitForFunction(() =>
  [...document.querySelectorAll('#fleet-rows .table-row')].some((line) => /eve.*silent for/.test(line.textContent)),
);

// Filters: chips, the address, quick questions, and a link that shows the same.
await quick('behind').click();
await count(`1 of ${(await asAdmin('GET', '/api/installations')).known.toLocaleString('en')}`);
assert.equal(place(), '/clients?behind=true');
assert.equal(await quick('behind').getAttribute('aria-pressed'), 'true');
await page.waitForSelector('#fleet-chips .chip:has-text("behind")');
await page.click('#fleet-filter-open');
await page.fill('#filter-os', 'macos');
await page.waitForFunction(() => location.search.includes('os=macos'));
await page.keyboard.press('Escape');
await page.reload({ waitUntil: 'networkidle' });
await row('chloe.martin').waitFor();
assert.equal(await page.locator('#fleet-rows .table-row').count(), 1);
await page.click('#fleet-chips .chip:has-text("macos")');
await page.click('#fleet-chips .chip:has-text("behind")');
await page.waitForFunction(() => location.search === '');
await page.fill('#fleet-search', 'nobody at all');
await page.waitForSelector('#fleet-none:not([hidden])');
assert.match(await page.textContent('#fleet-none'), /No installation matches/);
await page.fill('#fleet-search', '');
await row('ann').waitFor();
await page.goto(at('/clients?silent_days=0'), { waitUntil: 'networkidle' }).catch(() => {});
page.expected.push(/answer: 400/, /status of 400/);
await page.waitForSelector('#fleet-none:not([hidden])');
assert.match(await page.textContent('#fleet-none'), /could not be loaded/);

// Ten thousand: sorted by the server, drawn as far as one sees, and reached at the end.
await visit(page, '/clients?app=crowd&sort=user');
await row('user-00001').waitFor();
await count(`10,000 of ${(await asAdmin('GET', '/api/installations')).known.toLocaleString('en')}`);
assert.equal(await page.getAttribute('#fleet-head [aria-sort]', 'aria-sort'), 'ascending');
assert.ok((await page.locator('#fleet-rows .table-row').count()) < 100);
const began = Date.now();
await page.locator('#fleet-scroll').evaluate((scroll) => {
  scroll.scrollTop = scroll.scrollHeight;
});
await row('user-10000').waitFor();
assert.ok(Date.now() - began < 15_000);
// A step of a quick scroll costs little: time of the page's own thread, as the machine may be busy with other things.
const STEPS = 60;
const cdp = await page.context().newCDPSession(page);
await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
const spent = async () => (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
const before = await spent();
await page.locator('#fleet-scroll').evaluate(async (scroll, steps) => {
  for (let step = 0; step < steps; step += 1) {
    scroll.scrollTop -= 1200;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  }
}, STEPS);
const step = (1000 * ((await spent()) - before)) / STEPS;
assert.ok(step < 150, `a step of scrolling took ${step} ms`);
await page.click('#fleet-head .col-user button');
await page.waitForFunction(() => location.search.includes('sort=-user'));
await row('user-10000').waitFor();
assert.equal(await page.getAttribute('#fleet-head [aria-sort]', 'aria-sort'), 'descending');

// All of them as a file, in which nothing that a client says of itself is a formula.
const csv = async () => {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.click('#fleet-csv')]);
  return fs.readFileSync(await download.path(), 'utf8').trim().split('\r\n');
};
const lines = await csv();
assert.equal(lines.length, 10_001);
assert.ok(lines[0].includes('id,user,app,app_version,behind'));
assert.ok(lines[1].includes('host-10000'));
await visit(page, '/clients?user=eve');
await row('eve').waitFor();
assert.ok((await csv())[1].includes(`"'=1+1<b>"`));

// Columns: chosen once, kept for the next time.
await page.click('#fleet-columns');
await page.click('#fleet-columns-list label:has-text("Locale")');
await page.keyboard.press('Escape');
await page.waitForSelector('#fleet-head .col-locale');
await page.reload({ waitUntil: 'networkidle' });
await page.waitForSelector('#fleet-head .col-locale');

// By keyboard to the page of one client.
await visit(page, '/clients?user=ann');
await row('ann').focus();
await page.keyboard.press('Enter');
await page.waitForSelector('#client-name:has-text("ann · ann-laptop")');
await live(page);
const id = new URL(page.url()).pathname.split('/').at(-1);
await page.waitForSelector('#client-facts:has-text("TypeError: x is undefined")');
await page.waitForSelector('#timeline .timeline-entry[data-kind="exception"]:has-text("x is undefined")');
await page.waitForSelector('#client-versions .span-row:has-text("2.4.1")');
await page.selectOption('#timeline-kind', 'connected');
await page.waitForFunction(() => {
  const kinds = [...document.querySelectorAll('.timeline-entry')].map(({ dataset }) => dataset.kind);
  return kinds.length > 0 && kinds.every((kind) => kind === 'connected');
});
await page.selectOption('#timeline-kind', '');
await page.click('#timeline .timeline-entry[data-kind="connected"] button');
await page.waitForSelector('.timeline-detail:has-text("127.0.0.1")');
assert.equal(await page.getAttribute('#client-logs', 'href'), at(`/logs?client=${id}`));

// A notice.
const act = (name) => page.click(`#client-actions [data-action="${name}"]`);
await act('notice');
await page.fill('#notice-heading', 'Maintenance');
await page.fill('#notice-body', 'At <b>noon</b>.');
await page.click('#notice-dialog [type=submit]');
const { data: notice } = await members.ann.seen.first('publication', ({ data }) => data.type === 'notice');
assert.deepEqual([notice.title, notice.body], ['Maintenance', 'At <b>noon</b>.']);

// Log level for a while: what is wrong is said and sets nothing; what is set is shown, and can be ended.
await act('settings');
await page.fill('#settings-minutes', '0');
await page.click('#settings-dialog [type=submit]');
assert.match(await page.textContent('#settings-minutes-error'), /1 to 10,080/);
assert.equal((await asAdmin('GET', `/api/installations/${id}`)).settings, null);
await page.fill('#settings-minutes', '15');
await page.click('#settings-dialog [type=submit]');
const { data: set } = await members.ann.seen.first('publication', ({ data }) => data.type === 'settings');
assert.deepEqual([set.settings.log_level, set.settings.sampling], ['debug', 1]);
await page.waitForSelector('#client-settings:not([hidden]):has-text("Log level debug")');
await page.click('#client-settings-end');
await page.waitForSelector('#client-settings', { state: 'hidden' });
assert.equal((await asAdmin('GET', `/api/installations/${id}`)).settings, null);

// A report: asked for, sent, shown when it has come, and kept as a file.
await act('report');
await page.click('#report-dialog [type=submit]');
const { data: asked } = await members.ann.seen.first('publication', ({ data }) => data.type === 'diagnostics.request');
await page.waitForSelector('#client-report-list:has-text("not here yet")');
await members.ann.client.rpc('diagnostics', { id: asked.id, report: { free: '<i>12 GB</i>' } });
await page.click('#client-report-list button:has-text("Show")');
await page.waitForSelector('#client-report-list pre:has-text("<i>12 GB</i>")');
const [kept] = await Promise.all([
  page.waitForEvent('download'),
  page.click('#client-report-list button:has-text("Download")'),
]);
assert.deepEqual(JSON.parse(fs.readFileSync(await kept.path(), 'utf8')), { free: '<i>12 GB</i>' });

// Disconnected: asked first, and seen here without a reload.
await act('disconnect');
assert.equal(await page.textContent('#disconnect-dialog [type=submit]'), 'Disconnect ann · ann-laptop');
await page.click('#disconnect-dialog [data-close]');
assert.equal(members.ann.client.state, 'connected');
await act('disconnect');
await page.click('#disconnect-dialog [type=submit]');
assert.equal((await members.ann.seen.first('disconnected')).code, 3503);
await page.waitForSelector('#client-seen:has-text("silent for")');
await page.waitForSelector('#client-actions [data-action="disconnect"]:disabled');
await page.waitForSelector('#timeline .timeline-entry[data-kind="admin"]:has-text("disconnect")');

// An installation that nobody knows.
page.expected.push(/404/);
await visit(page, '/clients/00000000-0000-8000-8000-000000000000');
await page.waitForSelector('#client-failed:not([hidden]):has-text("no such client")');
assertQuiet(page);
await close(page);

// The page, and what it is made of, are for admins alone.
const member = await open();
member.expected.push(/403/);
await logIn(member, { username: 'eve', password: 'correct horse eve' });
await visit(member, '/clients');
assert.ok(!(await member.content()).includes('fleet.js'));
await close(member);
// A cut: the page says so, and catches up with who came meanwhile.
const wire = await proxy();
given.url = wire.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/, /ERR_EMPTY_RESPONSE/, /ERR_CONNECTION/);
await logIn(far, given.admin);
await visit(far, '/clients?app=meanwhile');
await live(far);
await far.evaluate(() => {
  globalThis.sameDocument = true;
});
wire.pause();
await far.waitForSelector('#page.is-stale');
const other = client({ token: eve.token, data: { app: 'meanwhile', installation_id: 'i-meanwhile' } });
const otherSeen = new Seen(other, 'connected');
other.connect();
await otherSeen.first('connected');
wire.resume();
await live(far);
await far.waitForSelector('#fleet-rows .table-row:has-text("meanwhile")');
assert.ok(await far.evaluate(() => globalThis.sameDocument));
other.disconnect();
await close(far);
wire.close();

leave(members);
await done();
