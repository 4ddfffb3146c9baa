// The overview beside real clients: they appear, change and leave without a reload, can be written to and
// disconnected, and a page that lost its connection catches up.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { client, person, proxy, Seen } from '../sdk/lib.mjs';
import { assertQuiet, close, done, given, live, logIn, open } from './lib.mjs';

const page = await open();
const row = (text) => page.locator('#clients-rows .table-row', { hasText: text });
const gone = (text) =>
  page.waitForFunction(
    (wanted) =>
      ![...document.querySelectorAll('#clients-rows .table-row')].some((line) => line.textContent.includes(wanted)),
    text,
  );
const number = async (id) => (await page.textContent(`#tile-${id} .tile-number`)).replace(/\D/g, '');

await logIn(page, given.admin);
// Survives everything that follows, unless the page is loaded again.
await page.evaluate(() => {
  globalThis.sameDocument = true;
});

// Alone: the page itself is in the table, and is told how to connect a client.
await row('this page').waitFor();
await page.waitForSelector('#next:not([hidden])');
assert.match(await page.textContent('#next-state'), /No other client is connected yet/);

// No client asks for attention until one reports an error; then it stands on top, and by name.
await page.waitForSelector('#attention [data-state]');
assert.doesNotMatch(await page.textContent('#attention'), /kind of error/);
await page.waitForSelector('#latest-none:not([hidden])');
const exception = { type: 'TypeError', value: '<img src=x onerror=alert(1)> is not a function' };
const batch = { meta: { app: { name: 'desk', version: '1.4.0' } }, exceptions: [exception] };
const told = await fetch(`${given.url}/collect`, {
  method: 'POST',
  headers: { Authorization: `Bearer ${given.admin_token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify(batch),
});
assert.equal(told.status, 202);
await page.waitForSelector('#latest-list .recent');
assert.equal(
  await page.textContent('#latest-list .recent-name'),
  'TypeError: <img src=x onerror=alert(1)> is not a function',
);
await page.waitForSelector('#attention [data-state="warn"]:has-text("1 new kind of error in the last hour")');

await page.waitForFunction(() => document.querySelector('#tile-clients .tile-number').textContent === '1');
for (const id of ['users', 'requests', 'errors', 'latency', 'messages', 'memory', 'database']) {
  assert.match(await page.textContent(`#tile-${id} .tile-number`), /\d/, id);
}
assert.match(await page.textContent('#fact-uptime'), /\d/);

// Nothing of the example is cut off at the edge of its block.
const { width, height } = page.viewportSize();
for (const other of [360, width]) {
  await page.setViewportSize({ width: other, height });
  assert.equal(await page.$eval('#connect-code', (box) => box.scrollWidth - box.clientWidth), 0, `at ${other} px`);
}

// The example, as the page shows it, is a client: it appears, and leaves when it ends.
const code = (await page.textContent('#connect-code')).replace('"..."', JSON.stringify(given.admin.password));
const example = spawn('node', ['--input-type=module', '--eval', code], {
  cwd: new URL('..', import.meta.url),
  stdio: ['ignore', 'inherit', 'inherit'],
});
await row('my-desk').waitFor();
assert.match(await row('my-desk').textContent(), new RegExp(`${given.admin.username}.*example\u00a01\\.0`));
await page.waitForFunction(() => document.querySelector('#next-state').textContent.includes('my-desk'));
await page.waitForFunction(() => document.querySelector('#tile-clients .tile-number').textContent === '2');
example.kill('SIGKILL');
await once(example, 'exit');
await gone('my-desk');
await page.waitForFunction(() => document.querySelector('#tile-clients .tile-number').textContent === '1');

// What a client says of itself is shown as text, whatever it is.
const ann = await person('ann');
const hostile = '<img src=x onerror=alert(1)>';
const desk = client({
  token: ann.token,
  data: { app: 'desk', app_version: '2.4', os: 'Linux', os_version: '6.12', hostname: hostile },
});
const seen = new Seen(desk, 'connected', 'disconnected', 'publication');
desk.connect();
await row(hostile).waitFor();
for (const text of ['ann', 'desk\u00a02.4', 'Linux\u00a06.12', '127.0.0.1']) {
  assert.ok((await row(hostile).textContent()).includes(text), text);
}

// Filter: "N of M", and nothing found is said in words.
await page.fill('#clients-filter', 'ann desk');
await page.waitForFunction(() => document.querySelector('#clients-count').textContent === '1 of 2');
await page.fill('#clients-filter', 'nobody at all');
await page.waitForSelector('#clients-none:not([hidden])');
await page.fill('#clients-filter', '');
await row(hostile).waitFor();

// A notice reaches that client alone.
const action = async (name) => {
  await row(hostile).locator('button').click();
  await page.click(`#client-menu [data-action="${name}"]`);
};
await action('notice');
await page.fill('#notice-heading', 'Maintenance');
await page.fill('#notice-body', 'At <b>noon</b>.');
await page.click('label:has(input[value="warning"])');
await page.click('#notice-dialog [type=submit]');
const { data: notice } = await seen.first('publication', ({ data }) => data.type === 'notice');
assert.deepEqual([notice.title, notice.body, notice.level], ['Maintenance', 'At <b>noon</b>.', 'warning']);
await page.waitForSelector('.report:has-text("Notice sent to ann")');
assert.ok(!(await page.textContent('#reports')).includes('noon'), 'the admin got the notice as well');

// Details, by keyboard: Enter opens the menu of a row, Escape leaves.
await row(hostile).focus();
await page.keyboard.press('Enter');
await page.keyboard.press('Enter');
await page.waitForSelector('#details-dialog[open]');
assert.ok((await page.textContent('#details-facts')).includes(hostile));
await page.keyboard.press('Escape');

// Disconnect: the button names the client; cancelling changes nothing; the SDK gets the code that ends it.
await action('disconnect');
assert.equal(await page.textContent('#disconnect-dialog [type=submit]'), `Disconnect ann · ${hostile}`);
await page.click('#disconnect-dialog [data-close]');
assert.equal(desk.state, 'connected');
await action('disconnect');
await page.click('#disconnect-dialog [type=submit]');
assert.equal((await seen.first('disconnected')).code, 3503);
await gone(hostile);
assertQuiet(page);
assert.ok(await page.evaluate(() => globalThis.sameDocument));
await close(page);

// More than are listed at first: the heading has them all, and says how many are in the table.
const crowd = await open();
await crowd.routeWebSocket('**/connection/websocket', (socket) => {
  const server = socket.connectToServer();
  server.onMessage((frame) => socket.send(String(frame).replace(/"total":\d+/, '"total":1200')));
});
await logIn(crowd, given.admin);
const counted = (text) =>
  crowd.waitForFunction((wanted) => document.querySelector('#clients-count').textContent === wanted, text);
await counted('1,200 · the newest 1 listed');
const another = client({ token: ann.token, data: { app: 'another' } });
const anotherSeen = new Seen(another, 'connected');
another.connect();
await anotherSeen.first('connected');
await counted('1,201 · the newest 2 listed');
await crowd.fill('#clients-filter', 'another');
await counted('1 of 2 listed · 1,201 connected');
another.disconnect();
await counted('0 of 1 listed · 1,200 connected');
await close(crowd);

// A cut: the page says so, keeps its last data greyed, and catches up by itself.
const line = await proxy();
given.url = line.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/, /ERR_CONNECTION/, /ERR_EMPTY_RESPONSE/);
await logIn(far, given.admin);
await far.evaluate(() => {
  globalThis.sameDocument = true;
});
await far.waitForSelector('#clients-rows .table-row');
line.pause();
await far.waitForSelector('#connection[data-state="waiting"]');
assert.match(await far.textContent('.connection-word'), /^Reconnecting/);
assert.ok(await far.isVisible('.connection-now'));
await far.waitForSelector('#page.is-stale');
const late = client({ token: ann.token, data: { app: 'late', hostname: 'came-meanwhile' } });
const lateSeen = new Seen(late, 'connected');
late.connect();
await lateSeen.first('connected');
line.resume();
await live(far);
await far.waitForSelector('.table-row:has-text("came-meanwhile")');
assert.ok(!(await far.locator('#page.is-stale').count()));
assert.equal(await far.locator('.badge:visible').count(), 1, 'the page knows itself again');

// "now" does not wait for the next attempt.
line.pause();
await far.waitForSelector('#connection[data-state="waiting"]');
line.resume();
const asked = Date.now();
await far.click('.connection-now');
await live(far);
assert.ok(Date.now() - asked < 2500, 'the shortest wait between attempts is 3 s');
assert.ok(await far.evaluate(() => globalThis.sameDocument));
late.disconnect();
await close(far);
line.close();
await done();
