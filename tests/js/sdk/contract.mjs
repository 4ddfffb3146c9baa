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

/** The schema, with a field that it does not name being a fault, and an object of which it says nothing as well. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (schema === null || typeof schema !== 'object') return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  if (![schema.type].flat().includes('object') || schema.additionalProperties !== undefined) return inside;
  assert.ok(schema.properties, `an object without fields: ${JSON.stringify(schema)}`);
  return { ...inside, additionalProperties: false };
}

/** `chat:{room_id}` as a pattern for channel names, with the schemas of what the server sends there. */
const channels = document.operations().filterBySend().flatMap((operation) => operation.channels().all().map((channel) => ({
  address: channel.address(),
  name: new RegExp(`^${channel.address().replace(/\{\w+\}/g, '[^:]+')}$`),
  schemas: operation.messages().all().map((message) => [message.title(), ajv.compile(strict(message.payload().json()))]),
})));

/** Titles of all messages that the server sends in channels. */
export const titles = channels.filter(({ address }) => address !== '/chat')
  .flatMap(({ schemas }) => schemas.map(([title]) => title)).sort();

/** The title of this publication in the document; fails when the document does not have it in this channel. */
export function assertDocumented(channel, data) {
  // A filter may stand behind the name of a channel.
  const [address] = channel.split('?');
  const known = channels.find(({ name }) => name.test(address));
  assert.ok(known, `the document has no channel ${channel}`);
  const found = known.schemas.find(([, fits]) => fits(data));
  if (found) return found[0];
  const why = known.schemas.map(([title, fits]) => (fits(data), `${title}: ${ajv.errorsText(fits.errors)}`));
  assert.fail(`not in the document: ${channel} ${JSON.stringify(data)}\n${why.join('\n')}`);
}

const results = new Map();

/** Fails unless `data` is as the schema of this name says. */
export function assertResult(name, data) {
  if (!results.has(name)) results.set(name, ajv.compile(document.json().components.schemas[name]));
  const fits = results.get(name);
  assert.ok(fits(data), `not a ${name}: ${JSON.stringify(data)}\n${ajv.errorsText(fits.errors)}`);
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
