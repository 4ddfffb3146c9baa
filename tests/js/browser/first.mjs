// The set-up page as a new admin meets it, in both languages, both themes and three widths.
import { at, done, everyLook, given } from './lib.mjs';

await everyLook('setup', (page) => page.goto(at(`/setup#${given.setup_token}`)));
await everyLook('setup-faults', async (page) => {
  await page.goto(at('/setup'));
  await page.fill('#username', 'a b');
  await page.click('[type=submit]');
});
await done();
