// Two people with nothing but a browser: they write to each other, see each other, and lose nothing to a bad network.
import assert from 'node:assert/strict';
import { api, proxy } from '../sdk/lib.mjs';
import { assertQuiet, at, close, done, given, live, logIn, open, visit } from './lib.mjs';

const admin = { username: 'ann', password: 'a quite good password' };
const bob = { username: 'bob', password: 'another good password' };

const message = (page, text) => page.locator('.message', { hasText: text });
const lastText = (page) => page.locator('.message .message-body').last().textContent();
const say = async (page, text) => {
  await page.fill('#composer-text', text);
  await page.press('#composer-text', 'Enter');
};
/** Survives everything that follows, unless the page is loaded again. */
const mark = (page) => page.evaluate(() => { globalThis.sameDocument = true; });
const assertSame = async (page) => assert.ok(await page.evaluate(() => globalThis.sameDocument), 'the page was loaded again');
const texts = (token, room = 'general') =>
  api(token, 'GET', `/api/chat/rooms/${room}/messages?limit=200`).then(({ items }) => items.map(({ body }) => body));

// The first admin by the set-up page, the second account by the API, both in their browsers.
const ann = await open();
await visit(ann, `/setup#${given.setup_token}`);
await ann.fill('#username', admin.username);
await ann.fill('#name', 'Ann Martin');
await ann.fill('#password', admin.password);
await ann.click('[type=submit]');
await ann.waitForURL(at('/'));
await live(ann);
const { access_token: token } = await api(null, 'POST', '/api/auth/login', admin);
await api(token, 'POST', '/api/users', { ...bob, name: 'Bob', role: 'member' });
const ben = await open();
await logIn(ben, bob);

// A member's home leads to the chat; so does the rail.
await ben.click('.home-chat .button-brand');
await ben.waitForURL(at('/rooms/general'));
await live(ben);
await ann.click('.rail-link[href$="/rooms"]');
await ann.waitForURL(at('/rooms/general'));
await live(ann);
await mark(ann);
await mark(ben);
await ann.waitForSelector('#talk-empty:not([hidden])');

// They write, and see each other's words and presence.
await say(ann, 'Good morning');
await message(ben, 'Good morning').waitFor();
assert.match(await message(ben, 'Good morning').textContent(), /Ann Martin/);
await ben.locator('#composer-text').pressSequentially('Hello');
await ann.waitForFunction(() => document.querySelector('#talk-typing').textContent === 'Bob is writing…');
await ben.press('#composer-text', 'Shift+Enter');
await ben.locator('#composer-text').pressSequentially('@ann!');
await ben.press('#composer-text', 'Enter');
await message(ann, 'Hello').waitFor();
assert.equal(await lastText(ann), 'Hello\n@ann!');
assert.equal(await ann.textContent('.message.is-mention .mention.is-own'), '@ann');
await ann.waitForFunction(() => document.querySelector('#talk-typing').textContent === '');
await ann.waitForFunction(() => document.querySelector('#talk-here').textContent === '2');
await ann.click('#talk-people');
await ann.waitForSelector('.person.is-here:has-text("Bob")');
await ann.click('#people-close');

// HTML is text, and an address is a link that opens elsewhere.
const hostile = '<img src=x onerror=alert(1)><b>bold</b> https://example.org/a?b=1.';
await say(ben, hostile);
await message(ann, 'onerror').waitFor();
assert.equal(await lastText(ann), hostile);
const link = message(ann, 'onerror').locator('a');
assert.deepEqual(
  [await link.getAttribute('href'), await link.getAttribute('target'), await link.getAttribute('rel')],
  ['https://example.org/a?b=1', '_blank', 'noopener noreferrer'],
);
assert.equal(await ann.locator('.message img, .message b').count(), 0);

// Reply, react, edit, delete: by the bar of the message, seen by the other.
const act = async (page, text, action) => {
  await message(page, text).hover();
  await page.click(`.message-tools [data-action="${action}"]`);
};
await act(ann, 'Hello', 'reply');
await say(ann, 'How are you?');
await ben.waitForSelector('.message:has-text("How are you?") .message-quote:has-text("Hello")');
await act(ben, 'How are you?', 'react');
await ben.click('#reaction-menu [data-emoji="🎉"]');
await ann.click('.message:has-text("How are you?") .reaction[aria-pressed="false"]');
await ben.waitForFunction(() => document.querySelector('.reaction .number')?.textContent === '2');
assert.equal(await ben.getAttribute('.reaction', 'title'), 'Bob, Ann Martin');
await act(ann, 'How are you?', 'edit');
await say(ann, 'How are you both?');
await ben.waitForSelector('.message:has-text("How are you both?") .message-mark');
assert.equal(await ben.textContent('.reaction .number'), '2', 'an edit keeps the reactions');
await act(ann, 'How are you both?', 'remove');
await ann.click('#confirm-dialog [data-close]');
assert.ok((await texts(token)).includes('How are you both?'), 'cancelling deletes nothing');
await act(ann, 'How are you both?', 'remove');
await ann.click('#confirm-dialog [type=submit]');
await ben.waitForSelector('.message-body.is-deleted');
assert.ok(!(await ben.textContent('#message-list')).includes('How are you'));

