// Tokens that live a few seconds: the SDK fetches new ones and the connection stays; a late one is refused with 109.
import assert from 'node:assert/strict';
import { api, client, person, run, Seen } from './lib.mjs';

run(async () => {
  const ann = await person('ann');
  assert.ok(ann.expiresIn <= 5, `the test server gives short tokens (${ann.expiresIn} s)`);
  const fetched = [];
  const annClient = client({
    token: ann.token,
    getToken: async () => {
      const token = await ann.refresh();
      fetched.push(token);
      seen.waiting.forEach((check) => check());
      return token;
    },
  });
  const seen = new Seen(annClient, 'connected', 'connecting', 'disconnected', 'error');
  annClient.connect();
  const connected = await seen.first('connected');
  await seen.until(() => fetched.length >= 2, 'two token refreshes');
  await annClient.rpc('chat.typing', { room_id: 'general' });
  // A subscription follows the connection's rights: the SDK asks for a token of its own once, and refreshes nothing.
  let asked = 0;
  const room = annClient.newSubscription('chat:general', {
    getToken: async () => {
      asked += 1;
      return ann.token;
    },
  });
  const roomSeen = new Seen(room, 'subscribed', 'unsubscribed', 'publication', 'error');
  room.subscribe();
  await roomSeen.first('subscribed');
  const already = fetched.length;
  await seen.until(() => fetched.length >= already + 2, 'two more token refreshes');
  await room.publish({ body: 'still here' });
  await roomSeen.first('publication');
  assert.deepEqual([asked, roomSeen.events.filter((event) => event.name !== 'publication').length], [1, 1]);
  assert.equal(seen.events.filter((event) => event.name === 'connected').length, 1, 'the connection stayed');
  assert.ok(connected.client);
  annClient.disconnect();

  // The first token has expired by now: HTTP says so, and so does the connect command, which the SDK answers with a new one.
  const refused = await api(ann.token, 'GET', '/api/auth/me', undefined, 401);
  assert.equal(refused.code, 'token_expired');
  const late = client({ token: ann.token, getToken: () => ann.refresh() });
  const lateSeen = new Seen(late, 'connected', 'error', 'disconnected');
  late.connect();
  await lateSeen.first('connected');
  const error = await lateSeen.first('error');
  assert.equal(error.error.code, 109);
  late.disconnect();
});
