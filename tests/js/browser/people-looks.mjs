// The page of the accounts with its form, menu and dialogs, in both languages, both themes and three widths.
import { asAdmin } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';

const password = 'a quite good password';
const PEOPLE = [
  ['ann', 'Ann Lee Martin', 'admin'],
  ['bastien', 'Bastien Caron', 'member'],
  ['chloe.martin-de-la-tour', 'Chloé Martin de la Tour d’Auvergne-Lauraguais', 'member'],
  ['dmitri', 'dmitri', 'viewer'],
];
for (const [username, name, role] of PEOPLE) await asAdmin('POST', '/api/users', { username, name, role, password });
const { items } = await asAdmin('GET', '/api/users?search=bastien');
await asAdmin('PATCH', `/api/users/${items[0].id}`, { disabled: true });

async function people(page) {
  await logIn(page, given.admin);
  await visit(page, '/people');
  await live(page);
  await page.waitForSelector('#accounts-rows .table-row:nth-child(5)');
}

const menu = (name) => async (page) => {
  await page.locator('#accounts-rows .table-row', { hasText: 'Ann Lee' }).locator('button').click();
  if (name) await page.click(`#account-actions [data-action="${name}"]`);
};
const after = (enter) => async (page) => {
  await page.keyboard.press('Escape');
  await enter(page);
};

let added = 0;
const add = async (page) => {
  await page.keyboard.press('Escape');
  added += 1;
  await page.fill('#add-username', `eve.${added}`);
  await page.fill('#add-name', 'Eve Durand');
  await page.click('[data-generate="add-password"]');
  await page.click('#add-form [type=submit]');
  await page.waitForSelector('#added:not([hidden])');
};

await everyLook(people, [
  ['people'],
  ['people-password', menu('password'), NARROW],
  ['people-disable', after(menu('disable')), NARROW],
  ['people-added', add],
  ['people-menu', () => {}, [1280], menu()],
]);
await done();