// By keyboard: up in an empty field edits one's last message, Escape leaves the draft as it was.
await ben.focus('#composer-text');
await ben.keyboard.press('ArrowUp');
assert.equal(await ben.inputValue('#composer-text'), hostile);
await ben.keyboard.press('Escape');
assert.equal(await ben.inputValue('#composer-text'), '');
await assertSame(ann);
await assertSame(ben);

// The admin's overview lists both browsers; what is written meanwhile is counted beside "Chat", live.
await ann.click('.rail-link[href$="/"]');
await live(ann);
await mark(ann);
const rows = ann.locator('#clients-rows .table-row');
await rows.filter({ hasText: 'ann' }).filter({ has: ann.locator('.badge:visible') }).waitFor();
await rows.filter({ hasText: 'bob' }).filter({ hasText: 'dashboard' }).waitFor();
assert.ok(!(await ann.isVisible('[data-badge="chat"]')), 'everything is read');
await say(ben, 'one');
await say(ben, 'two');
await ann.waitForFunction(() => document.querySelector('[data-badge="chat"]').textContent === '2');
assert.match(await ann.title(), /^\(2\) /);
await say(ben, 'three @ann');
await ann.waitForSelector('[data-badge="chat"].is-mention');
await ann.waitForSelector('.report:has-text("Bob mentioned you")');
await assertSame(ann);
await ann.click('.rail-link[href$="/rooms"]');
await ann.waitForSelector('.message-line.is-new');
await ann.waitForSelector('[data-badge="chat"]', { state: 'hidden' });
const general = await api(token, 'GET', '/api/chat/rooms/general');
assert.deepEqual([general.unread, general.mentions], [0, 0]);

// A private room and a direct one. A draft waits in its room, also on a new page.
await ann.fill('#composer-text', 'not yet');
await ann.click('#new-room');
await ann.click('#room-dialog [type=submit]');
assert.match(await ann.textContent('#room-name-error'), /Fill this in/);
await ann.fill('#room-name', 'Plans <i>');
await ann.click('label:has(input[value="private"])');
await ann.click('#room-dialog [type=submit]');
await ann.waitForFunction(() => document.querySelector('#talk-name').textContent === 'Plans <i>');
assert.equal(await ann.inputValue('#composer-text'), '');
await ann.click('#talk-add');
await ann.click('.person-choice:has-text("Bob")');
await ben.click('.room-link:has-text("Plans")');
await say(ann, 'Just us');
await message(ben, 'Just us').waitFor();
await ben.click('#new-direct');
await ben.fill('#person-search', 'ann');
await ben.click('.person-choice:has-text("Ann Martin")');
await ben.waitForFunction(() => document.querySelector('#talk-name').textContent === 'Ann Martin');
await say(ben, 'Between us');
await ann.waitForSelector('.room-link:has-text("Bob") .badge-count');
await ann.click('.room-link:has-text("Bob")');
await message(ann, 'Between us').waitFor();
await ben.click('.room-link:has-text("Plans")');
await ben.click('#talk-leave');
await ben.click('#confirm-dialog [type=submit]');
await ben.waitForSelector('.room-link:has-text("Plans")', { state: 'detached' });
await ann.click('.room-link:has-text("general")');
assert.equal(await ann.inputValue('#composer-text'), 'not yet');
await ann.reload();
await live(ann);
await ann.waitForFunction(() => document.querySelector('#composer-text').value === 'not yet');
await ann.goBack();
await ann.waitForFunction(() => document.querySelector('#talk-name').textContent === 'Bob');

// A public room that one has not joined is read, and joined.
const { id: lobby } = await api(token, 'POST', '/api/chat/rooms', { name: 'lobby', kind: 'public' });
await ben.goto(at(`/rooms/${lobby}`));
await ben.waitForSelector('#talk-join:not([hidden])');
assert.ok(!(await ben.isVisible('#composer')));
await ben.click('#talk-join button');
await say(ben, 'I am in');
await message(ben, 'I am in').waitFor();

// A room that is not there says so.
ben.expected.push(/40[04]|422/);
for (const id of ['no-such-room', '019aa9f1-4c00-7000-8000-000000000001']) {
  await visit(ben, `/rooms/${id}`);
  await ben.waitForSelector('#talk-empty:has-text("There is no such room")');
  assert.ok(!(await ben.isVisible('#composer')));
}
await ben.click('#talk-empty a');
await ben.waitForURL(at('/rooms/general'));
await live(ben);

