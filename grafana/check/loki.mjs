// Stands where Loki would: takes the server's pushes in both of their forms, and notes labels and fields.

import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

/** Listens on a free port of this machine. `seen` grows: labels with their values, and by kind the fields of its lines. */
export async function startLoki() {
  const seen = { pushes: 0, entries: 0, labels: new Map(), streams: [], faults: [] };
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      try {
        if (request.url !== "/loki/api/v1/push") throw new Error(`pushed to ${request.url}`);
        const entries = read(request.headers, Buffer.concat(parts));
        seen.pushes += 1;
        for (const entry of entries) note(seen, entry);
      } catch (fault) {
        seen.faults.push(String(fault));
      }
      response.writeHead(204).end();
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}`, seen, stop: () => server.close() };
}

function note(seen, { labels, line }) {
  seen.entries += 1;
  for (const [name, value] of Object.entries(labels)) {
    if (!seen.labels.has(name)) seen.labels.set(name, new Set());
    seen.labels.get(name).add(value);
  }
  seen.streams.push({ labels, line });
}

function read(headers, body) {
  if (headers["content-type"] === "application/json") {
    const { streams } = JSON.parse(gunzipSync(body));
    return streams.flatMap(({ stream, values }) => values.map(([, line]) => ({ labels: stream, line })));
  }
  if (headers["content-type"] === "application/x-protobuf") {
    return [...fields(unsnap(body))].flatMap(([, stream]) => {
      const parts = [...fields(stream)];
      const labels = Object.fromEntries(
        [...text(parts.find(([number]) => number === 1)).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
          ([, name, value]) => [name, value],
        ),
      );
      const entries = parts.filter(([number]) => number === 2);
      return entries.map(([, entry]) => ({ labels, line: text([...fields(entry)].find(([number]) => number === 2)) }));
    });
  }
  throw new Error(`pushed as ${headers["content-type"]}`);
}
const text = (field) => (field ? field[1].toString("utf8") : "");

/** The fields of a protobuf message: number and bytes; numbers as bytes are passed over by who does not want them. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      shift *= 128;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = varint();
      yield [Math.floor(key / 8), bytes.subarray(at, (at += length))];
    }
  }
}

/** Snappy's block format. */
function unsnap(bytes) {
  let at = 0;
  const number = (count) => {
    let value = 0;
    for (let n = 0; n < count; n += 1) value += bytes[at++] * 256 ** n;
    return value;
  };
  let [length, shift] = [0, 1];
  for (;;) {
    const byte = bytes[at++];
    length += (byte & 127) * shift;
    if (byte < 128) break;
    shift *= 128;
  }
  const out = Buffer.alloc(length);
  let end = 0;
  while (at < bytes.length) {
    const tag = bytes[at++];
    if (tag % 4 === 0) {
      let size = tag >> 2;
      if (size > 59) size = number(size - 59);
      end += bytes.copy(out, end, at, (at += size + 1));
      continue;
    }
    const [size, back] =
      tag % 4 === 1
        ? [((tag >> 2) & 7) + 4, (tag >> 5) * 256 + number(1)]
        : tag % 4 === 2
          ? [(tag >> 2) + 1, number(2)]
          : [(tag >> 2) + 1, number(4)];
    // A copy may overlap what it makes.
    for (let n = 0; n < size; n += 1, end += 1) out[end] = out[end - back];
  }
  return out;
}
