// Every section of the settings, in both languages, both themes and three widths.
import { asAdmin, person } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';

const ann = await person('ann');
for (const [app, name, allowed_origins] of [
  ['desk', 'Desk, production', ['https://desk.example.org', 'https://desk.example.net']],
  ['field', '', []],
]) {
  await asAdmin('POST', '/api/app-keys', { app, name, allowed_origins });
}
await ann.api('POST', '/api/users', { username: 'eve' }, 403);

/** A section that shows what it has. */
const section = (place, ready) => async (page) => {
  await visit(page, place);
  await live(page);
  await page.waitForSelector(ready);
};

async function settings(page) {
  await logIn(page, given.admin);
}

let made = 0;
const token = async (page) => {
  made += 1;
  await section('/settings/tokens', '#token-scope-list .check')(page);
  await page.fill('#token-name', `Nightly export ${made}`);
  await page.check('[value="agenda:read"]');
  await page.check('[value="users:read"]');
  await page.click('#make-form [type=submit]');
  await page.waitForSelector('#made:not([hidden])');
};
const snippet = async (page) => {
  await section('/settings/app-keys', '#keys-rows .table-row:nth-child(3)')(page);
  await page.locator('#keys-rows .table-row', { hasText: 'desk' }).locator('[data-action="show"]').click();
};
const revoke = async (page) => {
  await page.keyboard.press('Escape');
  await page.locator('#keys-rows .table-row', { hasText: 'desk' }).locator('[data-action="revoke"]').click();
};
const entry = async (page) => {
  await page.locator('#audit-rows .table-row').first().locator('button').click();
};

await everyLook(settings, [
  ['settings-profile', section('/settings', '#profile-since:not(:text("–"))')],
  ['settings-sessions', section('/settings/sessions', '#sessions-rows .table-row')],
  ['settings-tokens', token],
  ['settings-data', section('/settings/data', '#data-facts .fact')],
  ['settings-app-keys', section('/settings/app-keys', '#keys-rows .table-row:nth-child(3)')],
  ['settings-snippet', snippet, NARROW],
  ['settings-revoke', revoke, NARROW],
  ['settings-retention', section('/settings/retention', '#limits .limit')],
  ['settings-loki', section('/settings/loki', '#loki-facts .fact')],
  ['settings-audit', section('/settings/audit?range=30', '#audit-rows .table-row')],
  ['settings-entry', entry, NARROW],
  ['settings-about', section('/settings/about', '#about-report:enabled')],
]);
await done();
