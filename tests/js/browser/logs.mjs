// The logs beside real clients: what they write appears without a reload, is found, followed back and forth and taken away,
// also past a pause, a burst and a cut connection.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { asAdmin, proxy } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';
import { appKey, exception, frame, log, report } from './telemetry.mjs';

const key = await appKey('desk');
const ann = { installation: 'ann-laptop', user: 'ann', session: 'sa' };
const ben = { installation: 'ben-tower', user: 'ben', session: 'sb' };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const say = (who, ...messages) => report(key, who, { logs: messages.map((message) => log('info', message)) });
/** Numbers as a batch of lines: `name 7`. */
const lines = (name, from, to) => Array.from({ length: to - from }, (_, n) => `${name} ${from + n}`);

const page = await open();
const tailing = (where = page) => where.waitForSelector('#logs-live[data-state="live"]');
const line = (text, where = page) => where.locator('.log-item', { hasText: text });
const texts = (where = page) => where.locator('.log-message').allTextContents();
const chips = () => page.locator('.chip').allTextContents();
const show = async (place, where = page) => {
  await visit(where, place);
  await tailing(where);
};
const scroll = (to, where = page) => where.locator('#logs-scroll').evaluate((box, top) => box.scrollTo(0, top), to);
const until = (check, ...args) => page.waitForFunction(check, ...args);

// What comes is shown as text, whatever it is, under what was there before.
await say(ann, 'before the page');
await logIn(page, given.admin);
await show('/logs?source=client');
await line('before the page').waitFor();
await page.evaluate(() => {
  globalThis.sameDocument = true;
});
await report(key, ann, { logs: [log('warn', '<img src=x onerror=alert(1)>', { room: '<b>attic</b>' }, TRACE)] });
await line('<img src=x onerror=alert(1)>').waitFor();
assert.match(await line('<img').textContent(), /Wdesk · ann<img src=x onerror=alert\(1\)> room=<b>attic<\/b>/);

// A line opens in place, by keyboard, to its stack and the ways on.
await report(key, ben, { exceptions: [exception('TypeError', 'no room', [frame('openRoom', 'app.js', 3, 7)], TRACE)] });
await line('TypeError: no room').waitFor();
await line('TypeError: no room').locator('.log-line').focus();
await page.keyboard.press('Enter');
await line('no room').locator('.stack-function', { hasText: 'openRoom' }).waitFor();
assert.match(await line('no room').locator('.stack').textContent(), /openRoomhttps:\/\/desk\.test\/assets\/app\.js:3:7/);
const { client } = (await asAdmin('GET', '/api/logs?kind=exception')).items[0];
assert.equal(await line('no room').locator('a', { hasText: 'Open the client' }).getAttribute('href'), `/clients/${client}`);
await page.keyboard.press('Enter');
assert.equal(await page.locator('.log-detail').count(), 0);
await page.keyboard.press('ArrowUp');
assert.match(await page.evaluate(() => document.activeElement.textContent), /onerror/);

// Filters: by hand, from a line, as chips, in the address; what does not fit stays out, live too.
await page.click('.switch-option:has([value="warning"])');
await until(() => !document.querySelector('#logs-list').textContent.includes('before the page'));
assert.match(page.url(), /\?level=warning&source=client$/);
await tailing();
await say(ann, 'too quiet');
await report(key, ann, { logs: [log('error', 'loud enough')] });
await line('loud enough').waitFor();
assert.equal(await line('too quiet').count(), 0);
await line('no room').locator('.log-line').click();
await line('no room').locator('a', { hasText: 'Whole trace' }).click();
await page.waitForURL(/logs\?trace_id=/);
await tailing();
await line('no room').waitFor();
assert.deepEqual(await texts(), ['<img src=x onerror=alert(1)> room=<b>attic</b>', 'TypeError: no room']);
await line('no room').locator('.log-line').click();
await line('no room').locator('button', { hasText: 'Only ben' }).click();
await until(() => document.querySelectorAll('.log-item').length === 1);
assert.deepEqual(await chips(), ['Userben', `Trace${TRACE}`]);
await page.locator('.chip').last().focus();
await page.keyboard.press('Enter');
await until(() => document.querySelectorAll('.chip').length === 1);
assert.equal(page.url(), at('/logs?user=ben'));
await page.click('#logs-more-button');
await page.selectOption('#logs-kind', 'log');
await page.fill('#logs-from', '2020-01-01T00:00:01');
await page.keyboard.press('Enter');
await page.waitForSelector('#logs-none:not([hidden])');
assert.equal(new URL(page.url()).searchParams.get('from'), '2019-12-31T23:00:01.000Z');
await page.click('#logs-clear');
await until(() => location.search === '' && document.querySelector('#logs-chips').hidden);
await line('loud enough').waitFor();

// Search: marked in what is found, as text; the address is asked for after a pause in typing.
await show('/logs?source=client');
await page.fill('#logs-search', 'ROOM');
await until(() => document.querySelectorAll('.log-item').length === 2);
assert.match(page.url(), /search=ROOM$/);
assert.deepEqual(await page.locator('mark').allTextContents(), ['room', 'room']);
await page.fill('#logs-search', '');
await line('loud enough').waitFor();
assert.equal(page.url(), at('/logs?source=client'));

// The server writes lines, too; a range that has passed has no tail.
await show('/logs?source=server&search=logged+in');
await line('logged in').first().waitFor();
await visit(page, `/logs?to=${encodeURIComponent(new Date(Date.now() - 1000).toISOString())}`);
await page.waitForSelector('#logs-live[data-state="past"]');
assert.ok(await page.isDisabled('#logs-pause'));
// A condition that the server does not know is said, and can be taken away.
page.expected.push(/400/);
await visit(page, '/logs?level=loud');
await page.waitForSelector('#logs-top[data-state="bad"]');
await page.locator('.chip').click();
await tailing();

