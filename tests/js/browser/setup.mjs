// The first minutes of a server: the set-up link, the first admin, the overview, log out, log in.
import assert from 'node:assert/strict';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';

const admin = { username: 'ann', password: 'a quite good password' };
const page = await open();

// Without the token of the link, the page asks for it and says where it is.
await visit(page, '/');
assert.equal(page.url(), at('/setup'));
assert.ok(await page.isVisible('#token'));
await page.fill('#username', admin.username);
await page.fill('#password', admin.password);
await page.click('[type=submit]');
assert.match(await page.textContent('#token-error'), /Paste the set-up link/);

// A wrong one is refused under its field, and nothing typed is lost.
page.expected.push(/403/);
await page.fill('#token', `${at('/setup')}#wrong`);
await page.click('[type=submit]');
await page.waitForSelector('#token-error:not([hidden])');
assert.match(await page.textContent('#token-error'), /not valid any more/);
assert.equal(await page.inputValue('#username'), admin.username);
assert.equal(await page.inputValue('#password'), admin.password);

// The link, in French: the choice of language keeps the token.
await page.goto('about:blank');
await visit(page, `/setup#${given.setup_token}`);
assert.ok(!(await page.isVisible('#token')));
await page.click('label:has(input[value="fr"])');
await page.waitForSelector('html[lang="fr"]');
assert.equal(new URL(page.url()).hash, `#${given.setup_token}`);
await page.click('label:has(input[value="en"])');
await page.waitForSelector('html[lang="en"]');

// A weak password is refused before anything is sent, with the focus on it.
await page.fill('#username', admin.username);
await page.fill('#name', 'Ann <b>Martin</b>');
await page.fill('#password', 'short');
await page.click('[type=submit]');
assert.match(await page.textContent('#password-error'), /at least 10 characters/);
assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
await page.fill('#password', admin.password);
await page.click('[type=submit]');

// The overview, logged in; the token is gone from the address bar and from the history.
await page.waitForURL(at('/'));
await live(page);
assert.equal(await page.textContent('h1'), 'Overview');
assert.equal(await page.textContent('.account-name'), 'Ann <b>Martin</b>');
await page.goBack();
assert.ok(!page.url().includes(given.setup_token));
await visit(page, '/setup');
assert.equal(page.url(), at('/'), 'set-up is over');

// The theme holds on the next page, from its first paint.
await page.click('[popovertarget="account-menu"]');
await page.click('label:has(input[value="dark"])');
assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');

// Out, and in again with a typing error on the way.
await page.click('#log-out');
await page.waitForURL(at('/login'));
assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
assert.deepEqual(
  (await page.context().cookies()).filter(({ name }) => name === 'workspace_session'),
  [],
);
page.expected.push(/401/);
await page.fill('#username', admin.username);
await page.fill('#password', 'not my password');
await page.click('[type=submit]');
await page.waitForSelector('#form-error:not([hidden])');
assert.match(await page.textContent('#form-error'), /User name or password is wrong/);
assert.equal(await page.inputValue('#username'), admin.username);
await logIn(page, admin);
assertQuiet(page);

// A session that ends elsewhere ends here: the page leads to the login and says why.
const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'workspace_session');
assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict');
const other = await open({ cookies: [cookie] });
await visit(other, '/');
await live(other);
await other.click('[popovertarget="account-menu"]');
await other.click('#log-out');
await page.waitForURL(at('/login?ended=1'));
assert.match(await page.textContent('.entry-text'), /session has ended/);
await close(other);
await close(page);
await done();
