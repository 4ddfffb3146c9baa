// The console in a browser: verbs, completion, history, the password, the tail, a cut; and nothing that a client says of
// itself moves the terminal.
import assert from 'node:assert/strict';
import { api, asAdmin, client, person, proxy, Seen } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';

const page = await open();
await logIn(page, given.admin);
await visit(page, '/terminal');
await live(page);
assert.equal(await page.textContent('h1'), 'Terminal');

/** What stands on the screen, row by row. */
const screen = (on = page) =>
  on.evaluate(() => [...document.querySelectorAll('#terminal .xterm-rows > div')].map((row) => row.textContent).join('\n'));
const shows = async (pattern, on = page) => {
  await on
    .waitForFunction(
      ([source, flags]) =>
        new RegExp(source, flags).test(
          [...document.querySelectorAll('#terminal .xterm-rows > div')].map((row) => row.textContent).join('\n'),
        ),
      [pattern.source, pattern.flags],
    )
    .catch(async () =>
      assert.fail(`${pattern} is not on the screen:\n${await screen(on)}`),
    );
};
/** Waits for an empty prompt in the last row that has anything. */
const prompt = (on = page) => shows(/> *\s*$/, on);
const type = async (text, on = page) => {
  await prompt(on);
  await on.keyboard.type(text);
};
const run = async (line, wanted, on = page) => {
  await on.keyboard.press('Control+l');
  await type(line, on);
  await on.keyboard.press('Enter');
  await shows(wanted, on);
};

// It waits for a line at once, and every verb is explained.
await shows(/no shell/);
assert.ok(await page.evaluate(() => document.activeElement.closest('#terminal') !== null));
await run('help', /kick <client>[^\n]*Disconnect a client/);
await run('help kick', /changes +yes/);
await run('whoami', /role +admin/);

// Completion with Tab: one candidate is taken, several are listed.
await page.keyboard.press('Control+l');
await type('who');
await page.keyboard.press('Tab');
await shows(/> whoami *$/m);
await page.keyboard.press('Control+u');
await type('ses');
await page.keyboard.press('Tab');
await shows(/> sessions *$/m);
await page.keyboard.press('Control+c');
await type('cl');
await page.keyboard.press('Tab');
await shows(/clients +List connected clients/);
await shows(/> client *$/m);
await page.keyboard.press('Control+c');

// What is wrong is said, with the argument.
await run('kcik x', /Did you mean kick\?/);
await run('kick', /<client> is missing\.\s+Usage: kick <client>/);

