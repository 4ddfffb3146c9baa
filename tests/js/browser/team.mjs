// A small team for the pages that watch clients: people with real connections, what their applications report, and
// versions of which some are behind.
import assert from 'node:assert/strict';
import { client, person, Seen, url } from '../sdk/lib.mjs';

const MACHINES = [
  ['ann', { app: 'desk', app_version: '2.4.1', os: 'Windows', os_version: '11', hostname: 'ann-laptop', locale: 'fr-FR' }],
  ['bastien', { app: 'phone', app_version: '3.12.0', os: 'Android', os_version: '16', locale: 'fr-FR' }],
  [
    'chloe.martin',
    {
      app: 'desk',
      app_version: '2.3.9',
      os: 'macOS',
      os_version: '15.6',
      hostname: 'a-host-name-too-long-for-its-column.local',
      locale: 'en-GB',
    },
  ],
  ['dmitri', { app: 'notes', os: 'Linux', hostname: 'tower' }],
];

/** What an application reports: a line and, with `error`, an exception. */
export const signals = ({ app, app_version, installation_id }, error) => ({
  meta: { app: { name: app, version: app_version, installationId: installation_id } },
  logs: [{ message: 'the inbox was opened', level: 'info' }],
  ...(error && { exceptions: [{ type: 'TypeError', value: error, stacktrace: { frames: [] } }] }),
});

/** Connects the team: by name `{person, data, client, seen, connect(), report(error)}`. */
export async function team() {
  const members = {};
  for (const [username, machine] of MACHINES) {
    const who = await person(username);
    const data = { ...machine, installation_id: `i-${username}` };
    const member = {
      person: who,
      data,
      connect() {
        member.client = client({ token: who.token, data });
        member.seen = new Seen(member.client, 'connected', 'disconnected', 'publication');
        member.client.connect();
        return member.seen.first('connected');
      },
      async report(error) {
        const answer = await fetch(`${url}/collect`, {
          method: 'POST',
          headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' },
          body: JSON.stringify(signals(data, error)),
        });
        assert.equal(answer.status, 202, await answer.text());
      },
    };
    await member.connect();
    members[username] = member;
  }
  return members;
}

export const leave = (members) => Object.values(members).forEach((member) => member.client.disconnect());
