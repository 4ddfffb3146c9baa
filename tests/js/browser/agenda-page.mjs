// What a person does on the page of the agenda: finds an event, drags it, opens and saves its form.
import assert from 'node:assert/strict';
import { live, visit } from './lib.mjs';

export const node = (page, title) => page.locator('.agenda-event', { hasText: title });
export const settled = (page) => page.waitForSelector('#agenda-view[aria-busy="false"]');
export const goTo = async (page, query) => {
  await visit(page, `/agenda?${query}`);
  await live(page);
  await settled(page);
};
/** Where the first element with this text is: found and measured at once, because the page may be drawn anew in between. */
export const boxOf = (page, selector, text = '') => page.waitForFunction(([wanted, words]) => {
  const found = [...document.querySelectorAll(wanted)].find((one) => one.textContent.includes(words));
  const { x, y, width, height } = found?.getBoundingClientRect() ?? {};
  return found && { x, y, width, height };
}, [selector, text]).then((handle) => handle.jsonValue());
/** The point of the page at an hour of a day. */
export async function point(page, day, hour) {
  const box = await boxOf(page, `.agenda-column[data-day="${day}"]`);
  return [box.x + box.width / 2, box.y + (hour / 24) * box.height];
}
export async function middle(page, title) {
  const box = await boxOf(page, '.agenda-event', title);
  return [box.x + box.width / 2, box.y + box.height / 2];
}
export async function drag(page, [fromX, fromY], [toX, toY]) {
  await page.mouse.move(fromX, fromY);
  await page.mouse.down();
  await page.mouse.move((fromX + toX) / 2, (fromY + toY) / 2, { steps: 4 });
  await page.mouse.move(toX, toY, { steps: 4 });
  await page.mouse.up();
}
export const save = (page) => page.click('#event-save');
export const formClosed = (page) => page.waitForFunction(() => !document.querySelector('#event-dialog').open);
export const mark = (page) => page.evaluate(() => { globalThis.sameDocument = true; });
export const assertSame = async (page) => assert.ok(await page.evaluate(() => globalThis.sameDocument), 'the page was loaded again');
export const edit = async (page, title, index = 0) => {
  await node(page, title).nth(index).click();
  await page.click('#agenda-card-edit');
  await page.waitForSelector('#event-dialog[open]');
};
export const scope = (page, name) => page.locator('#event-scope label', { has: page.locator(`[value="${name}"]`) }).click();
