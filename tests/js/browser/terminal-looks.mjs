// The terminal with its tables, its errors, the password and the tail, in both languages, both themes and three widths.
import { client, person, Seen } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, visit } from './lib.mjs';

const PEOPLE = [
  ['ann', 'desk', '2.4.0', 'Linux', 'ann-pc'],
  ['bastien', 'desk', '2.3.1', 'Windows', 'bureau-de-bastien-au-deuxième-étage'],
  ['chloe', 'phone', '1.0.2', 'Android', 'pixel'],
];
const connections = [];
for (const [username, app, app_version, os, hostname] of PEOPLE) {
  const { token } = await person(username);
  const data = { installation_id: `i-${username}`, app, app_version, os, hostname };
  const connection = client({ token, data });
  const seen = new Seen(connection, 'connected');
  connection.connect();
  connections.push(connection);
  await seen.first('connected');
}

const shows = (page, pattern) =>
  page.waitForFunction(
    (source) =>
      new RegExp(source).test(
        [...document.querySelectorAll('#terminal .xterm-rows > div')].map((row) => row.textContent).join('\n'),
      ),
    pattern.source,
  );
const prompt = (page) => shows(page, /> *\s*$/);
/** Types a line as a person does, who sees it before it is sent, and that it was. */
async function send(page, line) {
  const typed = new RegExp(`> ${line}\\s*$`);
  await page.keyboard.type(line);
  await shows(page, typed);
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    (source) =>
      !new RegExp(source).test(
        [...document.querySelectorAll('#terminal .xterm-rows > div')].map((row) => row.textContent).join('\n'),
      ),
    typed.source,
  );
}

async function terminal(page) {
  await logIn(page, given.admin);
  await visit(page, '/terminal');
  await live(page);
  await prompt(page);
}

const run = (lines, wanted) => async (page) => {
  // A password that was asked for at the width before is given up.
  await page.keyboard.press('Control+c');
  await prompt(page);
  await page.keyboard.press('Control+l');
  for (const line of lines) {
    await prompt(page);
    await send(page, line);
  }
  await shows(page, wanted);
};
/** A table is made for the width that it is asked at. */
const again = (lines, wanted) => async (page) => {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await run(lines, wanted)(page);
};

await everyLook(terminal, [
  ['terminal'],
  ['terminal-help', () => {}, undefined, again(['help'], /tail \[/)],
  ['terminal-tables', () => {}, undefined, again(['clients', 'users', 'kcik'], /kick/)],
  ['terminal-password', () => {}, [360, 1280], run(['notify all hello'], /(Password|Mot de passe) ?: *\s*$/)],
]);
for (const connection of connections) connection.disconnect();
await done();
