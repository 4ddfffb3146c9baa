// What every scenario shares: a headless Chromium whose complaints fail the test, the doors of the dashboard, axe,
// and screenshots.
//
// A scenario is run by tests/browser.rs with WORKSPACE_TEST = {"url", "screenshots", ...}; it ends with exit code 0,
// or fails.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

export const given = JSON.parse(process.env.WORKSPACE_TEST);
/** A phone, a laptop, a wall. */
export const WIDTHS = [360, 1280, 2560];
/** For what floats over the page and does not grow with it. */
export const NARROW = [360, 1280];
const HEIGHTS = { 360: 740, 1280: 800, 2560: 1300 };
const DEADLINE_MS = 15_000;
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

/**
 * A page of a browser of its own. Every console error, uncaught exception, failed request and answer from 400 on is
 * kept in `page.complaints`; those that match a pattern in `page.expected` are what the scenario is about.
 */
export async function open({ lang = 'en', theme = 'light', cookies = [] } = {}) {
  const context = await browser.newContext({
    locale: lang,
    colorScheme: theme,
    viewport: { width: 1280, height: HEIGHTS[1280] },
    timezoneId: 'Europe/Paris',
  });
  await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  page.complaints = [];
  page.expected = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.complaints.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // The page was left before the answer: no fault of the page.
    if (why !== 'net::ERR_ABORTED') page.complaints.push(`failed: ${request.url()} ${why}`);
  });
  page.on('response', (answer) => {
    if (answer.status() >= 400) page.complaints.push(`answer: ${answer.status()} ${new URL(answer.url()).pathname}`);
  });
  return page;
}

export function assertQuiet(page) {
  const complaints = page.complaints.filter((text) => !page.expected.some((pattern) => pattern.test(text)));
  assert.deepEqual(complaints, []);
}

export async function close(page) {
  assertQuiet(page);
  await page.context().close();
}

export const at = (place) => given.url + place;

/** Opens a page and waits until its scripts have all that they ask for. */
export const visit = (page, place) => page.goto(at(place), { waitUntil: 'networkidle' });

export async function logIn(page, { username, password }) {
  await visit(page, '/login');
  await page.fill('#username', username);
  await page.fill('#password', password);
  await page.click('#login-form [type=submit]');
  await page.waitForURL(at('/'));
  await live(page);
}

/** Waits until the page's own connection is up. */
export const live = (page) => page.waitForSelector('#connection[data-state="live"]');

/** What axe finds against the page as it is now. */
export async function assertAccessible(page, what) {
  // A colour on its way to another is neither of them.
  await page.evaluate(() => {
    const ends = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
    return Promise.allSettled(document.getAnimations().filter(ends).map((animation) => animation.finished));
  });
  await page.evaluate(`${axeSource};0`);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  assert.deepEqual(found, [], what);
}

/** Whether everything fits the width: a page never scrolls sideways. */
export async function assertFits(page, what) {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(beyond <= 0, `${what} is ${beyond} px too wide`);
}

/** Writes target/screenshots/<name>.png. */
export async function shoot(page, name) {
  // A resized chart is drawn in the frame after the one that tells its new size.
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  });
  await page.screenshot({ path: path.join(given.screenshots, `${name}.png`) });
}

/**
 * Looks at a page in both languages and themes. `prepare(page)` opens it; `looks` are
 * `[name, enter(page), widths, settle(page)]`, one after the other on the same page; `settle` follows each resize.
 */
export async function everyLook(prepare, looks) {
  for (const lang of ['en', 'fr']) {
    for (const theme of ['light', 'dark']) {
      const page = await open({ lang, theme });
      await prepare(page);
      for (const [name, enter = () => {}, widths = WIDTHS, settle = () => {}] of looks) {
        await enter(page);
        for (const width of widths) {
          const what = `${name}-${lang}-${theme}-${width}`;
          await page.setViewportSize({ width, height: HEIGHTS[width] });
          await settle(page);
          await assertFits(page, what);
          // Beyond 1280 only distances change.
          if (width <= 1280) await assertAccessible(page, what);
          await shoot(page, what);
        }
      }
      await close(page);
    }
  }
}

export async function done() {
  await browser.close();
}
