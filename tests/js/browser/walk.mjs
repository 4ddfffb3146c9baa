// A walk through every page as admin, member and viewer, in both languages: nothing fails, nothing is reported, and nothing
// of an admin's page comes to anybody else, as HTML, as JSON or over a channel.
import assert from 'node:assert/strict';
import { api, asAdmin, client, person, Seen } from '../sdk/lib.mjs';
import { at, close, done, given, live, logIn, open } from './lib.mjs';
import { appKey, exception, frame, report } from './telemetry.mjs';

const SECRET = 'only-for-admins-7c1';
const OWN = ['/', '/rooms', '/rooms/general', '/agenda', '/settings', '/settings/sessions', '/settings/tokens', '/settings/data', '/settings/about'];
const SERVER = ['/settings/app-keys', '/settings/retention', '/settings/loki', '/settings/audit'];
const READ = [
  '/api/clients', '/api/installations', '/api/installations/versions', '/api/monitoring/status', '/api/logs', '/api/errors',
  '/api/audit', '/api/app-keys', '/api/source-maps', '/api/limits', '/api/loki', '/api/monitoring/series?metric=requests',
];
const CHANNELS = ['monitor:overview', 'monitor:clients', 'monitor:routes', 'monitor:logs', 'monitor:errors'];

// What an admin has to see: an application whose name and error nobody else may read.
const key = await appKey(SECRET);
const who = { name: SECRET, installation: 'ann-laptop', user: 'ann', session: 'sa' };
await report(key, who, { exceptions: [exception('TypeError', SECRET, [frame('save', 'app.js', 3, 7)])] });
const error = (await asAdmin('GET', '/api/errors')).items[0].id;
const installation = (await asAdmin('GET', '/api/installations')).items[0].id;
const ADMINS = [
  '/monitoring', '/clients', `/clients/${installation}`, '/logs', '/errors', `/errors/${error}`, '/terminal', '/people', ...SERVER,
];

const [ann, vic] = [await person('ann'), await person('vic', 'viewer')];
const readers = {
  admin: given.admin,
  member: { username: 'ann', password: ann.password },
  viewer: { username: 'vic', password: vic.password },
};

/** Visits a page and waits until it is live; gives all that came over the wire. */
async function look(page, place) {
  const wire = [];
  const keep = async (answer) => {
    // Files are the same for everybody, and hold nothing of anybody.
    if (!/\/assets\//.test(answer.url())) wire.push(await answer.text().catch(() => ''));
  };
  page.on('response', keep);
  await page.goto(at(place), { waitUntil: 'networkidle' });
  await live(page).catch((error) => assert.fail(`${place} is not live: ${page.complaints} ${error.message}`));
  page.off('response', keep);
  return [...wire, await page.content()].join('\n');
}

for (const [role, reader] of Object.entries(readers)) {
  for (const lang of ['en', 'fr']) {
    const page = await open({ lang });
    const violations = [];
    await page.exposeFunction('violated', (text) => violations.push(text));
    await page.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        globalThis.violated(`${violatedDirective} ${blockedURI}`),
      ),
    );
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        if (role !== 'admin') assert.ok(!String(payload).includes(SECRET), `${role}: ${payload}`);
      }),
    );
    await logIn(page, reader);
    const titles = new Set();
    for (const place of [...OWN, ...(role === 'admin' ? ADMINS : [])]) {
      const text = await look(page, place);
      assert.equal(await page.getAttribute('html', 'lang'), lang, place);
      assert.ok(role === 'admin' || !text.includes(SECRET), `${role} reads ${place}`);
      const title = await page.title();
      assert.match(title, /\S · workspace$/, place);
      titles.add(title);
      assert.equal(await page.locator('h1').count(), 1, place);
    }
    assert.ok(titles.size >= (role === 'admin' ? 18 : 8), `${[...titles]}`);
    // Each number of the overview leads to the page that explains it.
    if (role === 'admin') {
      await page.goto(at('/'));
      const leads = await page.locator('.tile-link').evaluateAll((all) => all.map((a) => a.pathname));
      assert.equal(leads.length, 8);
      assert.deepEqual(leads.filter((place) => !ADMINS.includes(place)), []);
      await page.click('.tile-link[href$="#panel-process"]');
      await live(page);
      await page.waitForFunction(() => document.querySelector('#panel-process').getBoundingClientRect().top < innerHeight);
    }
    // The page of the admin is refused, and says nothing of what it would hold.
    if (role !== 'admin') {
      const links = await page.locator('.rail a, .rail-menu a, .settings-nav a').evaluateAll((all) => all.map((a) => a.pathname));
      page.expected.push(/403/);
      for (const place of ADMINS) {
        assert.ok(!links.includes(place), `${role} is led to ${place}`);
        const answer = await page.goto(at(place));
        assert.equal(answer.status(), 403, place);
        const html = await answer.text();
        assert.ok(!html.includes(SECRET) && !html.includes('class="rail"'), `${role} ${place}`);
        assert.ok(!/js\/pages\/(?!error\b)/.test(html), `${role} gets the script of ${place}`);
      }
    }
    assert.deepEqual(violations, []);
    await close(page);
  }
}

// The same by the API and the channels, where no page stands before them.
for (const reader of [ann, vic]) {
  for (const path of READ) await api(reader.token, 'GET', path, undefined, 403);
  const socket = client({ token: reader.token });
  socket.connect();
  await socket.ready(10_000);
  for (const channel of CHANNELS) {
    const subscription = socket.newSubscription(channel);
    const seen = new Seen(subscription, 'unsubscribed');
    subscription.subscribe();
    assert.equal((await seen.first('unsubscribed')).code, 103, channel);
  }
  socket.disconnect();
}
await done();
