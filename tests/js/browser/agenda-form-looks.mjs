// The form of an event, with its repetition and its conflict, and the dialogs of the agenda, in both languages and themes.
import { after, agenda, bastien, call, card, closed, day } from './agenda-data.mjs';
import { done, everyLook, given, NARROW } from './lib.mjs';

const form = (title) => async (page) => {
  await card(title)(page);
  await page.click('#agenda-card-edit');
};

/** Another's change while a form is open. */
let meanwhile = 0;
const again = async (id, patch) => {
  const answer = await fetch(`${given.url}/api/agenda/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${bastien.token}`, 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify(patch),
  });
  if (!answer.ok) throw new Error(await answer.text());
};

await everyLook(agenda(`view=list&date=${day(1)}`), [
  ['agenda-form', form('Design review'), NARROW],
  ['agenda-form-error', async (page) => {
    await page.fill('#event-title', '');
    await page.fill('#event-end-date', '2020-01-01');
    await page.selectOption('#repeat-kind', 'monthly');
    await page.click('#event-save');
    await page.waitForSelector('#event-title-error:not([hidden])');
  }, NARROW],
  ['agenda-form-discard', async (page) => {
    await page.keyboard.press('Escape');
    await page.waitForSelector('#event-discard:not([hidden])');
  }, [360]],
  ['agenda-form-rule', after((page) => page.click('#event-drop'), form('Pay the hosting'), async (page) => {
    await page.locator('#event-scope label').nth(2).click();
    await page.locator('#repeat-kind').scrollIntoViewIfNeeded();
  }), NARROW],
  ['agenda-form-weekly', async (page) => {
    await page.selectOption('#repeat-kind', 'weekly');
    await page.locator('.agenda-weekday-option').nth(4).click();
    await page.fill('#repeat-every', '2');
    await page.selectOption('#repeat-end', 'count');
  }, NARROW],
  ['agenda-conflict', after((page) => page.keyboard.press('Escape'), (page) => page.click('#event-drop'), form('Call '), async (page) => {
    await page.fill('#event-title', 'Call with the customer and the designers');
    meanwhile += 1;
    await again(call.id, { title: `Call ${meanwhile}`, place: `Room ${meanwhile}`, start: `${day(1)}T10:${20 + meanwhile}:00` });
    page.expected.push(/412/);
    await page.click('#event-save');
    await page.waitForSelector('#event-conflict:not([hidden])');
  }), NARROW],
  ['agenda-delete', after((page) => page.keyboard.press('Escape'), (page) => page.click('#event-drop'), card('Pay the hosting'), (page) => page.click('#agenda-card-delete')), [1280]],
  ['agenda-calendars', after(closed, async (page) => {
    await page.click('#agenda-calendars');
    await page.waitForSelector('#feed-make:enabled');
    await page.click('#feed-make');
    await page.waitForSelector('#feed-line:not([hidden])');
  }), NARROW],
]);
await done();
