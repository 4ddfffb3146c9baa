// The connection is lost again and again while others publish at speed: every message arrives exactly once, in order.
import assert from 'node:assert/strict';
import { client, person, proxy, run, Seen } from './lib.mjs';

const MESSAGES = 1200;
const CUT_EVERY = 200;
/** Below what the server replays at once (300), so that every recovery must succeed. */
const AHEAD = 250;

run(async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const link = await proxy();
  const annClient = client({ token: ann.token }, link.address);
  const annRoom = annClient.newSubscription('chat:general', { recoverable: true });
  const room = new Seen(annRoom, 'subscribed');
  const own = new Seen(annClient, 'connected', 'publication', 'error');
  const received = [];
  let cuts = 0;
  annRoom.on('publication', ({ offset, data }) => {
    received.push({ offset, body: data.message.body });
    if (received.length % CUT_EVERY === 0 && received.length < MESSAGES) {
      cuts += 1;
      link.cut();
    }
  });
  annRoom.subscribe();
  annClient.connect();
  const base = (await room.first('subscribed')).streamPosition.offset;

  const bobClient = client({ token: bob.token });
  bobClient.connect();
  await bobClient.ready();
  const inFlight = [];
  for (let i = 0; i < MESSAGES; i += 1) {
    inFlight.push(bobClient.publish('chat:general', { body: `m${i}`, nonce: `n${i}` }));
    if (inFlight.length >= 32) await inFlight.shift();
    while (i - received.length >= AHEAD) await new Promise(setImmediate);
  }
  await Promise.all(inFlight);
  const last = new Seen(annRoom, 'publication');
  await last.until(() => received.length >= MESSAGES, `${MESSAGES} messages (${received.length} came)`);
  // A copy of a message would come before the answer to a command that is sent now.
  await annRoom.presenceStats();

  assert.deepEqual(
    received,
    Array.from({ length: MESSAGES }, (_, i) => ({ offset: base + 1 + i, body: `m${i}` })),
  );
  const again = room.events.slice(1);
  assert.ok(cuts >= 5 && again.length >= cuts, `${cuts} cuts, ${again.length} resubscriptions`);
  assert.ok(again.every((event) => event.wasRecovering && event.recovered), JSON.stringify(again));

  // Longer away than the server replays: it says so, and the history fills the gap.
  link.pause();
  await Promise.all(Array.from({ length: 320 }, (_, i) => bobClient.publish('chat:general', { body: `late ${i}` })));
  const before = room.events.length;
  link.resume();
  await room.until(() => room.events.length > before, 'subscription after the long absence');
  const late = room.events.at(-1);
  assert.deepEqual([late.wasRecovering, late.recovered], [true, false]);
  assert.equal(received.length, MESSAGES, 'nothing is replayed when not everything can be');
  const filled = [];
  let since = { offset: base + MESSAGES, epoch: late.streamPosition.epoch };
  for (;;) {
    const { publications } = await annRoom.history({ limit: 100, since });
    if (publications.length === 0) break;
    filled.push(...publications.map((pub) => pub.data.message.body));
    since = { ...since, offset: publications.at(-1).offset };
  }
  assert.deepEqual(filled, Array.from({ length: 320 }, (_, i) => `late ${i}`));

  // The user's own channel recovers as well.
  link.pause();
  const titles = ['one', 'two', 'three'];
  for (const title of titles) {
    await ann.api('POST', '/api/agenda', {
      title,
      start: '2026-12-01T10:00:00',
      end: '2026-12-01T11:00:00',
      time_zone: 'Europe/Paris',
    });
  }
  link.resume();
  const seenTitles = () => own.events
    .filter((event) => event.name === 'publication' && event.data.type === 'agenda.changed')
    .map((event) => event.data.event.title);
  await own.until(() => seenTitles().length >= titles.length, 'agenda changes made while away');
  assert.deepEqual(seenTitles(), titles);
  link.close();
});
