// The dashboard below a path of its own, and an account whose role changes while its page is open.
import assert from 'node:assert/strict';
import { asAdmin } from '../sdk/lib.mjs';
import { at, close, done, live, logIn, open } from './lib.mjs';

const eve = { username: 'eve', password: 'a quite good password' };
const { id } = await asAdmin('POST', '/api/users', { ...eve, role: 'admin' });
const page = await open();
await logIn(page, eve);
assert.equal(await page.textContent('h1'), 'Overview');
await page.waitForSelector('#clients-rows .table-row');
for (const link of await page.locator('.rail a').all()) {
  const answer = await page.request.get(new URL(await link.getAttribute('href'), page.url()).href);
  assert.equal(answer.status(), 200, `the rail leads to ${answer.url()}`);
}

// The choice of language holds below the path.
await page.click('[popovertarget="account-menu"]');
await page.click('label:has(input[value="fr"])');
await page.waitForSelector('html[lang="fr"]');
await live(page);

// No longer an admin: the page becomes that of a member by itself, also when the first question is not answered.
page.expected.push(/503/);
await page.route('**/api/auth/me', (route) => route.fulfill({ status: 503, body: '' }), { times: 1 });
await asAdmin('PATCH', `/api/users/${id}`, { role: 'member' });
await page.waitForSelector('.home-grid');
await live(page);
await page.click('[popovertarget="account-menu"]');
await page.click('#log-out');
await page.waitForURL(at('/login'));
await close(page);
await done();
