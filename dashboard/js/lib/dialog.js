// Native dialogs that the page's template holds. A dialog keeps what was typed when the action is refused.

import { bindForm, clearErrors } from "./form.js";

/** Opens dialogs by `open(data)`; `send(values, data)` runs on submit and the dialog closes when it succeeds. */
export function createDialog(dialog, { fill, send }) {
  let current = null;
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const form = dialog.querySelector("form");
  if (form) {
    bindForm(form, async (values) => {
      await send(values, current);
      form.reset();
      dialog.close();
    });
  }
  return {
    open(data) {
      current = data;
      if (form) clearErrors(form);
      fill(data);
      dialog.showModal();
    },
  };
}
