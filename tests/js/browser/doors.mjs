// The pages before the login and the page of a member, in both languages, both themes and three widths.
import assert from 'node:assert/strict';
import { close, done, everyLook, given, logIn, NARROW, open, visit } from './lib.mjs';

const refused = async (page) => {
  page.expected.push(/401/);
  await page.fill('#username', 'nobody');
  await page.fill('#password', 'not a password');
  await page.click('[type=submit]');
  await page.waitForSelector('#form-error:not([hidden])');
};

await everyLook((page) => visit(page, '/login'), [['login'], ['login-refused', refused, NARROW]]);
await everyLook(
  async (page) => {
    page.expected.push(/404/);
    await visit(page, '/no-such-page');
  },
  [['not-found']],
);
await everyLook((page) => logIn(page, given.member), [['home']]);

// Nothing of an admin's page reaches a member.
const page = await open();
await logIn(page, given.member);
const html = await page.content();
assert.ok(!html.includes('overview.js') && !html.includes('tile-block'));
await close(page);
await done();
