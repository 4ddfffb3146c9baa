// Checks openapi/asyncapi.yaml with AsyncAPI's own parser, and prints what the Rust test compares with the code:
// channel addresses, rpc methods, error and disconnect codes.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const file = new URL('../../openapi/asyncapi.yaml', import.meta.url);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
// Severity 0 is an error, 1 a warning; the rest is advice, such as that 3.1 exists.
const faults = diagnostics.filter(({ severity }) => severity <= 1);
for (const { severity, path, message } of faults) console.error(severity === 0 ? 'error' : 'warning', path.join('.'), message);
if (!document || faults.length > 0) process.exit(1);

const raw = document.json().components.schemas;
// The document is checked whole: a schema without the meaning of a code, or the reverse, is a fault as well.
const codes = (schema) => Object.entries(schema['x-meaning']).map(([code, meaning]) => [Number(code), meaning]);
for (const schema of [raw.ErrorCode, raw.DisconnectCode, raw.UnsubscribeCode, raw.CloseCode]) {
  if (String(codes(schema).map(([code]) => code)) !== String(schema.enum)) {
    console.error('codes without a meaning, or the reverse:', schema.enum);
    process.exit(1);
  }
}
// What the HTTP API shows as well has the same fields there.
const http = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8')).components.schemas;
const fields = (schema) => Object.keys(schema.properties).sort().join(', ');
const shared = Object.keys(raw).filter((name) => raw[name].properties && http[name]?.properties);
for (const name of shared.filter((one) => fields(raw[one]) !== fields(http[one]))) {
  console.error(`${name} has other fields than in the OpenAPI document: ${fields(raw[name])}; there ${fields(http[name])}`);
  process.exit(1);
}
console.log(JSON.stringify({
  shared,
  channels: document.channels().all().map((channel) => channel.address()),
  rpc: raw.Rpc.properties.method.enum,
  rpc_described: raw.Rpc.oneOf.map(({ properties }) => properties.method.const),
  unsubscribes: codes(raw.UnsubscribeCode),
  closes: codes(raw.CloseCode),
  errors: codes(raw.ErrorCode),
  disconnects: codes(raw.DisconnectCode),
}));
