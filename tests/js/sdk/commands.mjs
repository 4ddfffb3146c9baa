// Every command of the protocol, as the SDK sends it.
import assert from 'node:assert/strict';
import { client, person, run, Seen } from './lib.mjs';

run(async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const annClient = client({
    token: ann.token,
    name: 'sdk-js',
    version: '1.2.3',
    data: { installation_id: 'inst-ann', app: 'desk', app_version: '1.2.3', os: 'Linux', locale: 'fr' },
  });
  const annSeen = new Seen(annClient, 'connected', 'subscribed', 'publication', 'disconnected', 'error');
  const annRoom = annClient.newSubscription('chat:general', { joinLeave: true, recoverable: true, positioned: true });
  const room = new Seen(annRoom, 'subscribed', 'publication', 'join', 'leave');
  annRoom.subscribe();
  annClient.connect();
  const connected = await annSeen.first('connected');
  assert.ok(connected.client, 'the server names the connection');

  // Server-side subscription.
  const own = await annSeen.first('subscribed');
  assert.equal(own.channel, `user:${ann.id}`);

  const start = await room.first('subscribed');
  assert.equal(start.recoverable, true);
  assert.ok(start.streamPosition.epoch);
  const base = start.streamPosition.offset;

  // Join, presence.
  const bobClient = client({ token: bob.token }, undefined);
  const bobRoom = bobClient.newSubscription('chat:general');
  const bobSeen = new Seen(bobRoom, 'subscribed', 'publication', 'unsubscribed');
  bobRoom.subscribe();
  bobClient.connect();
  await bobSeen.first('subscribed');
  const bobId = (await room.first('join', (event) => event.info.user === bob.id)).info.client;
  const { clients } = await annRoom.presence();
  assert.deepEqual(new Set(Object.keys(clients)), new Set([connected.client, bobId]));
  assert.equal(clients[bobId].user, bob.id);
  assert.deepEqual(await annRoom.presenceStats(), { numClients: 2, numUsers: 2 });

  // Publish: both see it, with the room's next offset, and who sent it.
  await bobRoom.publish({ body: 'hello', nonce: 'n1' });
  await bobRoom.publish({ body: 'hello', nonce: 'n1' });
  await bobRoom.publish({ body: 'again', nonce: 'n2' });
  for (const seen of [room, bobSeen]) {
    const hello = await seen.first('publication', (event) => event.offset === base + 1);
    assert.equal(hello.data.type, 'message');
    assert.equal(hello.data.message.body, 'hello');
    assert.equal(hello.data.message.offset, base + 1);
    assert.equal(hello.data.message.user.id, bob.id);
    const again = await seen.first('publication', (event) => event.offset === base + 2);
    assert.equal(again.data.message.body, 'again', 'the same nonce twice is one message');
  }
  const hello = room.events.find((event) => event.offset === base + 1);

  // What is done over HTTP is seen here.
  const message = `/api/chat/rooms/general/messages/${hello.data.message.id}`;
  await bob.api('PATCH', message, { body: 'hello, all' });
  const edit = await room.first('publication', (event) => event.data.type === 'edit');
  assert.equal(edit.data.message.body, 'hello, all');
  assert.equal(edit.offset, base + 3, 'an edit is stored as well');
  await ann.api('PUT', `${message}/reactions/${encodeURIComponent('👍')}`);
  const reaction = await room.first('publication', (event) => event.data.type === 'reaction');
  assert.deepEqual([reaction.data.emoji, reaction.data.user_id, reaction.data.added], ['👍', ann.id, true]);
  await bob.api('DELETE', message);
  await room.first('publication', (event) => event.data.type === 'delete' && event.data.id === hello.data.message.id);

  // RPC: typing is shown and not stored.
  await bobClient.rpc('chat.typing', { room_id: 'general' });
  const typing = await room.first('publication', (event) => event.data.type === 'typing');
  assert.equal(typing.data.user.id, bob.id);
  assert.equal(typing.offset, undefined);
  await annClient.rpc('chat.read', { room_id: 'general', offset: base + 2 });
  const read = await bobSeen.first('publication', (event) => event.data.type === 'read' && event.data.user_id === ann.id);
  assert.equal(read.data.offset, base + 2);

  // History: paging forwards and backwards gives what was published, in order.
  for (let i = 0; i < 25; i += 1) await bobRoom.publish({ body: `page ${i}` });
  const { offset: top, epoch } = await annRoom.history({ limit: 0 });
  assert.equal(epoch, start.streamPosition.epoch);
  const forwards = [];
  let since = { offset: base, epoch };
  for (;;) {
    const { publications } = await annRoom.history({ limit: 10, since });
    if (publications.length === 0) break;
    assert.ok(publications.length <= 10);
    forwards.push(...publications);
    since = { offset: publications.at(-1).offset, epoch };
  }
  assert.deepEqual(forwards.map((pub) => pub.offset), Array.from({ length: top - base }, (_, i) => base + 1 + i));
  assert.deepEqual(
    forwards.slice(-25).map((pub) => pub.data.message.body),
    Array.from({ length: 25 }, (_, i) => `page ${i}`),
  );
  const backwards = await annRoom.history({ limit: 5, reverse: true });
  assert.deepEqual(backwards.publications.map((pub) => pub.offset), [top, top - 1, top - 2, top - 3, top - 4]);

  // Several commands in one frame are all answered.
  annClient.startBatching();
  const answers = Promise.all([
    annRoom.presenceStats(),
    annRoom.history({ limit: 1 }),
    annRoom.publish({ body: 'one of several' }),
    annClient.rpc('chat.read', { room_id: 'general', offset: top }),
  ]);
  annClient.stopBatching();
  assert.equal((await answers)[0].numClients, 2);
  await annClient.send({ type: 'unasked', note: 'needs no reply' });

  // Own channel: a change of the agenda reaches every client of its owner.
  const event = await ann.api('POST', '/api/agenda', {
    title: 'Retro',
    start: '2026-12-01T10:00:00',
    end: '2026-12-01T11:00:00',
    time_zone: 'Europe/Paris',
  });
  const changed = await annSeen.first('publication', (pub) => pub.data.type === 'agenda.changed');
  assert.equal(changed.channel, `user:${ann.id}`);
  assert.deepEqual([changed.data.event_id, changed.data.action], [event.id, 'created']);

  // Leave: by unsubscribing, and by going away.
  bobRoom.unsubscribe();
  await room.first('leave', (leave) => leave.info.client === bobId);
  assert.deepEqual(await annRoom.presenceStats(), { numClients: 1, numUsers: 1 });
  bobRoom.subscribe();
  const joins = () => room.events.filter((seen) => seen.name === 'join' && seen.info.user === bob.id).length;
  const leaves = () => room.events.filter((seen) => seen.name === 'leave' && seen.info.user === bob.id).length;
  await room.until(() => joins() === 2, 'second join');
  bobClient.disconnect();
  await room.until(() => leaves() === 2, 'leave after a disconnect');

  assert.deepEqual(annSeen.events.filter((seen) => ['error', 'disconnected'].includes(seen.name)), []);
  annClient.disconnect();
});
