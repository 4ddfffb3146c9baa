// The errors beside real clients: they come, grow, are resolved, come back, and lead to their lines, versions and clients.
import assert from 'node:assert/strict';
import { asAdmin, person, proxy } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';
import { appKey, exception, frame, report, sourceMap } from './telemetry.mjs';

const key = await appKey('desk');
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ann = { installation: 'ann-laptop', user: 'ann', session: 'sa' };
const ben = { installation: 'ben-tower', user: 'ben', session: 'sb', version: '1.3.0', os: 'Linux' };
const fail = (who, type, value = 'it failed', times = 1) =>
  report(key, who, { exceptions: Array.from({ length: times }, () => exception(type, value, [frame('save', 'app.js', 3, 7)], TRACE)) });

const page = await open();
const row = (text, where = page) => where.locator('.error-item', { hasText: text });
const names = () => page.locator('.error-name').allTextContents();
const badge = () => page.locator('[data-badge="errors"]').textContent();
const until = (check, ...args) => page.waitForFunction(check, ...args);
const counted = (name, count) =>
  until(([wanted, number]) => {
    const item = [...document.querySelectorAll('.error-item')].find(({ textContent }) => textContent.includes(wanted));
    return item?.querySelector('.error-number')?.textContent === number;
  }, [name, count]);

// Nothing yet, and it says what would be here; the first error comes by itself, as text.
await logIn(page, given.admin);
await visit(page, '/errors');
await live(page);
await page.waitForSelector('#errors-none:not([hidden])');
assert.match(await page.textContent('#errors-none'), /No open errors/);
assert.ok(await page.isHidden('[data-badge="errors"]'));
await page.evaluate(() => {
  globalThis.sameDocument = true;
});
await fail(ann, 'TypeError', '<img src=x onerror=alert(1)>');
await row('<img src=x onerror=alert(1)>').waitFor();
await until(() => document.querySelector('[data-badge="errors"]').textContent === '1');

// Seen again it grows in its place; another one waits until it is asked for, so that nothing moves under the pointer.
await fail(ben, 'TypeError', '<img src=x onerror=alert(1)>', 2);
await counted('TypeError', '3');
assert.match(await row('TypeError').locator('svg').getAttribute('aria-label'), /3 times in 24 hours/);
await fail(ann, 'RangeError');
await page.waitForSelector('#errors-fresh:has-text("1 more error since")');
assert.deepEqual(await names(), ['TypeError']);
await page.click('#errors-fresh');
await row('RangeError').waitFor();
assert.deepEqual(await names(), ['RangeError', 'TypeError']);
assert.equal(await badge(), '2');

// Order, search, version and state: in the address, and as chips that can be taken away.
await page.selectOption('#errors-sort', 'count');
await until(() => document.querySelector('.error-name').textContent === 'TypeError');
assert.equal(page.url(), at('/errors?sort=count'));
await page.fill('#errors-search', 'RANGE');
await until(() => document.querySelectorAll('.error-item').length === 1);
assert.deepEqual(await page.locator('mark').allTextContents(), ['Range']);
await page.locator('.chip', { hasText: 'RANGE' }).click();
await until(() => document.querySelectorAll('.error-item').length === 2);
await page.click('#errors-filter-button');
await page.fill('#errors-version', '1.3.0');
await page.keyboard.press('Enter');
await until(() => document.querySelectorAll('.error-item').length === 1);
assert.match(page.url(), /version=1\.3\.0/);
await visit(page, '/errors?version=1.3.0&app=phone');
await page.waitForSelector('#errors-none:not([hidden])');
assert.equal(await page.locator('.chip').count(), 2);
await page.click('#errors-clear');
await until(() => document.querySelectorAll('.error-item').length === 2 && location.search === '');

