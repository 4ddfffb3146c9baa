// The agenda in its four views, with its card, as a member and a viewer see it, in both languages, both themes and three widths.
import { after, agenda, card, day, to } from './agenda-data.mjs';
import { done, everyLook, live, NARROW, visit } from './lib.mjs';

const nowhere = async (page) => {
  await visit(page, '/agenda?view=week&date=2031-05-07');
  await live(page);
  await page.waitForSelector('#agenda-note:not([hidden])');
};

await everyLook(agenda(`view=week&date=${day(2)}`), [
  ['agenda-week'],
  ['agenda-month', to('month')],
  ['agenda-day', after(to('week'), (page) => page.locator('.agenda-day-head').nth(1).click(), (page) => page.waitForSelector('#agenda-view[data-view="day"][aria-busy="false"]')), NARROW],
  ['agenda-list', to('list'), NARROW],
  ['agenda-card', () => {}, NARROW, card('Design review')],
  // What nobody has filled yet.
  ['agenda-empty', nowhere, NARROW],
]);

// What a viewer sees.
await everyLook(agenda(`view=week&date=${day(2)}`, { username: 'eve', password: 'correct horse eve' }), [
  ['agenda-viewer', () => {}, [360]],
  ['agenda-viewer-card', after(to('list'), card('Conference')), [1280]],
]);
await done();
