// The set-up page as a new admin meets it, in both languages, both themes and three widths.
import { done, everyLook, given, NARROW, visit } from './lib.mjs';

const faults = async (page) => {
  await visit(page, '/setup');
  await page.fill('#username', 'a b');
  await page.click('[type=submit]');
};

await everyLook((page) => visit(page, `/setup#${given.setup_token}`), [['setup'], ['setup-faults', faults, NARROW]]);
await done();
