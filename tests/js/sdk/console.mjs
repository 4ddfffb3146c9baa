// The console over the SDK: every kind of answer is as openapi/asyncapi.yaml says.
import assert from 'node:assert/strict';
import { assertResult } from './contract.mjs';
import { client, person, run, Seen } from './lib.mjs';

run(async () => {
  const root = await person('chief', 'admin');
  const ann = await person('ann');
  const desk = client({ token: ann.token, data: { installation_id: 'i-1', app: 'desk', app_version: '1.4.0' } });
  const deskSeen = new Seen(desk, 'connected', 'disconnected');
  desk.connect();
  const { client: id } = await deskSeen.first('connected');

  const console = client({ token: root.token });
  console.connect();
  const line = async (text) => {
    const { data } = await console.rpc('console.run', { line: text });
    assertResult('ConsoleReply', data);
    return data;
  };
  for (const text of ['help', 'help kick', 'clients', `client ${id}`, 'users', 'sessions', 'sessions ann', 'stats', 'errors', 'rooms', 'whoami', 'audit']) {
    assert.equal((await line(text)).kind, 'table', text);
  }
  assert.equal((await line('tail error')).channel, 'monitor:logs?level=error');
  for (const text of ['', 'nothing', 'kick', 'kick x', 'users x', 'notify "', `client ${root.id}`]) {
    assert.equal((await line(text)).kind, 'error', text);
  }
  await assert.rejects(line(`kick ${id}`), ({ code, temporary }) => code === 4001 && !temporary);
  await assert.rejects(console.rpc('console.confirm', { password: 'wrong' }), ({ code }) => code === 4002);
  assertResult('ConsoleConfirmed', (await console.rpc('console.confirm', { password: root.password })).data);
  assert.equal((await line('notify ann "a word"')).code, 'notified');
  assert.equal((await line(`kick ${id}`)).code, 'kicked');
  assert.equal((await deskSeen.first('disconnected')).code, 3503);
  const { data } = await console.rpc('console.complete', { line: 'sessions a' });
  assertResult('ConsoleCompletion', data);
  assert.deepEqual(data.candidates.map(({ value }) => value), ['ann']);
});
