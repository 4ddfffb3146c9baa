// The errors with several of them, one with its source code, and none, in both languages, both themes and three widths.
import { asAdmin } from '../sdk/lib.mjs';
import { done, everyLook, given, live, logIn, NARROW, visit } from './lib.mjs';
import { appKey, exception, frame, report, sourceMap } from './telemetry.mjs';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const people = [
  { installation: 'ann-laptop', user: 'ann', session: 'sa' },
  { installation: 'chloe', user: 'chloe.martin-de-la-tour', session: 'sc', version: '1.3.9', os: 'macOS' },
  { installation: 'ben', user: 'ben', session: 'sb', version: '1.4.0', os: 'Linux' },
];
const FAULTS = [
  ['TypeError', "Cannot read properties of undefined (reading 'id')", 'openRoom', 'rooms-3f9c2b1a.js', 14],
  ['RangeError', 'Maximum call stack size exceeded', 'layout', 'agenda-3f9c2b1a.js', 3],
  ['NetworkError', 'The server at https://desk.example.org/api/rooms/general/messages?after=120 did not answer in time, and three further attempts failed as well', 'fetchMessages', 'api-3f9c2b1a.js', 1],
  ['QuotaExceededError', 'The storage is full', 'keep', 'storage-3f9c2b1a.js', 5],
];
const key = await appKey('desk');
for (const version of ['1.3.9', '1.4.0']) await sourceMap('desk', version, 'assets/rooms-3f9c2b1a.js');
for (const [type, value, name, file, times] of FAULTS) {
  for (let n = 0; n < times; n += 1) {
    const stack = [frame(name, file, 1, 11), frame('select', file, 64, 9), frame('HTMLButtonElement.<anonymous>', 'app-77aa0b1c.js', 12, 5)];
    await report(key, people[n % people.length], { exceptions: [exception(type, value, stack, TRACE)] });
  }
}
const errors = (await asAdmin('GET', '/api/errors')).items;
const of = (type) => errors.find((error) => error.type === type).id;
await asAdmin('PATCH', `/api/errors/${of('QuotaExceededError')}`, { state: 'resolved' });
await report(key, people[0], { exceptions: [exception('QuotaExceededError', 'The storage is full', [frame('keep', 'storage-3f9c2b1a.js', 1, 11), frame('select', 'storage-3f9c2b1a.js', 64, 9), frame('HTMLButtonElement.<anonymous>', 'app-77aa0b1c.js', 12, 5)])] });
await asAdmin('PATCH', `/api/errors/${of('RangeError')}`, { state: 'ignored' });

const show = (place, wanted) => async (page) => {
  await visit(page, place);
  await live(page);
  await page.waitForSelector(wanted);
};
const first = async (page) => {
  await logIn(page, given.admin);
  await show('/errors?state=all', '.error-row')(page);
};
await everyLook(first, [
  ['errors'],
  ['errors-one', show(`/errors/${of('TypeError')}`, '.stack-code')],
  ['errors-none', show('/errors?search=nothing', '#errors-none:not([hidden])'), NARROW],
  ['errors-unknown', async (page) => {
    page.expected.push(/404/);
    await show('/errors/019aa9ec-3f00-7000-8000-000000000001', '#error-failed:not([hidden])')(page);
  }, NARROW],
]);
await done();
