// The first five minutes of two people: an admin adds one, both are in the chat, the admin sees both; then the account is
// given another password, disabled and enabled.
import assert from 'node:assert/strict';
import { asAdmin } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';

const page = await open();
const row = (text) => page.locator('#accounts-rows .table-row', { hasText: text });
const account = async (username) => (await asAdmin('GET', `/api/users?search=${username}`)).items[0];

// The page asked for without a session comes after the log-in.
await visit(page, '/people');
assert.equal(page.url(), at('/login?next=%2Fpeople'));
await page.fill('#username', given.admin.username);
await page.fill('#password', given.admin.password);
await page.click('#login-form [type=submit]');
await page.waitForURL(at('/people'));
await live(page);
assert.equal(await page.textContent('h1'), 'People');
await row('you').waitFor();
assert.equal(await page.getAttribute('.rail-link[aria-current]', 'href'), '/people');

// What is missing or wrong is said under its field, and makes no account.
await page.click('#add-form [type=submit]');
assert.match(await page.textContent('#add-username-error'), /Enter a user name/);
assert.match(await page.textContent('#add-password-error'), /Enter a password/);
page.expected.push(/409/);
await page.fill('#add-username', given.admin.username.toUpperCase());
await page.fill('#add-password', 'a quite good password');
await page.click('#add-form [type=submit]');
await page.waitForSelector('#add-username-error:not([hidden])');
assert.match(await page.textContent('#add-username-error'), /taken/);
assert.equal((await asAdmin('GET', '/api/users')).items.length, 1);

// Added, with a password that nobody had to think of and that is shown to be passed on.
await page.fill('#add-username', 'bob');
await page.fill('#add-name', 'Bob <i>Roy</i>');
await page.click('[data-generate="add-password"]');
const password = await page.inputValue('#add-password');
assert.match(password, /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
await page.click('#add-form [type=submit]');
await page.waitForSelector('#added:not([hidden])');
assert.equal(await page.textContent('#added-text'), `Address: ${at('/')}\nUser name: bob\nPassword: ${password}`);
assert.match(await row('bob').textContent(), /Bob <i>Roy<\/i>bobmemberactive/);
assert.equal(await page.inputValue('#add-password'), '');
assert.equal(await page.getAttribute('#add-password', 'type'), 'password');

// They log in with it and chat; the admin answers, and sees both in the overview.
const bob = await open();
await visit(bob, '/rooms/general');
await bob.fill('#username', 'bob');
await bob.fill('#password', password);
await bob.click('#login-form [type=submit]');
await bob.waitForURL(at('/rooms/general'));
await live(bob);
assert.equal(await bob.locator('.rail-link[href="/people"]').count(), 0);
await bob.fill('#composer-text', 'Hello, I am new here');
await bob.keyboard.press('Enter');
await page.click('.rail-link[href="/rooms"]');
await page.waitForSelector('.message-list:has-text("Hello, I am new here")');
await page.click('.rail-link[href="/"]');
await page.waitForSelector('#clients-rows .table-row:has-text("bob")');
await page.waitForSelector('#clients-rows .table-row:has-text("this page")');

// The page is for admins alone.
bob.expected.push(/403/);
await visit(bob, '/people');
assert.equal((await bob.textContent('.entry-head .muted')).trim(), '403');
assert.ok(!(await bob.content()).includes('people.js'));
await visit(bob, '/');

// A new password ends the sessions of the account.
await page.click('.rail-link[href="/people"]');
await live(page);
const action = async (name) => {
  await row('bob').locator('button').click();
  await page.click(`#account-actions [data-action="${name}"]`);
};
await action('password');
await page.fill('#new-password', 'short');
await page.click('#password-dialog [type=submit]');
assert.match(await page.textContent('#new-password-error'), /at least 10/);
await page.fill('#new-password', 'another good password');
assert.equal(await page.textContent('#password-dialog [type=submit]'), 'Set the password of Bob <i>Roy</i>');
bob.expected.push(/401/);
await page.click('#password-dialog [type=submit]');
await page.waitForSelector('.report:has-text("has a new password")');
await bob.waitForURL(at('/login?ended=1'));
await logIn(bob, { username: 'bob', password: 'another good password' });

// Disabled: out at once, and not in again until enabled.
await action('disable');
await page.click('#disable-dialog [data-close]');
assert.equal((await account('bob')).disabled, false);
await action('disable');
await page.click('#disable-dialog [type=submit]');
await row('bob').locator('.badge-off').waitFor();
assert.equal((await account('bob')).disabled, true);
await bob.waitForURL(at('/login?ended=1'));
await bob.fill('#username', 'bob');
await bob.fill('#password', 'another good password');
await bob.click('#login-form [type=submit]');
await bob.waitForSelector('#form-error:not([hidden])');
await action('enable');
await page.waitForSelector('.report:has-text("can log in again")');
assert.equal((await account('bob')).disabled, false);
await logIn(bob, { username: 'bob', password: 'another good password' });

// Nobody shuts themselves out by a slip.
await row('you').locator('button').click();
assert.ok(!(await page.isVisible('#account-actions [data-action="disable"]')));
await page.keyboard.press('Escape');

// The filter.
await page.fill('#accounts-filter', 'roy');
await page.waitForFunction(() => document.querySelector('#accounts-count').textContent === '1 of 2');
await page.fill('#accounts-filter', 'nobody at all');
await page.waitForSelector('#accounts-none:not([hidden])');
assertQuiet(page);
await close(bob);

// A link to the log-in leads nowhere else.
const far = await open();
await visit(far, `/login?next=${encodeURIComponent('//example.org/')}`);
await far.fill('#username', given.admin.username);
await far.fill('#password', given.admin.password);
await far.click('#login-form [type=submit]');
await far.waitForURL(at('/'));
await live(far);
await close(far);
await close(page);
await done();