// Back through more than a page, without losing the place, and on again to the newest.
for (let n = 0; n < 1000; n += 100) await say(ann, ...lines('count', n, n + 100));
await show('/logs?search=count');
await line('count 999').waitFor();
assert.equal(await page.evaluate(() => document.querySelector('#logs-scroll').scrollTop > 1000), true, 'it starts at the end');
const seen = new Set();
while (!seen.has('count 0')) {
  const size = seen.size;
  await scroll(0);
  await page.waitForFunction((known) => {
    const items = [...document.querySelectorAll('.log-message')].map((node) => node.textContent);
    return items.some((text) => !known.includes(text));
  }, [...seen]);
  for (const text of await texts()) seen.add(text);
  assert.ok(seen.size > size);
}
await until(() => document.querySelector('#logs-top-text').textContent === 'There are no older lines');
assert.ok((await page.locator('.log-item').count()) < 150, 'only what is in view exists');
const place = () => page.evaluate(() => {
  const [box, node] = [document.querySelector('#logs-scroll'), [...document.querySelectorAll('.log-item')].find(({ textContent }) => textContent.includes('count 20'))];
  return node.getBoundingClientRect().top - box.getBoundingClientRect().top;
});
await scroll(200);
await until(() => document.querySelector('#logs-scroll').scrollTop === 200);
const before = await place();
await say(ben, ...lines('count', 1000, 1010));
await page.waitForSelector('#logs-new:has-text("10 new lines")');
assert.equal(await place(), before, 'what comes does not move what one reads');
await page.click('#logs-new');
await line('count 1009').waitFor();
await page.waitForSelector('#logs-new', { state: 'hidden' });

// A pause holds the lines back and counts them; resumed, none is missing.
await page.click('#logs-pause');
await page.waitForSelector('#logs-live[data-state="paused"]');
await say(ben, ...lines('count', 1010, 1025));
await page.waitForSelector('#logs-new:has-text("15 lines since the pause")');
assert.equal(await line('count 1010').count(), 0);
await page.click('#logs-pause');
await line('count 1024').waitFor();
assert.equal(await line('count 1010').count(), 1);
assertQuiet(page);

// A burst: more than is told. What was left out is counted and can be had; the page goes on painting.
await show('/logs?search=burst');
await page.evaluate(() => {
  globalThis.longest = 0;
  let last = performance.now();
  const tick = (now) => {
    globalThis.longest = Math.max(globalThis.longest, now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
});
const batches = Array.from({ length: 40 }, (_, n) => say(n % 2 ? ann : ben, ...lines('burst', n * 100, n * 100 + 100)));
await Promise.all(batches);
const total = () => page.evaluate(() => document.querySelector('#logs-state').textContent && document.querySelectorAll('.log-item').length);
await until(() => document.querySelectorAll('.log-item').length > 20);
assert.ok((await total()) < 150);
await until(() => {
  const box = document.querySelector('#logs-scroll');
  return box.scrollHeight - box.scrollTop - box.clientHeight <= 4;
});
const longest = await page.evaluate(() => globalThis.longest);
assert.ok(longest < 1000, `a frame took ${longest} ms`);

// More at once than is told: what was left out is counted in its place, and can be had.
await show('/logs?search=flood');
await say(ann, 'flood before');
await line('flood before').waitFor();
await say(ben, ...lines('flood', 0, 700));
await line('flood 699').waitFor();
await until(() => document.querySelector('#logs-dropped').textContent === '200 lines not shown live');
await scroll(0);
await line('200 lines were left out here').locator('button').click();
await line('flood 0').waitFor();
await until(() => document.querySelector('#logs-count').textContent === '701 lines loaded');
assert.equal(await page.textContent('#logs-dropped'), '');

// The file has everything that was asked for, bounded or not by what the page holds, the oldest first.
const saved = async (form) => {
  await page.click('#logs-download');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`#logs-download-menu [data-form="${form}"]`)]);
  return fs.readFileSync(await file.path(), 'utf8').trimEnd().split('\n');
};
await show('/logs?search=count');
const json = (await saved('ndjson')).map((text) => JSON.parse(text));
assert.equal(json.length, 1025);
assert.deepEqual([json[0].message, json.at(-1).message], ['count 0', 'count 1024']);
const plain = await saved('txt');
assert.equal(plain.length, 1025);
assert.match(plain[0], /^\d{4}-.*Z INFO +desk · ann count 0$/);
assert.ok(await page.evaluate(() => !document.querySelector('#logs-download').textContent.includes('Stop')));
await close(page);

// A cut: the last lines stay, and what was written meanwhile follows without a reload.
const wire = await proxy();
given.url = wire.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/);
await logIn(far, given.admin);
await show('/logs?search=gap', far);
await say(ann, 'gap 1');
await line('gap 1', far).waitFor();
await far.evaluate(() => {
  globalThis.sameDocument = true;
});
wire.pause();
await far.waitForSelector('#logs-live[data-state="cut"]');
await say(ann, ...lines('gap', 2, 300));
wire.resume();
await live(far);
await tailing(far);
await line('gap 299', far).waitFor();
await say(ann, 'gap 300');
await line('gap 300', far).waitFor();
await far.waitForFunction(() => document.querySelector('#logs-count').textContent === '300 lines loaded');
assert.ok(await far.evaluate(() => globalThis.sameDocument));
await close(far);
wire.close();
await done();
