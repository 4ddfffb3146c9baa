// What is around every page: the palette, the shortcuts and their sheet, and the bar of a phone.
import assert from 'node:assert/strict';
import { at, close, done, everyLook, given, live, logIn, NARROW, open, visit } from './lib.mjs';

const page = await open();
await logIn(page, given.admin);

// A few letters, without their accents or capitals, find a page.
await page.keyboard.press('Control+k');
await page.waitForSelector('#palette[open]');
assert.ok(await page.locator('#palette-input').evaluate((input) => input === document.activeElement));
await page.keyboard.type('LOGS');
const first = page.locator('#palette-list [role=option]').first();
assert.match(await first.textContent(), /^Logs/);
assert.equal(await first.getAttribute('aria-selected'), 'true');
assert.equal(await page.locator('#palette-input').getAttribute('aria-activedescendant'), 'palette-0');
await page.keyboard.press('Enter');
await page.waitForURL(at('/logs'));
await live(page);

// A room by name, and the arrow keys go around.
await page.keyboard.press('Control+k');
await page.keyboard.type('gener');
await page.locator('#palette-list [role=option]', { hasText: 'room' }).waitFor();
await page.keyboard.press('ArrowUp');
assert.equal(await page.locator('#palette-list [aria-selected=true]').count(), 1);
await page.keyboard.press('Escape');
await page.waitForSelector('#palette:not([open])', { state: 'attached' });

// What fits nothing is looked for in the lists, word for word.
await page.click('#palette-open');
await page.keyboard.type('order & <b>42</b>');
assert.deepEqual(await page.locator('#palette-list [role=option] .cut').allTextContents(), [
  'Logs with “order & <b>42</b>”',
  'Clients with “order & <b>42</b>”',
  'Errors with “order & <b>42</b>”',
]);
await page.keyboard.press('Enter');
await page.waitForURL((url) => url.search !== '');
await live(page);
assert.equal(new URL(page.url()).searchParams.get('search'), 'order & <b>42</b>');

// A command: the theme.
await page.keyboard.press('Control+k');
await page.keyboard.type('dark');
await page.keyboard.press('Enter');
assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');

// Keys lead from page to page, and leave alone what one types.
await page.keyboard.press('g');
await page.keyboard.press('c');
await page.waitForURL((url) => url.pathname.includes('/rooms'));
await live(page);
await page.fill('#composer-text, textarea', 'go?');
await page.locator('#composer-text, textarea').first().press('g');
await page.locator('#composer-text, textarea').first().press('o');
assert.ok(page.url().includes('/rooms'));
await page.locator('#page').focus();
await page.keyboard.press('?');
await page.waitForSelector('#keys-dialog[open]');
assert.match(await page.textContent('#keys-list'), /Overview/);
await page.click('#keys-dialog [data-close]');
await page.fill('#composer-text, textarea', '');

// A phone has the near pages in its bar, and the others a press further.
await page.setViewportSize({ width: 360, height: 740 });
await visit(page, '/people');
assert.ok(await page.locator('.rail-more .rail-link').isVisible());
assert.equal(await page.locator('.rail .rail-link[href$="/logs"]').isVisible(), false);
await page.click('.rail-more .rail-link');
await page.click('#rail-menu [href$="/logs"]');
await page.waitForURL((url) => url.pathname.endsWith('/logs'));
await live(page);
await close(page);

// Nobody finds what is not theirs.
const member = await open();
await logIn(member, given.member);
await member.keyboard.press('Control+k');
await member.keyboard.type('logs');
assert.deepEqual(await member.locator('#palette-list [role=option] .cut').allTextContents(), []);
assert.ok(await member.locator('#palette-none').isVisible());
await close(member);

await everyLook(
  (one) => logIn(one, given.admin),
  [
    [
      'palette',
      async (one) => {
        await one.keyboard.press('Control+k');
        await one.locator('#palette-list [role=option]').first().waitFor();
      },
      NARROW,
    ],
    [
      'keys',
      async (one) => {
        await one.keyboard.press('Escape');
        await one.waitForSelector('#palette:not([open])', { state: 'attached' });
        await one.keyboard.press('?');
        await one.waitForSelector('#keys-dialog[open]');
      },
      NARROW,
    ],
  ],
);
await done();
