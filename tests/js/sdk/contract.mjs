// What openapi/asyncapi.yaml says of every publication, held against those that really come.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import Ajv from 'ajv';
import formats from 'ajv-formats';

const text = readFileSync(new URL('../../../openapi/asyncapi.yaml', import.meta.url), 'utf8');
const { document } = await new Parser().parse(text);
const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);

/** `chat:{room_id}` as a pattern for channel names, with the schemas of what the server sends there. */
const channels = document.operations().filterBySend().flatMap((operation) => operation.channels().all().map((channel) => ({
  name: new RegExp(`^${channel.address().replace(/\{\w+\}/g, '[^:]+')}$`),
  schemas: operation.messages().all().map((message) => [message.title(), ajv.compile(message.payload().json())]),
})));

/** The title of this publication in the document; fails when the document does not have it in this channel. */
export function assertDocumented(channel, data) {
  const known = channels.find(({ name }) => name.test(channel));
  assert.ok(known, `the document has no channel ${channel}`);
  const found = known.schemas.find(([, fits]) => fits(data));
  if (found) return found[0];
  const why = known.schemas.map(([title, fits]) => (fits(data), `${title}: ${ajv.errorsText(fits.errors)}`));
  assert.fail(`not in the document: ${channel} ${JSON.stringify(data)}\n${why.join('\n')}`);
}

/** Titles of the messages that came. */
export const seenTitles = new Set();

/** Holds every publication of a client (server-side channels) or subscription against the document. */
export function documented(emitter) {
  emitter.on('publication', ({ channel, data }) => {
    try {
      seenTitles.add(assertDocumented(channel, data));
    } catch (error) {
      // Not thrown: the SDK would catch it.
      console.error(error.message);
      process.exit(1);
    }
  });
  return emitter;
}
