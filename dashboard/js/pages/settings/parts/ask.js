// A question before what cannot be undone; its title and button name the thing.

import { createDialog } from "../../../lib/dialog.js";
import { byId, setText } from "../../../lib/dom.js";

/** `words(data)` gives `{title, submit}`; `send(data)` does it. */
export function createAsk(id, { words, send }) {
  return createDialog(byId(id), {
    fill(data) {
      const { title, submit } = words(data);
      setText(byId(`${id}-title`), title);
      setText(byId(id).querySelector("[type=submit]"), submit);
    },
    send: (_, data) => send(data),
  });
}
