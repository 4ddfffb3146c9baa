// Every publication that comes is as openapi/asyncapi.yaml says, and every one that it describes comes.
import assert from 'node:assert/strict';
import { documented, seenTitles, titles } from './contract.mjs';
import { admin_token, asAdmin, client, person, run, Seen, url } from './lib.mjs';

/** More events at once than are told of one by one. */
const calendar = () => {
  const event = (n) => `BEGIN:VEVENT\nUID:${n}@x\nSUMMARY:${n}\nDTSTART:20261123T090000Z\nDTEND:20261123T093000Z\nEND:VEVENT\n`;
  return `BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n${Array.from({ length: 450 }, (_, n) => event(n)).join('')}END:VCALENDAR\n`;
};

run(async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const own = documented(client({ token: ann.token, data: { installation_id: 'inst-ann', app: 'desk', os: 'Linux' } }));
  const ownSeen = new Seen(own, 'connected', 'publication');
  const room = documented(own.newSubscription('chat:general'));
  const roomSeen = new Seen(room, 'subscribed', 'publication');
  room.subscribe();
  own.connect();
  await roomSeen.first('subscribed');
  const came = (seen, type) => seen.first('publication', ({ data }) => data.type === type);

  // The cockpit.
  const cockpit = client({ token: admin_token });
  const watched = ['overview', 'clients', 'routes', 'errors', 'logs?app=desk'].map((name) => {
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

  // The agenda: a change, a reminder that is due in two seconds, and an import.
  const event = await ann.api('POST', '/api/agenda', { title: 'Retro', start: '2026-12-01T10:00:00', reminders: [10] });
  await ownSeen.first('publication', ({ data }) => data.action === 'created');
  await ann.api('PATCH', `/api/agenda/${event.id}`, {
    time_zone: 'Europe/Paris', attendees: [{ user_id: bob.id }], recurrence: { rule: 'FREQ=DAILY;COUNT=3' },
  }, 200, { 'if-match': '*' });
  await ownSeen.first('publication', ({ data }) => data.action === 'updated');
  await ann.api('DELETE', `/api/agenda/${event.id}`, undefined, 204, { 'if-match': '*' });
  await ownSeen.first('publication', ({ data }) => data.action === 'deleted');
  const start = new Date(Date.now() + 602_000).toISOString().replace(/\.\d+/, '');
  await ann.api('POST', '/api/agenda', { title: 'Soon', start, reminders: [10] });
  await came(ownSeen, 'agenda.reminder');
  const headers = { authorization: `Bearer ${ann.token}`, 'content-type': 'text/calendar' };
  const imported = await fetch(`${url}/api/agenda/import`, { method: 'POST', headers, body: calendar() });
  assert.equal(imported.status, 200, await imported.text());
  await came(ownSeen, 'agenda.reload');

  // What an admin says to a client and asks of it.
  const { client: id } = await ownSeen.first('connected');
  await asAdmin('POST', `/api/clients/${id}/notice`, { title: 'Soon', body: 'A restart at noon', level: 'info' });
  await came(ownSeen, 'notice');
  const { installation } = await asAdmin('GET', `/api/clients/${id}`);
  await asAdmin('PUT', `/api/installations/${installation}/settings`, { log_level: 'debug', sampling: 1, minutes: 5 });
  await asAdmin('POST', `/api/installations/${installation}/diagnostics`, undefined, 201);
  await came(ownSeen, 'settings');
  await came(ownSeen, 'diagnostics.request');

  // What a client reports.
  await own.rpc('signals', {
    meta: { app: { name: 'desk', version: '1.2.3' }, session: { id: 'x7Hk2mPq4a' } },
    logs: [{ message: 'Slow', level: 'warn', timestamp: new Date().toISOString(), context: { events: '412' } }],
    exceptions: [{ type: 'TypeError', value: 'no such thing', timestamp: new Date().toISOString() }],
  });
  const { items: [error] } = await asAdmin('GET', '/api/errors');
  const chief = await person('chief', 'admin');
  await chief.api('PATCH', `/api/errors/${error.id}`, { state: 'resolved' });

  for (const seen of watched) await seen.first('publication');
  assert.deepEqual([...seenTitles].sort(), titles);
});
