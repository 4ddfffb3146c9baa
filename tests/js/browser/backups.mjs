// A backup that failed is what needs attention, with its reason, in both languages.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, assertQuiet, close, done, given, logIn, open, shoot } from './lib.mjs';

const WORDS = { en: 'The last backup failed: cannot make', fr: 'La dernière sauvegarde a échoué : cannot make' };

for (const [lang, words] of Object.entries(WORDS)) {
  const page = await open({ lang });
  await logIn(page, given.admin);
  await page.waitForSelector('#attention .attention[data-state="bad"]');
  const text = await page.locator('#attention').innerText();
  assert.ok(text.includes(words), text);
  await assertAccessible(page, `the overview in ${lang}`);
  await assertFits(page, `the overview in ${lang}`);
  await shoot(page, `overview-backup-failed-${lang}`);
  assertQuiet(page);
  await close(page);
}
await done();
