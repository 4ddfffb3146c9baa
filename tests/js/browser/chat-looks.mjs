// The chat with its rooms, dialogs and menus, in both languages, both themes and three widths.
import { asAdmin, person } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';

const [bastien, chloe, dmitri] = [await person('bastien'), await person('chloe.martin'), await person('dmitri')];
const eve = await person('eve', 'viewer');
const { id: admin } = await asAdmin('GET', '/api/auth/me').then(({ user }) => user);
const post = (who, room, body, more = {}) => who('POST', `/api/chat/rooms/${room}/messages`, { body, ...more });
const me = given.admin.username;

const design = await chloe.api('POST', '/api/chat/rooms', {
  name: 'Design',
  kind: 'public',
  topic: 'Colours, corners and shadows, and everything else that one sees before one reads',
});
await bastien.api('PUT', `/api/chat/rooms/${design.id}/members/${bastien.id}`);
await asAdmin('PUT', `/api/chat/rooms/${design.id}/members/${admin}`);
await asAdmin('POST', '/api/chat/rooms', { name: 'Release 2.5', kind: 'private', members: [bastien.id] });
const lobby = await chloe.api('POST', '/api/chat/rooms', { name: 'A room with a name that is longer than its column', kind: 'public' });
await dmitri.api('POST', '/api/chat/rooms', { name: 'Lunch', kind: 'public' });

const first = await post(chloe.api, design.id, 'The new colours are in: one blue, and neutrals with a trace of it.');
await post(chloe.api, design.id, 'Light and dark are pairs now, so a colour cannot be forgotten in one of them.');
await post(bastien.api, design.id, 'That reads much better. Contrast is at least 4.5 everywhere?', { reply_to: first.id });
const asked = await post(asAdmin, design.id, 'Yes, muted text included. The measurements are at https://example.org/contrast.');
for (const who of [bastien, chloe]) {
  await who.api('PUT', `/api/chat/rooms/${design.id}/messages/${asked.id}/reactions/${encodeURIComponent('👍')}`);
}
const wrong = await post(dmitri.api, 'general', 'Wrong room, sorry');
await dmitri.api('DELETE', `/api/chat/rooms/general/messages/${wrong.id}`);
const edited = await post(bastien.api, design.id, 'Then I take them over');
await bastien.api('PATCH', `/api/chat/rooms/${design.id}/messages/${edited.id}`, {
  body: 'Then I take them over into the desktop client today.\n\nTwo places still have a colour of their own:\n– the badge in the task bar\n– the window frame on Windows',
});
await post(chloe.api, design.id, `@${me} could you look at the red? It should be for what somebody must do something about.`);
await post(dmitri.api, 'general', 'averyveryverylongwordthatnobodywouldeverwritebutthatstillmustnotmakethepagewiderthanthephone_'.repeat(2));
const direct = await dmitri.api('POST', '/api/chat/direct', { user_id: admin });
await post(dmitri.api, direct.id, 'Have you seen the new overview?');

const chat = (room) => async (page) => {
  await logIn(page, given.admin);
  await visit(page, `/rooms/${room}`);
  await live(page);
  await page.waitForSelector('.message');
};
const tools = async (page) => {
  await page.locator('.message', { hasText: 'Light and dark are pairs' }).hover();
};
const click = (selector) => (page) => page.click(selector);
const escape = (page) => page.keyboard.press('Escape');
const after = (...steps) => async (page) => {
  for (const step of steps) await step(page);
};

await everyLook(chat(design.id), [
  ['chat'],
  ['chat-tools', () => {}, NARROW, tools],
  ['chat-react', () => {}, NARROW, after(escape, tools, click('.message-tools [data-action="react"]'))],
  ['chat-reply', after(escape, tools, click('.message-tools [data-action="reply"]')), NARROW],
  ['chat-people', after(escape, click('#talk-people')), NARROW],
  ['chat-list', after(click('#people-close'), (page) => page.setViewportSize({ width: 360, height: 740 }), click('#talk-back')), [360]],
  ['chat-new-room', click('#new-room'), NARROW],
  ['chat-person', after(escape, click('#new-direct'), (page) => page.waitForSelector('.person-choice')), NARROW],
]);
await everyLook(
  async (page) => {
    await logIn(page, given.admin);
    await visit(page, `/rooms/${lobby.id}`);
    await page.waitForSelector('#talk-empty:not([hidden])');
  },
  [['chat-not-member']],
);
await everyLook(
  async (page) => {
    await logIn(page, { username: 'eve', password: 'correct horse eve' });
    await visit(page, '/rooms/general');
    await page.waitForSelector('.message');
  },
  [['chat-viewer', () => {}, NARROW]],
);
void eve;
await done();
