// Every publication that comes is as openapi/asyncapi.yaml says.
import assert from 'node:assert/strict';
import { documented, seenTitles } from './contract.mjs';
import { admin_token, asAdmin, client, person, run, Seen } from './lib.mjs';

run(async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const own = documented(client({ token: ann.token, data: { app: 'desk', os: 'Linux' } }));
  const ownSeen = new Seen(own, 'connected', 'publication');
  const room = documented(own.newSubscription('chat:general'));
  const roomSeen = new Seen(room, 'subscribed', 'publication');
  room.subscribe();
  own.connect();
  await roomSeen.first('subscribed');
  const came = (seen, type) => seen.first('publication', ({ data }) => data.type === type);

  // The cockpit.
  const cockpit = client({ token: admin_token });
  const watched = ['overview', 'clients', 'routes'].map((name) => {
    const subscription = documented(cockpit.newSubscription(`monitor:${name}`));
    const seen = new Seen(subscription, 'publication', 'unsubscribed');
    subscription.subscribe();
    return seen;
  });
  cockpit.connect();

  // A room.
  const messages = '/api/chat/rooms/general/messages';
  const message = await bob.api('POST', messages, { body: 'Hello @ann', nonce: 'n1' });
  await bob.api('POST', messages, { body: 'and again', reply_to: message.id });
  await bob.api('PATCH', `${messages}/${message.id}`, { body: 'Hello, @ann' });
  await bob.api('PUT', `${messages}/${message.id}/reactions/${encodeURIComponent('👍')}`);
  await bob.api('DELETE', `${messages}/${message.id}`);
  const bobClient = client({ token: bob.token });
  bobClient.connect();
  await bobClient.rpc('chat.typing', { room_id: 'general' });
  await own.rpc('chat.read', { room_id: 'general', offset: 2 });
  for (const type of ['message', 'edit', 'reaction', 'delete', 'typing', 'read']) await came(roomSeen, type);
  await came(ownSeen, 'mention');

  // Membership.
  const club = await bob.api('POST', '/api/chat/rooms', { name: 'club', kind: 'private', members: [ann.id] });
  await came(ownSeen, 'room.added');
  await bob.api('PATCH', `/api/chat/rooms/${club.id}`, { topic: 'books' });
  await came(ownSeen, 'room.updated');
  await bob.api('DELETE', `/api/chat/rooms/${club.id}/members/${ann.id}`);
  await came(ownSeen, 'room.removed');

  // The agenda, and a word from an admin.
  const event = await ann.api('POST', '/api/agenda', { title: 'Retro', start: '2026-12-01T10:00:00', reminders: [10] });
  await ownSeen.first('publication', ({ data }) => data.action === 'created');
  await ann.api('DELETE', `/api/agenda/${event.id}`, undefined, [204, 428]);
  const { client: id } = await ownSeen.first('connected');
  await asAdmin('POST', `/api/clients/${id}/notice`, { title: 'Soon', body: 'A restart at noon', level: 'info' });
  await came(ownSeen, 'notice');

  for (const seen of watched) await seen.first('publication');
  assert.ok(seenTitles.size >= 14, [...seenTitles].join(', '));
});
