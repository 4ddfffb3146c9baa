// The set-up page as a new admin meets it, in both languages, both themes and three widths.
import { at, done, everyLook, given, NARROW } from './lib.mjs';

const faults = async (page) => {
  await page.goto(at('/setup'));
  await page.reload();
  await page.fill('#username', 'a b');
  await page.click('[type=submit]');
};

await everyLook((page) => page.goto(at(`/setup#${given.setup_token}`)), [['setup'], ['setup-faults', faults, NARROW]]);
await done();