// Far up in a long room nothing moves while older messages load and new ones come.
for (let n = 1; n <= 120; n += 1) await api(token, 'POST', '/api/chat/rooms/general/messages', { body: `line ${n}` });
await message(ben, 'line 120').waitFor();
await visit(ben, '/rooms/general');
await message(ben, 'line 120').waitFor();
assert.ok(!(await message(ben, 'line 20').count()));
const scrolled = ben.locator('#talk-scroll');
await scrolled.evaluate((box) => { box.scrollTop = 450; });
await ben.waitForFunction(() => document.querySelector('#message-list').textContent.includes('line 21'));
const topOf = (text) => message(ben, text).first().evaluate((node) => node.getBoundingClientRect().top);
const before = await topOf('line 90');
await api(token, 'POST', '/api/chat/rooms/general/messages', { body: 'far below' });
await ben.waitForSelector('#talk-newest:has-text("1 new message")');
assert.ok(Math.abs((await topOf('line 90')) - before) <= 1, 'a message below moved the view');
await ben.click('#talk-newest');
await ben.waitForSelector('#talk-newest', { state: 'hidden' });
assert.equal(await lastText(ben), 'far below');
assertQuiet(ann);
assertQuiet(ben);

// An answer that is lost on the way: the message is sent again, and is there once.
ben.expected.push(/Failed to load resource|failed: .*\/messages/);
let lost = 0;
await ben.route('**/api/chat/rooms/general/messages', async (route) => {
  if (route.request().method() !== 'POST' || lost > 0) return route.continue();
  lost += 1;
  await route.fetch();
  await route.abort('connectionreset');
});
await say(ben, 'only once');
await message(ben, 'only once').waitFor();
await ben.waitForSelector('.message.is-unsent', { state: 'detached' });
assert.equal(lost, 1);
assert.equal((await texts(token)).filter((text) => text === 'only once').length, 1);

// What could not be sent is sent by the next page.
await ben.unroute('**/api/chat/rooms/general/messages');
await ben.route('**/api/chat/rooms/general/messages', (route) => route.abort('connectionreset'));
await say(ben, 'over a reload');
await ben.waitForSelector('.message.is-unsent:has-text("over a reload")');
// The browser asks whether to leave.
ben.once('dialog', (dialog) => dialog.accept());
await ben.reload();
await ben.waitForSelector('.message.is-unsent:has-text("over a reload")');
await ben.unroute('**/api/chat/rooms/general/messages');
await ben.waitForSelector('.message.is-unsent', { state: 'detached' });
assert.equal(await message(ben, 'over a reload').count(), 1);
assert.equal((await texts(token)).filter((text) => text === 'over a reload').length, 1);
await close(ben);

// A cut line: what is written meanwhile waits; what others write meanwhile arrives.
const home = given.url;
const line = await proxy();
given.url = line.address.replace('ws:', 'http:').replace('/chat', '');
const far = await open();
far.expected.push(/WebSocket connection to/, /failed: /, /Failed to load resource/);
await logIn(far, bob);
await visit(far, '/rooms/general');
await live(far);
await message(far, 'only once').waitFor();
line.pause();
await far.waitForSelector('#connection[data-state="waiting"]');
await say(far, 'first while away');
await say(far, 'second while away');
await message(far, 'second while away').waitFor();
assert.equal(await far.locator('.message.is-unsent').count(), 2);
assert.match(await message(far, 'first while away').textContent(), /Waiting to be sent/);
await far.fill('#composer-text', 'half a sen');
await api(token, 'POST', '/api/chat/rooms/general/messages', { body: 'said meanwhile' });
line.resume();
await live(far);
await message(far, 'said meanwhile').waitFor();
await far.waitForSelector('.message.is-unsent', { state: 'detached' });
assert.equal(await far.inputValue('#composer-text'), 'half a sen');
for (const text of ['first while away', 'second while away', 'said meanwhile']) {
  assert.equal(await message(far, text).count(), 1, text);
}
const said = (await texts(token)).slice(-3);
assert.deepEqual(said, ['said meanwhile', 'first while away', 'second while away']);
await far.context().close();
line.close();

// A viewer reads, and is told why there is nowhere to write.
given.url = home;
const viewer = { username: 'vera', password: 'a third good password' };
await api(token, 'POST', '/api/users', { ...viewer, role: 'viewer' });
const vera = await open();
await logIn(vera, viewer);
await visit(vera, '/rooms/general');
await message(vera, 'said meanwhile').waitFor();
assert.equal(await vera.locator('#composer, #new-room, #new-direct').count(), 0);
assert.match(await vera.textContent('#talk-viewer'), /Writing is for members/);
await message(vera, 'said meanwhile').hover();
assert.equal(await vera.locator('.message-tools').count(), 0);
await vera.waitForSelector('[data-badge="chat"]', { state: 'hidden' });
await close(vera);
await close(ann);
await done();
