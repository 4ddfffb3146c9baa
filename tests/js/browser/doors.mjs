// The pages before the login and the page of a member, in both languages, both themes and three widths.
import assert from 'node:assert/strict';
import { at, done, everyLook, given, logIn } from './lib.mjs';

const refused = async (page) => {
  page.expected.push(/401/);
  await page.goto(at('/login'));
  await page.fill('#username', 'nobody');
  await page.fill('#password', 'not a password');
  await page.click('[type=submit]');
  await page.waitForSelector('#form-error:not([hidden])');
};

await everyLook('login', (page) => page.goto(at('/login')));
await everyLook('login-refused', refused);
await everyLook('not-found', async (page) => {
  page.expected.push(/404/);
  await page.goto(at('/no-such-page'));
});
await everyLook('home', async (page) => {
  await logIn(page, given.member);
  // Nothing of an admin's page reaches a member.
  const html = await page.content();
  assert.ok(!html.includes('overview.js') && !html.includes('monitor:') && !html.includes('tile-block'));
});
await done();