// A client that would like to take the terminal over is shown as text.
const ann = await person('ann');
const hostile = '\u001b[2J\u001b]0;owned\u0007\u001b[31mpc\u202e';
const data = { installation_id: 'i-1', app: 'desk', app_version: '1.4.0', os: 'Linux', hostname: hostile };
const desk = client({ token: ann.token, data });
const seen = new Seen(desk, 'connected', 'disconnected', 'publication');
desk.connect();
const { client: id } = await seen.first('connected');
const title = await page.title();
await run(`client ${id}`, /\ufffd?\[2J\ufffd?\]0;owned\ufffd*\[31mpc\ufffd/);
assert.equal(await page.title(), title);

// A change asks for the password, which is never on the screen.
await run('kick ann', /<client> is not right/);
await page.keyboard.press('Control+l');
await type('kick ann');
await page.keyboard.press('Tab');
await shows(new RegExp(`> kick ${id}`));
await page.keyboard.press('Enter');
await shows(/Password:/);
await page.keyboard.type('not the password');
await page.keyboard.press('Enter');
await shows(/That is not your password/);
assert.ok(!(await screen()).includes('not the password'));
await prompt();
// Given up with Ctrl+C: nothing happens.
await page.keyboard.press('ArrowUp');
await page.keyboard.press('Enter');
await shows(/Password:(?![\s\S]*That is not)/);
await page.keyboard.press('Control+c');
await prompt();
assert.equal((await asAdmin('GET', `/api/clients/${id}`)).id, id);
await page.keyboard.press('ArrowUp');
await page.keyboard.press('Enter');
await shows(/Password:[\s\S]*Password:[\s\S]*Password: *\s*$/);
await page.keyboard.type(given.admin.password);
await page.keyboard.press('Enter');
await shows(/1 client disconnected/);
assert.equal((await seen.first('disconnected')).code, 3503);
assert.ok(!(await screen()).includes(given.admin.password));
assert.ok(!JSON.stringify(await page.evaluate(() => ({ ...localStorage }))).includes(given.admin.password));
// It counts for a while: the next change is done at once.
desk.connect();
await seen.until(() => seen.events.filter(({ name }) => name === 'connected').length === 2, 'a second connection');
await run('notify ann "back at six"', /Sent to 1 client/);
assert.equal((await seen.first('publication', ({ data }) => data.type === 'notice')).data.title, 'back at six');
const { items } = await asAdmin('GET', '/api/audit?action=console');
assert.deepEqual(
  items.slice(0, 3).map(({ action, outcome }) => [action, outcome]),
  [['console.notify', 'ok'], ['console.kick', 'ok'], ['console.confirm', 'ok']],
);

// The tail streams until Ctrl+C.
const { access_token: root } = await api(null, 'POST', '/api/auth/login', given.admin);
const { key } = await api(root, 'POST', '/api/app-keys', { app: 'desk', name: 'desk' });
const server = given.url;
async function log(message, level) {
  const answer = await fetch(`${server}/collect/${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ meta: { app: { name: 'desk' } }, logs: [{ level, message }] }),
  });
  assert.equal(answer.status, 202);
}
await run('tail warning source=client', /Following level=warning source=client/);
await log('all is well', 'info');
await log('the \u001b[31mdisk is full', 'error');
await shows(/E desk the \ufffd?\[31mdisk is full/);
assert.ok(!(await screen()).includes('all is well'));
await page.keyboard.press('Control+c');
await shows(/No longer following/);
await log('nobody hears this', 'error');
await run('users', /ann +ann +member +active/);
assert.ok(!(await screen()).includes('nobody hears this'));

// Lines are recalled after a reload; the keys of the foot do what the keyboard does.
await page.reload();
await live(page);
await shows(/no shell/);
await prompt();
await page.click('[data-key="earlier"]');
await shows(/> users *$/m);
await page.click('[data-key="earlier"]');
await shows(/> tail warning source=client *$/m);
await page.click('[data-key="later"]');
await shows(/> users *$/m);
await page.click('[data-key="interrupt"]');
await shows(/\^C/);
await page.click('[data-key="clear"]');
await shows(/^(?![\s\S]*no shell)/);
await prompt();

// Editing within the line, and a line longer than the screen.
await type('usrs');
for (let n = 0; n < 2; n += 1) await page.keyboard.press('ArrowLeft');
await page.keyboard.type('e');
await page.keyboard.press('Enter');
await shows(/active/);
await page.setViewportSize({ width: 360, height: 740 });
await run('sessions ann', /user +ann[\s\S]*address +127/);
await page.keyboard.press('Control+l');
await type(`clients "${'long '.repeat(20)}"`);
await page.keyboard.press('Home');
await page.keyboard.press('End');
await page.keyboard.press('Enter');
await shows(/Nothing to show/);
await page.setViewportSize({ width: 1280, height: 800 });

// One gets out by keyboard.
await prompt();
await page.keyboard.press('Escape');
await page.keyboard.press('Tab');
await page.waitForFunction(() => document.activeElement.closest('#terminal') === null);
await page.click('#terminal');
await page.keyboard.press('Shift+Tab');
await page.waitForFunction(() => document.activeElement.closest('#terminal') === null);
assertQuiet(page);

// A cut: the tail says so and goes on when the connection is back; a line that cannot be run says so.
const line = await proxy();
given.url = line.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/);
await logIn(far, given.admin);
await visit(far, '/terminal');
await live(far);
await run('tail', /Following all lines/, far);
await log('before the cut', 'info');
await shows(/I desk before the cut/, far);
line.pause();
await shows(/connection is lost/, far);
line.resume();
await live(far);
await shows(/Connected again/, far);
await log('back in the tail', 'info');
await shows(/I desk back in the tail/, far);
await far.keyboard.press('Control+c');
await shows(/No longer following/, far);
line.pause();
await far.waitForSelector('#connection[data-state="waiting"]');
await type('users', far);
await far.keyboard.press('Enter');
await shows(/no connection to the server: the line was not run/, far);
line.resume();
await live(far);
await run('whoami', /role +admin/, far);
await close(far);
line.close();
given.url = server;

// Members have no such page.
const other = await open();
await logIn(other, { username: 'ann', password: ann.password });
assert.equal(await other.locator('.rail-link[href="/terminal"]').count(), 0);
other.expected.push(/403/);
await visit(other, '/terminal');
assert.equal((await other.textContent('.entry-head .muted')).trim(), '403');
assert.ok(!(await other.content()).includes('terminal.js'));
await close(other);
await close(page);
desk.disconnect();
await done();
