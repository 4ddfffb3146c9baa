// Several errors at once, and two admins who look at the same list.
import assert from 'node:assert/strict';
import { asAdmin, person } from '../sdk/lib.mjs';
import { assertAccessible, at, close, done, given, live, logIn, open, shoot, visit } from './lib.mjs';
import { appKey, exception, frame, report } from './telemetry.mjs';

const key = await appKey('desk');
const ann = { installation: 'ann-laptop', user: 'ann', session: 'sa' };
for (const type of ['TypeError', 'RangeError', 'SyntaxError', 'URIError']) {
  await report(key, ann, { exceptions: [exception(type, 'it failed', [frame('save', `${type}.js`, 3, 7)])] });
}
const eve = await person('eve', 'admin');
const page = await open();
const other = await open();
await logIn(page, given.admin);
await logIn(other, { username: 'eve', password: eve.password });
for (const one of [page, other]) {
  await visit(one, '/errors');
  await live(one);
  await one.waitForSelector('.error-item:nth-child(4) a');
}
const row = (text, where = page) => where.locator('.error-item', { hasText: text });
const open_ = async () => (await asAdmin('GET', '/api/errors?state=open')).open;

// Nothing chosen, nothing to do; by mouse and by keyboard.
assert.ok(await page.isHidden('#errors-bulk'));
await row('TypeError').locator('input').check();
await row('RangeError').locator('input').focus();
await page.keyboard.press('Space');
assert.equal(await page.textContent('#errors-bulk-count'), '2 chosen');
assert.equal(await page.evaluate(() => document.querySelector('#errors-all').indeterminate), true);
await assertAccessible(page, 'chosen errors');
await shoot(page, 'errors-chosen-en-light-1280');
await page.setViewportSize({ width: 360, height: 740 });
await shoot(page, 'errors-chosen-en-light-360');
await page.setViewportSize({ width: 1280, height: 800 });

// All chosen, then none: nothing has changed by that.
await page.check('#errors-all');
assert.equal(await page.textContent('#errors-bulk-count'), '4 chosen');
await page.click('#errors-bulk-clear');
assert.ok(await page.isHidden('#errors-bulk'));
assert.equal(await open_(), 4);

// Two are resolved: gone from the list of who did it, and said to the other, where they stay in their place.
await row('TypeError').locator('input').check();
await row('RangeError').locator('input').check();
await page.click('#errors-bulk [data-state="resolved"]');
await page.waitForSelector('.report:has-text("2 errors are resolved")');
await row('TypeError').waitFor({ state: 'detached' });
assert.equal(await page.locator('.error-item').count(), 2);
assert.equal(await open_(), 2);
await other.waitForSelector('.report:has-text("root has resolved 2 errors")');
assert.equal(await other.locator('.error-item.is-settled .badge:has-text("Resolved")').count(), 2);
assert.equal(await other.locator('.error-item').count(), 4);
await other.waitForFunction(() => document.querySelector('[data-badge="errors"]').textContent === '2');
await shoot(other, 'errors-settled-en-light-1280');

// One error that two look at.
const { id } = (await asAdmin('GET', '/api/errors?search=URIError')).items[0];
await visit(other, `/errors/${id}`);
await live(other);
await other.waitForSelector('#error .stack');
await visit(page, `/errors/${id}`);
await page.click('#error-actions [data-state="ignored"]');
await other.waitForSelector('#error-badge:has-text("Ignored")');
await other.waitForSelector('.report:has-text("root ignores an error")');
await other.click('#error-actions [data-state="open"]');
await page.waitForSelector('.report:has-text("eve has reopened an error")');
await page.waitForSelector('#error-actions [data-state="open"]', { state: 'hidden' });
assert.equal(page.url(), at(`/errors/${id}`));
await close(page);
await close(other);
await done();
