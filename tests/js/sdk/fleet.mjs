// What an admin does to an installation, as an unmodified client sees it.
import assert from 'node:assert/strict';
import { documented, seenTitles } from './contract.mjs';
import { asAdmin, client, person, run, Seen } from './lib.mjs';

run(async () => {
  const ann = await person('ann');
  const data = { installation_id: 'inst-ann', app: 'desk', app_version: '1.2.3', os: 'Linux' };
  const events = ['connected', 'publication', 'disconnected'];
  const connect = () => {
    const connection = documented(client({ token: ann.token, data }));
    const seen = new Seen(connection, ...events);
    connection.connect();
    return [connection, seen];
  };
  const [first, firstSeen] = connect();
  const connected = await firstSeen.first('connected');
  assert.deepEqual(connected.data, { settings: null, diagnostics: [] });
  const { installation } = await asAdmin('GET', `/api/clients/${connected.client}`);
  const path = `/api/installations/${installation}`;

  // Settings: live, and in the reply to the next connect.
  const { until } = await asAdmin('PUT', `${path}/settings`, { log_level: 'debug', sampling: 1, minutes: 5 });
  const came = (seen, type, matches = () => true) =>
    seen.first('publication', (publication) => publication.data.type === type && matches(publication.data));
  const live = await came(firstSeen, 'settings');
  assert.equal(live.channel, `user:${ann.id}`);
  assert.deepEqual(live.data.settings, { log_level: 'debug', sampling: 1, until });
  const { id } = await asAdmin('POST', `${path}/diagnostics`, undefined, 201);
  assert.equal((await came(firstSeen, 'diagnostics.request')).data.id, id);
  first.disconnect();
  const [second, secondSeen] = connect();
  const again = await secondSeen.first('connected');
  assert.deepEqual(again.data, { settings: { log_level: 'debug', sampling: 1, until }, diagnostics: [id] });

  // A report, and the end of the settings.
  assert.deepEqual((await second.rpc('diagnostics', { id, report: { log: ['a', 'b'] } })).data, {});
  const { report } = await asAdmin('GET', `${path}/diagnostics/${id}`);
  assert.deepEqual(report, { log: ['a', 'b'] });
  await asAdmin('DELETE', `${path}/settings`, undefined, 204);
  await came(secondSeen, 'settings', ({ settings }) => settings === null);

  // A notice, and the end: the SDK does not come back.
  const reached = await asAdmin('POST', `${path}/notice`, { title: 'Bye', body: '', level: 'info' });
  assert.deepEqual(reached, { clients: 1 });
  await came(secondSeen, 'notice');
  await asAdmin('POST', `${path}/disconnect`);
  assert.equal((await secondSeen.first('disconnected')).code, 3503);
  assert.equal(seenTitles.size, 3, [...seenTitles].join(', '));
});
