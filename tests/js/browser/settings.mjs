// The settings: what somebody does with their own account, and what an admin sees and sets of the server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { api, asAdmin, person } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';

const said = (page, text) => page.waitForSelector(`.report:has-text("${text}")`);

// A member has their own sections, and neither list nor page of the server's.
const ann = await person('ann');
const annPage = await open();
await logIn(annPage, { username: 'ann', password: ann.password });
await annPage.click('.rail-link[href="/settings"]');
await live(annPage);
const links = await annPage.locator('.settings-link').allTextContents();
assert.deepEqual(links, ['Profile', 'Sessions', 'API tokens', 'My data', 'About']);
assert.equal(await annPage.getAttribute('.rail-link[aria-current]', 'href'), '/settings');
assert.equal(await annPage.title(), 'Profile · workspace');

// The name is theirs to change, and what is wrong is said under its field.
await annPage.fill('#profile-name', ' ');
await annPage.click('#profile-form [type=submit]');
assert.match(await annPage.textContent('#profile-name-error'), /Fill this in/);
await annPage.fill('#profile-name', 'Ann <b>Lee</b>');
await annPage.click('#profile-form [type=submit]');
await said(annPage, 'Your name is saved');
assert.equal((await ann.api('GET', '/api/auth/me')).user.name, 'Ann <b>Lee</b>');
assert.equal(await annPage.textContent('#account-menu .account-name'), 'Ann <b>Lee</b>');

// The theme is one choice in two places.
await annPage.locator('#own-theme label', { hasText: 'Dark' }).click();
assert.equal(await annPage.getAttribute('html', 'data-theme'), 'dark');
assert.ok(await annPage.isChecked('#theme-preference input[value="dark"]'));

// The feed's address is shown once.
await annPage.click('#feed-make');
await annPage.waitForSelector('#feed-line:not([hidden])');
const feed = await annPage.textContent('#feed-address');
assert.equal((await fetch(feed)).status, 200);

// Sessions: this one, and the program's, which ends.
await annPage.click('.settings-link[href="/settings/sessions"]');
await live(annPage);
const session = (text) => annPage.locator('#sessions-rows .table-row', { hasText: text });
await session('sdk test').waitFor();
assert.equal(await session('this one').count(), 1);
assert.ok(!(await session('this one').locator('button').isVisible()));
const second = await api(null, 'POST', '/api/auth/login', { username: 'ann', password: ann.password, device: 'second' });
await annPage.reload();
await session('second').locator('button').click();
await annPage.click('#session-dialog [data-close]');
await api(second.access_token, 'GET', '/api/auth/me');
await session('second').locator('button').click();
assert.equal(await annPage.textContent('#session-dialog [type=submit]'), 'End second');
await annPage.click('#session-dialog [type=submit]');
await said(annPage, 'The session of second has ended');
await session('second').waitFor({ state: 'detached' });
await api(second.access_token, 'GET', '/api/auth/me', undefined, 401);
await annPage.click('#sessions-others');
assert.equal(await annPage.textContent('#others-dialog-title'), 'End the other session?');
await annPage.click('#others-dialog [type=submit]');
await said(annPage, '1 session has ended');
await session('sdk test').waitFor({ state: 'detached' });
await annPage.waitForSelector('#sessions-others:disabled');

// A token: its secret once, no permission beyond the role, and its end.
await annPage.click('.settings-link[href="/settings/tokens"]');
await live(annPage);
await annPage.waitForSelector('#tokens-none:not([hidden])');
assert.equal(await annPage.locator('#token-scope-list [value="users:write"]').count(), 0);
await annPage.fill('#token-name', 'Nightly export');
await annPage.click('#make-form [type=submit]');
await annPage.waitForSelector('#token-scopes-error:not([hidden])');
await annPage.check('[value="agenda:read"]');
await annPage.selectOption('#token-days', '30');
await annPage.click('#make-form [type=submit]');
await annPage.waitForSelector('#made:not([hidden])');
const secret = await annPage.textContent('#made-text');
await api(secret, 'GET', '/api/agenda?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z');
await api(secret, 'GET', '/api/users', undefined, 403);
await annPage.locator('#tokens-rows .table-row', { hasText: 'agenda:read' }).locator('button').click();
await annPage.click('#token-dialog [type=submit]');
await said(annPage, 'Nightly export is revoked');
assert.ok(!(await annPage.isVisible('#made')));
await api(secret, 'GET', '/api/agenda?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', undefined, 401);

// What is kept: shown, exported, erased after a question.
await annPage.click('.settings-link[href="/settings/data"]');
await live(annPage);
await annPage.locator('#data-facts .fact', { hasText: 'Installations' }).waitFor();
const [exported] = await Promise.all([annPage.waitForEvent('download'), annPage.click('a[download]')]);
const own = JSON.parse(fs.readFileSync(await exported.path(), 'utf8'));
assert.equal(typeof own, 'object');
await annPage.click('#data-erase');
await annPage.click('#erase-dialog [type=submit]');
await said(annPage, 'Your data is erased');

