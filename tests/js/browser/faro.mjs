// The official Grafana Faro web SDK, unmodified, in a page of another origin: what it reports is in the API and in the
// live tail within a second, and neither a reload nor a cut network loses or doubles anything.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';
import { close, done, given, open } from './lib.mjs';

const DEADLINE_MS = 15_000;

/** Waits until `holds` does. */
const until = async (holds, what) => {
  const begun = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - begun < DEADLINE_MS, `${what} does not come`);
    await new Promise((later) => setTimeout(later, 25));
  }
};

const require = createRequire(import.meta.url);
const sdk = fs.readFileSync(require.resolve('@grafana/faro-web-sdk/dist/bundle/faro-web-sdk.iife.js'));

const api = async (path, options = {}) => {
  const answer = await fetch(`${given.url}/api${path}`, {
    ...options,
    headers: { authorization: `Bearer ${given.admin_token}`, 'content-type': 'application/json' },
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};

// The application: a page that starts the SDK as its documentation says.
let collector;
const site = http.createServer((request, response) => {
  const [type, body] = {
    '/faro.js': ['text/javascript', sdk],
    '/app.js': [
      'text/javascript',
      `window.faro = GrafanaFaroWebSdk.initializeFaro({
        url: '${collector}',
        app: { name: 'desk', version: '1.2.3', environment: 'test' },
        sessionTracking: { enabled: true, persistent: true },
        // Told while the page is used, and not only when it is left.
        webVitalsInstrumentation: { reportAllChanges: true },
      });
      // Work that a person waits for.
      document.querySelector('#work').addEventListener('click', () => {
        const until = performance.now() + 60;
        while (performance.now() < until);
        document.querySelector('#text').textContent = 'Done';
      });`,
    ],
    '/': [
      'text/html',
      '<!doctype html><title>Desk</title><h1>Desk</h1><p id="text">Words</p><button id="work">Work</button><script src="/faro.js"></script><script src="/app.js"></script>',
    ],
  }[request.url] ?? ['text/plain', ''];
  response.writeHead(200, { 'content-type': type });
  response.end(body);
});
await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
const origin = `http://127.0.0.1:${site.address().port}`;
const { key } = await api('/app-keys', { method: 'POST', body: JSON.stringify({ app: 'desk', allowed_origins: [origin] }) });
collector = `${given.url}/collect/${key}`;

// When the API was first seen to have a line.
const listed = new Map();

// The live tail, with the time at which each line was heard.
const heard = new Map();
const centrifuge = new Centrifuge(`${given.url.replace('http', 'ws')}/chat`, { token: given.admin_token, websocket: WebSocket });
const tail = centrifuge.newSubscription('monitor:logs?source=client&app=desk');
tail.on('publication', ({ data }) => {
  assert.equal(data.dropped, 0);
  for (const line of data.lines) {
    assert.ok(!heard.has(line.id), `heard twice: ${line.message}`);
    heard.set(line.id, { ...line, at: performance.now() });
  }
});
tail.subscribe();
centrifuge.connect();
await tail.ready();

/** Every line with this text, from the API; `more` are further conditions. */
const lines = async (search, more = '') =>
  (await api(`/logs?source=client&limit=200&search=${encodeURIComponent(search)}${more}`)).items;

/** Waits until the API and the tail have exactly `count` lines with this text, each once. */
const arrives = async (search, count = 1, more = '') => {
  await until(async () => (await lines(search, more)).length >= count, `${count} of ${search} in the API`);
  const found = await lines(search, more);
  for (const line of found) listed.set(line.id, listed.get(line.id) ?? performance.now());
  assert.equal(found.length, count, search);
  await until(() => found.every((line) => heard.has(line.id)), `${search} in the tail`);
  return found;
};

const page = await open();
// When the collector's answer to a batch came: what is in it must be heard within a second.
const answered = [];
page.on('response', (answer) => {
  if (answer.url() === collector && answer.request().method() === 'POST') {
    answered.push({ at: performance.now(), status: answer.status(), body: answer.request().postData() ?? '' });
  }
});
await page.goto(origin);

// What the SDK reports by itself.
await arrives('session_start');
const [vital] = await arrives('"ttfb"', 1, '&kind=measurement');
assert.equal(vital.kind, 'measurement');
assert.ok(vital.fields.values.ttfb > 0);

// What the application reports.
await page.evaluate(() => {
  faro.api.pushLog(['the calendar is slow'], { level: 'warn', context: { events: 412 } });
  faro.api.pushEvent('room_opened', { room: 'attic' });
  faro.api.setView({ name: 'rooms' });
});
const [log] = await arrives('the calendar is slow');
assert.deepEqual([log.kind, log.level, log.app_version, log.fields.attributes.events], ['log', 'warning', '1.2.3', '412']);
assert.equal((await arrives('room_opened'))[0].fields.attributes.room, 'attic');
await arrives('view_changed');

// An error that nobody catches, with its stack.
page.expected.push(/uncaught: .*nothingIsCalledThis/);
await page.evaluate(() => {
  setTimeout(function save() {
    nothingIsCalledThis();
  });
});
const [exception] = await arrives('nothingIsCalledThis is not defined');
assert.deepEqual([exception.kind, exception.level, exception.place], ['exception', 'error', 'rooms']);
assert.equal(exception.fields.frames[0].function, 'save');
const errors = await api('/errors');
assert.deepEqual(
  errors.items.map((error) => [error.type, error.culprit.startsWith('save'), error.count, error.clients]),
  [['ReferenceError', true, 1, 1]],
);

// The aggregates have what was measured, and the error.
const minute = () => new Date(Date.now() - 60_000).toISOString();
const counted = async (query) => (await api(`/monitoring/series?${query}&step=1&from=${minute()}`)).series[0];
/** Waits until the aggregates have counted any; gives when they were last asked in vain. */
const counts = async (query) => {
  let inVain = 0;
  await until(async () => {
    const asked = performance.now();
    const count = (await counted(query))?.total.count ?? 0;
    if (count === 0) inVain = asked;
    return count > 0;
  }, `${query} in the aggregates`);
  return inVain;
};
/** When the collector's answer came to the batch with this text. */
const answerTo = (text) => {
  const batch = answered.find(({ body }) => body.includes(text));
  assert.ok(batch, `${text} was sent`);
  return batch.at;
};
// Whoever asks a second after the collector's answer is told, however slow this machine is to ask.
for (const [query, text] of [
  ['metric=measurements&by=app&name=ttfb', '"ttfb"'],
  ['metric=errors&by=app', 'nothingIsCalledThis'],
]) {
  // What was caught a moment ago is asked for at once; the others have been there for longer.
  const late = Math.round((await counts(query)) - answerTo(text));
  assert.equal((await counted(query)).total.count, 1);
  assert.ok(late < 1000, `${query} was not there after ${late} ms`);
}

// Within a second of the collector's answer the API has it, and everybody who listens. An exception is sent as soon as it
// is caught, and asked for at once.
for (const text of ['session_start', 'the calendar is slow', 'room_opened', 'view_changed', 'nothingIsCalledThis']) {
  const batch = answered.find(({ body }) => body.includes(text));
  const line = [...heard.values()].find(({ message }) => message.includes(text));
  assert.ok(batch && line, `${text} was sent and heard`);
  for (const [where, at] of [['tail', line.at], ['API', listed.get(line.id)]]) {
    assert.ok(at - batch.at < 1000, `${text} took ${Math.round(at - batch.at)} ms to the ${where}`);
  }
}
assert.deepEqual([...new Set(answered.map(({ status }) => status))], [202]);

// A person's click, and how long it took until the page showed something: with the aggregates a second later.
await page.click('#work');
await page.waitForFunction(() => document.querySelector('#text').textContent === 'Done');
await until(async () => (await lines('"inp"', '&kind=measurement')).length > 0, 'the click in the API');
const click = (await lines('"inp"', '&kind=measurement')).at(-1);
assert.ok(click.fields.values.inp >= 56 && click.fields.values.inp < 10_000, `${click.fields.values.inp} ms`);
assert.equal(click.place, 'rooms');
const late = Math.round((await counts('metric=measurements&by=view&name=inp')) - answerTo('"inp"'));
assert.ok(late < 1000, `the click was not in the aggregates after ${late} ms`);
assert.equal((await counted('metric=measurements&by=view&name=inp')).label, 'desk rooms');

// A reload while lines wait to be sent: each arrives, and once.
const push = (text, count) =>
  page.evaluate(
    ([text, count]) => {
      for (let n = 0; n < count; n++) faro.api.pushLog([`${text} ${n}.`]);
    },
    [text, count],
  );
page.expected.push(/failed: .*\/collect\/.*ERR_ABORTED/);
await push('before the reload', 20);
await page.reload();
await push('after the reload', 5);
await arrives('after the reload', 5);
await arrives('before the reload', 20);
const vitals = (await lines('web-vitals')).flatMap((line) => Object.keys(line.fields.values));
for (const name of ['ttfb', 'fcp', 'lcp', 'cls', 'inp']) assert.ok(vitals.includes(name), `${name} among ${vitals}`);

// A cut network: what is reported meanwhile arrives when it is back, and once.
page.expected.push(/ERR_INTERNET_DISCONNECTED/);
await page.context().setOffline(true);
const failed = page.waitForEvent('requestfailed', (request) => request.url() === collector);
await push('while offline', 10);
await failed;
await page.context().setOffline(false);
await push('back online', 1);
await arrives('back online', 1);
await arrives('while offline', 10);

// The client is one of the fleet.
const fleet = await api('/installations');
assert.ok(fleet.items.some((client) => client.app === 'desk' && client.app_version === '1.2.3'));

centrifuge.disconnect();
await close(page);
site.close();
await done();