// One error, by keyboard: stack, versions, clients, last times, and the ways to the logs.
await row('RangeError').locator('a').focus();
await page.keyboard.press('ArrowDown');
await page.keyboard.press('Enter');
await page.waitForSelector('#error .stack');
const id = new URL(page.url()).pathname.split('/').at(-1);
assert.equal(await page.textContent('#error-name'), 'TypeError');
assert.equal(await page.textContent('#error-message'), '<img src=x onerror=alert(1)>');
assert.match(await page.title(), /TypeError/);
assert.match(await page.textContent('#error-stack'), /savehttps:\/\/desk\.test\/assets\/app\.js:3:7/);
// The place in the source code, once the map of the version is there.
await sourceMap('desk', '1.3.0', 'assets/app.js');
await report(key, ben, { exceptions: [exception('MapError', 'in the source', [frame('a', 'app.js', 1, 11)])] });
const mapped = (await asAdmin('GET', '/api/errors?search=MapError')).items[0].id;
await visit(page, `/errors/${mapped}`);
await page.waitForSelector('.stack-code-line.is-here');
assert.match(await page.textContent('.stack-code-line.is-here'), /^5 +return show\(rooms\.get\(id\)\.id\);/);
assert.match(await page.textContent('.stack-head'), /src\/open-room\.ts:5:15/);
await asAdmin('PATCH', `/api/errors/${mapped}`, { state: 'ignored' });
await page.goBack();
await page.waitForSelector('#error .stack');
assert.deepEqual(await page.locator('.error-version > .cut').allTextContents(), ['1.3.0', '1.4.0']);
assert.match(await page.textContent('#error-clients'), /ben2Linux · 1\.3\.0.*ann1Windows · 1\.4\.0/);
const { client } = (await asAdmin('GET', '/api/logs?kind=exception&user=ben')).items[0];
assert.equal(await page.locator('#error-clients a').first().getAttribute('href'), `/clients/${client}`);
assert.equal(await page.locator('.error-occurrence').count(), 3);
await page.click('#error-logs');
await page.waitForURL(/\/logs\?kind=exception&app=desk&search=/);
await page.waitForFunction(() => document.querySelectorAll('.log-item').length === 3);
await page.goBack();
await page.waitForSelector('#error .stack');

// Resolved; seen again it is open, and says that it came back. Ignored, it stays.
const stateOf = async () => (await asAdmin('GET', `/api/errors/${id}`)).state;
await page.click('#error-actions [data-state="resolved"]');
await page.waitForSelector('#error-badge:has-text("Resolved")');
assert.equal(await stateOf(), 'resolved');
await until(() => document.querySelector('[data-badge="errors"]').textContent === '1');
assert.equal(await page.evaluate(() => document.activeElement.dataset.state), 'ignored');
await fail(ann, 'TypeError', '<img src=x onerror=alert(1)>');
await page.waitForSelector('#error-badge:has-text("Came back")');
assert.equal(await stateOf(), 'open');
await page.click('#error-actions [data-state="ignored"]');
await page.waitForSelector('#error-badge:has-text("Ignored")');
await fail(ann, 'TypeError', '<img src=x onerror=alert(1)>');
await until(() => document.querySelector('#error-facts').textContent.includes('Times seen5'));
assert.equal(await stateOf(), 'ignored');
await page.click('.error-back');
await until(() => document.querySelectorAll('.error-item:not(.error-skeleton)').length === 1);
assert.deepEqual(await names(), ['RangeError']);
await page.click('.switch-option:has([value="ignored"])');
await row('TypeError').waitFor();
assert.match(page.url(), /state=ignored/);
await visit(page, `/errors/${id}`);
await page.click('#error-actions [data-state="open"]');
await page.waitForSelector('.report:has-text("open again")');
assert.equal(await stateOf(), 'open');
assertQuiet(page);

// What is not there is said; a member is not let in, and has no such entry.
page.expected.push(/404/, /403/);
await visit(page, '/errors/019aa9ec-3f00-7000-8000-000000000001');
await page.waitForSelector('#error-failed:has-text("no such error")');
const eve = await person('eve');
await eve.api('GET', '/api/errors', undefined, 403);
const member = await open();
member.expected.push(/403/);
await logIn(member, { username: 'eve', password: 'correct horse eve' });
assert.equal(await member.locator('[data-badge="errors"]').count(), 0);
await visit(member, '/errors');
assert.ok(!(await member.content()).includes('errors.js'));
await close(member);
await close(page);

// A cut: the list stays, and catches up without a reload.
const wire = await proxy();
given.url = wire.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/, /ERR_/);
await logIn(far, given.admin);
await visit(far, '/errors');
await row('RangeError', far).waitFor();
await live(far);
wire.pause();
await far.waitForSelector('#page.is-stale');
await fail(ben, 'RangeError');
wire.resume();
await live(far);
await far.waitForFunction(() =>
  [...document.querySelectorAll('.error-item')].some((item) => item.textContent.includes('RangeError') && item.querySelector('.error-number').textContent === '2'),
);
await close(far);
wire.close();
await done();