// A password: wrong, then changed.
annPage.expected.push(/400/);
await annPage.click('.settings-link[href="/settings"]');
await live(annPage);
await annPage.fill('#secret-current', 'not my password');
await annPage.fill('#secret-new', 'another good password');
await annPage.click('#secret-form [type=submit]');
await annPage.waitForSelector('#secret-current-error:not([hidden])');
assert.match(await annPage.textContent('#secret-current-error'), /not your current password/);
await annPage.fill('#secret-current', ann.password);
await annPage.click('#secret-form [type=submit]');
await said(annPage, 'Your password is changed');
assert.equal(await annPage.inputValue('#secret-new'), '');
await api(null, 'POST', '/api/auth/login', { username: 'ann', password: 'another good password' });

// The sections of the server are not theirs.
annPage.expected.push(/403/);
for (const place of ['app-keys', 'retention', 'loki', 'audit']) {
  await visit(annPage, `/settings/${place}`);
  assert.equal((await annPage.textContent('.entry-head .muted')).trim(), '403', place);
}
await close(annPage);

// An admin makes a key; what to put into the application is shown, and it works.
const page = await open();
await logIn(page, given.admin);
await visit(page, '/settings/app-keys');
await live(page);
page.expected.push(/400/);
await page.fill('#key-app', 'desk');
await page.fill('#key-origins', 'desk.example.org');
await page.click('#make-form [type=submit]');
await page.waitForSelector('#key-origins-error:not([hidden])');
assert.equal((await asAdmin('GET', '/api/app-keys')).items.length, 0);
await page.fill('#key-origins', 'https://desk.example.org\nhttps://desk.example.net');
await page.fill('#key-rate', '50');
await page.click('#make-form [type=submit]');
await page.waitForSelector('#snippet-dialog[open]');
const url = await page.textContent('#snippet-url');
const [key] = (await asAdmin('GET', '/api/app-keys')).items;
assert.equal(url, at(`/collect/${key.key}`));
assert.deepEqual([key.rate, key.allowed_origins.length], [50, 2]);
assert.ok((await page.textContent('#snippet-text')).includes(`url: "${url}"`));
const send = () =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://desk.example.org' },
    body: JSON.stringify({ meta: { app: { name: 'desk' } }, logs: [{ message: 'hello', level: 'info' }] }),
  });
assert.equal((await send()).status, 202);
await page.click('#snippet-dialog .action-block [data-close]');

// Bounds with what is used of them, and the setting's name.
await page.click('.settings-link[href="/settings/retention"]');
const bound = (text) => page.locator('#limits .limit', { hasText: text });
await bound('SIGNALS_MAX_MB').waitFor();
assert.match(await bound('SIGNALS_MAX_MB').textContent(), /10\.0\sGiB/);
assert.match(await bound('App keys').textContent(), /fixed.*1.*1,000/);

// No Loki: how to set one up.
await page.click('.settings-link[href="/settings/loki"]');
await page.waitForSelector('#loki-setup:not([hidden])');
assert.match(await page.textContent('#loki-facts'), /not set up/);

// The key is revoked.
await page.click('.settings-link[href="/settings/app-keys"]');
await page.locator('#keys-rows .table-row', { hasText: 'desk' }).locator('[data-action="revoke"]').click();
assert.equal(await page.textContent('#key-dialog [type=submit]'), 'Revoke desk');
await page.click('#key-dialog [type=submit]');
await said(page, 'The key desk is revoked');
await page.waitForSelector('#keys-none:not([hidden])');
assert.equal((await send()).status, 401);

// The audit log has it all; filters stand in the address, and chips take them away.
await page.click('.settings-link[href="/settings/audit"]');
const entry = (text) => page.locator('#audit-rows .table-row', { hasText: text });
await entry('revoke_app_key').waitFor();
await page.selectOption('#audit-outcome', 'refused');
await entry('revoke_app_key').waitFor({ state: 'detached' });
await entry('create_app_key').waitFor();
assert.equal(new URL(page.url()).search, '?outcome=refused');
await page.fill('#audit-user', 'nobody');
await page.waitForSelector('#audit-none:not([hidden])');
await page.reload();
await live(page);
await page.waitForSelector('#audit-none:not([hidden])');
assert.equal(await page.inputValue('#audit-user'), 'nobody');
await page.locator('#audit-chips .chip', { hasText: 'nobody' }).click();
await entry('create_app_key').waitFor();
await page.locator('#audit-chips .chip').click();
await entry('revoke_app_key').locator('button').click();
assert.match(await page.textContent('#entry-facts'), new RegExp(`key_id${key.id}`));
await page.keyboard.press('Escape');
const [csv] = await Promise.all([page.waitForEvent('download'), page.click('#audit-csv')]);
assert.match(fs.readFileSync(await csv.path(), 'utf8'), /time,username,action,outcome.*\r\n.*root,revoke_app_key,ok,204/);

// About: the parts with their licences, and a report without an address or a secret.
await page.click('.settings-link[href="/settings/about"]');
await page.locator('#about-parts .part', { hasText: 'centrifuge' }).waitFor();
const licence = await page.getAttribute('#about-parts .part a', 'href');
assert.match(await (await fetch(at(licence))).text(), /MIT/);
const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#about-report')]);
const told = JSON.parse(fs.readFileSync(await saved.path(), 'utf8'));
assert.equal(told.status.build.version, '0.1.0');
assert.deepEqual(Object.keys(told), ['made_at', 'status', 'limits', 'loki']);
assertQuiet(page);
await close(page);
await done();
