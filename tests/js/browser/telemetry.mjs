// What client applications report, as the scenarios of the logs and errors send it: through the collector, with a key.
import assert from 'node:assert/strict';
import { asAdmin, url } from '../sdk/lib.mjs';

/** A key of an application. */
export const appKey = async (app) => (await asAdmin('POST', '/api/app-keys', { app })).key;

/** Who reports: `{name, version, installation, user, session, view, os}`. */
const metaOf = ({ name = 'desk', version = '1.4.0', installation, user, session = 's-1', view = 'rooms', os = 'Windows' }) => ({
  app: { name, version, ...(installation && { installationId: installation }) },
  session: { id: session },
  view: { name: view },
  browser: { name: 'Chromium', version: '130', os },
  ...(user && { user: { username: user } }),
});

/** Sends a batch of `{logs, exceptions, events, measurements}` and waits until it is stored. */
export async function report(key, who, batch) {
  const answer = await fetch(`${url}/collect/${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ meta: metaOf(who), ...batch }),
  });
  assert.equal(answer.status, 202, await answer.text());
}

export const log = (level, message, context = {}, trace) => ({
  timestamp: new Date().toISOString(),
  level,
  message,
  context,
  ...(trace && { trace: { trace_id: trace, span_id: trace.slice(0, 16) } }),
});

export const frame = (name, file, lineno, colno) => ({ function: name, filename: `https://desk.test/assets/${file}`, lineno, colno });

export const exception = (type, value, frames, trace) => ({
  timestamp: new Date().toISOString(),
  type,
  value,
  stacktrace: { frames },
  ...(trace && { trace: { trace_id: trace, span_id: trace.slice(0, 16) } }),
});

const SOURCE = `import { rooms, show } from './rooms';

/** Shows the room that a link names. */
export function openRoom(id: string) {
  return show(rooms.get(id).id);
}
`;

/** Uploads a map in which line 1, column 11 of `file` is line 5, column 15 of a source file. */
export const sourceMap = (app, version, file) =>
  asAdmin('POST', `/api/source-maps?${new URLSearchParams({ app, version, file })}`, {
    version: 3,
    sources: ['src/open-room.ts'],
    sourcesContent: [SOURCE],
    names: [],
    // [10, 0, 4, 14] in the digits of mappings.
    mappings: 'UAIc',
  });
