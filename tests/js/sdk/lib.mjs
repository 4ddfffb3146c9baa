// What every scenario shares: accounts made through the API, clients of the official SDK, events waited for with a
// deadline, and a TCP proxy that can cut a connection as a failing network does.
//
// A scenario is run by tests/sdk_js.rs with WORKSPACE_TEST = {"url", "admin_token"}; it ends with exit code 0, or fails.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';

export const { url, admin_token } = JSON.parse(process.env.WORKSPACE_TEST);
const DEADLINE_MS = 20_000;

/** The WebSocket address of `path` on the server. */
export const wsUrl = (path = '/chat') => url.replace(/^http/, 'ws') + path;

/** One call of the HTTP API: the JSON of the answer, after checking its status. */
export async function api(token, method, path, body, status, headers) {
  const answer = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const wanted = status ?? { POST: [200, 201, 204] }[method] ?? [200, 204];
  assert.ok([wanted].flat().includes(answer.status), `${method} ${path} -> ${answer.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

export const asAdmin = (method, path, body, status) => api(admin_token, method, path, body, status);

/** A new account, logged in: `{id, password, token, refresh(), api(method, path, body, status)}`. */
export async function person(username, role = 'member') {
  const password = `correct horse ${username}`;
  const user = await asAdmin('POST', '/api/users', { username, password, role, name: username });
  let login = await api(null, 'POST', '/api/auth/login', { username, password, device: 'sdk test' });
  return {
    id: user.id,
    password,
    token: login.access_token,
    expiresIn: login.expires_in,
    async refresh() {
      login = await api(null, 'POST', '/api/auth/refresh', { refresh_token: login.refresh_token });
      return login.access_token;
    },
    api: (...call) => api(login.access_token, ...call),
  };
}

/** An unmodified SDK client. It reconnects soon, so that a test does not wait for the back-off of production. */
export function client(options, address = wsUrl()) {
  return new Centrifuge(address, {
    websocket: WebSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
    ...options,
  });
}

/** Events kept from the start on, so that none is missed between two waits. */
export class Seen {
  constructor(emitter, ...names) {
    this.events = [];
    this.waiting = [];
    for (const name of names) {
      emitter.on(name, (context) => {
        this.events.push({ name, ...context });
        for (const check of [...this.waiting]) check();
      });
    }
  }

  /** The first event, past or to come, of that name that `matches`. */
  async first(name, matches = () => true) {
    const find = () => this.events.find((event) => event.name === name && matches(event));
    await this.until(() => find() !== undefined, `event "${name}"`);
    return find();
  }

  /** Waits until `condition` holds, looking at every event. */
  until(condition, what) {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.waiting.splice(this.waiting.indexOf(check), 1);
        resolve();
      };
      const timer = setTimeout(() => {
        const last = JSON.stringify(this.events.slice(-5));
        reject(new Error(`no ${what} within ${DEADLINE_MS} ms; ${this.events.length} events, the last: ${last}`));
      }, DEADLINE_MS);
      this.waiting.push(check);
    });
  }
}

/** A TCP proxy to the server. `cut()` resets all its connections, `pause()` also refuses new ones until `resume()`. */
export async function proxy() {
  const target = new URL(url);
  const open = new Set();
  let refusing = false;
  const server = net.createServer((inside) => {
    if (refusing) return inside.destroy();
    const outside = net.connect(Number(target.port), target.hostname);
    for (const [socket, other] of [[inside, outside], [outside, inside]]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => { open.delete(socket); other.destroy(); });
      socket.pipe(other);
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => { for (const socket of open) socket.resetAndDestroy(); };
  return {
    address: `ws://127.0.0.1:${server.address().port}/chat`,
    cut,
    pause() { refusing = true; cut(); },
    resume() { refusing = false; },
    close() { cut(); server.close(); },
  };
}

/** The error that `promise` is refused with; fails when it is not. */
export async function refusal(promise) {
  const failed = await promise.then(() => null, (error) => error);
  assert.ok(failed, 'the command was not refused');
  return failed;
}

/** Runs the scenario, then ends the process: an open socket must not keep it. */
export function run(scenario) {
  scenario().then(
    () => { console.log('ok'); process.exit(0); },
    (error) => { console.error(error); process.exit(1); },
  );
}
