// What other administrators make of errors, while one looks.

import { boot } from "../../lib/boot.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { follow } from "../../lib/realtime.js";
import { report } from "../../lib/report.js";

/** Calls `change(ids, state)` when errors get another state, and `again()` after a lost connection. */
export function followStates(change, again) {
  let first = true;
  follow(
    "monitor:errors",
    () => {
      if (!first) again();
      first = false;
    },
    ({ ids, state, by }) => {
      const told = change(ids, state);
      // One's own changes are told where they are made.
      if (told > 0 && by !== boot.user.username) {
        report(t(`errors.told.${state}`, { count: told, number: integer(told), name: by }));
      }
    },
  );
}
