// The API in Swagger UI: one who is not logged in reads it, gives it a token, and calls an operation.
import assert from 'node:assert/strict';
import { at, close, done, given, open, visit } from './lib.mjs';

const page = await open();
await visit(page, '/docs');
assert.equal(page.url(), at('/docs'), 'it is open to everybody');
const operation = page.locator('#operations-Users-create_user');
await operation.waitFor();
assert.ok((await page.locator('.opblock').count()) > 50, 'every operation is listed');

// Nobody may call it without a token, and the page shows the refusal.
page.expected.push(/401/);
const call = async () => {
  await operation.locator('.execute').click();
  const shown = operation.locator('.live-responses-table .response-col_status').last();
  await shown.waitFor();
  return shown;
};
await operation.locator('.opblock-summary-control').click();
await operation.locator('.try-out__btn').click();
await operation.locator('.body-param__text').fill(
  JSON.stringify({ username: 'bob', name: 'Bob', password: 'a quite good password', role: 'member' }),
);
assert.match(await (await call()).textContent(), /401/);
await operation.locator('.btn-clear').click();

// With one, it does what it says.
await page.locator('.auth-wrapper .authorize').click();
const bearer = page.locator('.auth-container', { has: page.locator('[aria-label="auth-bearer-value"]') });
await bearer.locator('input').fill(given.admin_token);
await bearer.locator('.auth-btn-wrapper .authorize').click();
await page.locator('.modal-ux .btn-done').first().click();
assert.match(await (await call()).textContent(), /201/);
const headers = { Authorization: `Bearer ${given.admin_token}` };
const users = await (await page.request.get(at('/api/users?search=bob'), { headers })).json();
assert.deepEqual(
  users.items.map(({ username, role }) => [username, role]),
  [['bob', 'member']],
);
await close(page);
await done();
