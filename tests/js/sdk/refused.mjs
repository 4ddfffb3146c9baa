// What is not allowed is refused with the documented code, and changes nothing.
import assert from 'node:assert/strict';
import { asAdmin, client, person, refusal, run, Seen } from './lib.mjs';

run(async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const vic = await person('vic', 'viewer');

  // A token that is none: the connection ends for good.
  const nobody = client({ token: 'not.a.token' });
  const nobodySeen = new Seen(nobody, 'disconnected', 'connected');
  nobody.connect();
  assert.equal((await nobodySeen.first('disconnected')).code, 3500);

  const secret = await ann.api('POST', '/api/chat/rooms', { name: 'secret', kind: 'private' });
  const bobClient = client({ token: bob.token });
  const bobSeen = new Seen(bobClient, 'connected', 'disconnected', 'error');
  bobClient.connect();
  const { client: bobId } = await bobSeen.first('connected');

  const subscribeCode = async (channel) => {
    const subscription = bobClient.newSubscription(channel);
    const seen = new Seen(subscription, 'unsubscribed', 'subscribed', 'error');
    subscription.subscribe();
    const { code } = await seen.first('unsubscribed');
    assert.ok(!seen.events.some((event) => event.name === 'subscribed'));
    bobClient.removeSubscription(subscription);
    return code;
  };
  assert.equal(await subscribeCode(`chat:${secret.id}`), 103, 'a private room of others');
  assert.equal(await subscribeCode('monitor:overview'), 103, 'the cockpit, as a member');
  assert.equal(await subscribeCode('monitor:clients'), 103);
  assert.equal(await subscribeCode(`user:${ann.id}`), 103, 'the channel of another user');
  assert.equal(await subscribeCode('weather:paris'), 102, 'a channel that is none');

  assert.equal((await refusal(bobClient.publish(`chat:${secret.id}`, { body: 'let me in' }))).code, 103);
  assert.equal((await refusal(bobClient.publish('monitor:overview', { clients: 0 }))).code, 103);
  assert.equal((await refusal(bobClient.history(`chat:${secret.id}`, { limit: 1 }))).code, 103);
  assert.equal((await refusal(bobClient.presence(`chat:${secret.id}`))).code, 103);
  assert.equal((await refusal(bobClient.publish('chat:general', { body: 7 }))).code, 107);
  assert.equal((await refusal(bobClient.publish('chat:general', { body: '' }))).code, 107);
  assert.equal((await refusal(bobClient.publish('chat:general', { body: 'x', colour: 'red' }))).code, 107);
  assert.equal((await refusal(bobClient.rpc('no.such', {}))).code, 104);

  const vicClient = client({ token: vic.token });
  vicClient.connect();
  await vicClient.ready();
  assert.equal((await refusal(vicClient.publish('chat:general', { body: 'only reading' }))).code, 103);

  for (const room of ['general', secret.id]) {
    const { items } = await ann.api('GET', `/api/chat/rooms/${room}/messages`);
    assert.deepEqual(items, [], 'nothing of this was stored');
  }

  // Sent away by an admin, for good; a disabled account as well.
  await asAdmin('POST', `/api/clients/${bobId}/disconnect`);
  assert.equal((await bobSeen.first('disconnected')).code, 3503);
  const vicSeen = new Seen(vicClient, 'disconnected');
  await asAdmin('PATCH', `/api/users/${vic.id}`, { disabled: true });
  const gone = await vicSeen.first('disconnected');
  assert.ok([3500, 3503].includes(gone.code), `a terminal code, not ${gone.code}`);
});
