// What goes wrong around the chat: answers that are late or broken, messages that cannot be sent at the log-out, words
// that do not come; and what changes under an open page.
import assert from 'node:assert/strict';
import { person } from '../sdk/lib.mjs';
import { at, close, done, live, logIn, open, visit } from './lib.mjs';

const ben = await person('ben');
const eve = await person('eve');
const page = await open();
await logIn(page, { username: 'ben', password: 'correct horse ben' });
const asked = [];
page.on('request', (request) => asked.push(request.url()));
const marks = [];
page.on('websocket', (socket) => {
  socket.on('framesent', ({ payload }) => {
    if (String(payload).includes('chat.read')) marks.push(payload);
  });
});
await visit(page, '/rooms/general');
await live(page);
const line = (text) => page.locator('.message', { hasText: text });
const sent = (text) => page.locator('.message:not(.is-unsent)', { hasText: text });
const say = async (text) => {
  await page.fill('#composer-text', text);
  await page.keyboard.press('Enter');
};
const MESSAGES = '**/api/chat/rooms/general/messages';
const own = asked.filter((url) => url.includes('/api/chat/rooms?'));
assert.match(own[0], /member=true/, 'the rooms that one is in come first');

// A proxy answers with a page that calls itself JSON: the message is sent again, and so are those after it.
page.expected.push(/50[23]/);
await page.route(MESSAGES, (route) => route.fulfill({ status: 502, contentType: 'application/json', body: '<html>' }), {
  times: 1,
});
await say('through a broken proxy');
await say('and after it');
await sent('and after it').waitFor();
const { items } = await eve.api('GET', '/api/chat/rooms/general/messages');
assert.deepEqual(items.map(({ body }) => body).sort(), ['and after it', 'through a broken proxy']);

// The answer to a message arrives after what others did to it: that stays.
let reacted = () => {};
const waiting = new Promise((resolve) => {
  reacted = resolve;
});
await page.route(
  MESSAGES,
  async (route) => {
    const response = await route.fetch();
    await waiting;
    await route.fulfill({ response });
  },
  { times: 1 },
);
await say('late answer');
// Heard in the room before the answer is here.
await sent('late answer').waitFor();
const id = await sent('late answer').getAttribute('data-id');
await eve.api('PUT', `/api/chat/rooms/general/messages/${id}/reactions/${encodeURIComponent('👍')}`);
await line('late answer').locator('.reaction').waitFor();
const answered = page.waitForResponse((response) => response.request().method() === 'POST');
reacted();
await (await answered).finished();
await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
assert.equal(await line('late answer').locator('.reaction').count(), 1);

// Many messages at once do not become many read marks: one a second, and the last one counts.
marks.length = 0;
const began = Date.now();
const burst = Array.from({ length: 20 }, (_, index) => `burst ${index}`);
await Promise.all(burst.map((body) => eve.api('POST', '/api/chat/rooms/general/messages', { body })));
for (const text of burst) await line(text).first().waitFor();
await page.bringToFront();
const read = async () => (await ben.api('GET', '/api/chat/rooms/general')).unread === 0;
while (!(await read())) assert.ok(Date.now() - began < 15_000, 'what is in view is read');
const seconds = (Date.now() - began) / 1000;
assert.ok(marks.length >= 1 && marks.length <= seconds + 2, `${marks.length} read marks in ${seconds} s`);

// A room that is handed over has its tools at once.
const room = await eve.api('POST', '/api/chat/rooms', { name: 'Handed over', kind: 'private', members: [ben.id] });
await page.click('.room-link:has-text("Handed over")');
await page.waitForFunction(() => document.querySelector('#talk-name').textContent === 'Handed over');
assert.ok(!(await page.isVisible('#talk-add')));
await eve.api('PATCH', `/api/chat/rooms/${room.id}`, { owner_id: ben.id });
await page.waitForSelector('#talk-add', { state: 'visible' });

// Logging out asks before a message is lost, not after: staying changes nothing.
const prompts = [];
page.on('dialog', (dialog) => {
  prompts.push(dialog.type());
  dialog.accept();
});
await page.route('**/messages', (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{}' }));
await say('never sent');
await line('never sent').waitFor();
const logOut = async () => {
  await page.click('[popovertarget="account-menu"]');
  await page.click('#log-out');
  await page.waitForSelector('#log-out-dialog[open]');
};
await logOut();
assert.match(await page.textContent('#log-out-title'), /lose 1 unsent message\?/);
await page.click('#log-out-dialog [data-close]');
assert.equal((await page.request.get(at('/api/auth/me'))).status(), 200);
assert.equal(await line('never sent').count(), 1);
await logOut();
await page.click('#log-out-dialog [type=submit]');
await page.waitForURL(at('/login'));
assert.deepEqual(prompts, []);
assert.equal(await page.evaluate(() => localStorage.length && JSON.stringify(localStorage).includes('never sent')), false);
await close(page);

// Without its words a page says so, and is whole after another try.
const silent = await open();
silent.expected.push(/failed: |uncaught: |console: /);
await silent.route('**/locales/*.json', (route) => route.abort());
await silent.goto(at('/login'));
await silent.waitForSelector('.page-failed');
await silent.unroute('**/locales/*.json');
await silent.click('.page-failed button');
await silent.waitForSelector('#login-form [type=submit]:enabled');
assert.equal(await silent.locator('.page-failed').count(), 0);
await close(silent);
await done();
