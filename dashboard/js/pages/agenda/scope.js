// Asks which part of a series is meant, and, before something is deleted, whether it is.

import { byId, setText } from "../../lib/dom.js";
import { bindForm, clearErrors } from "../../lib/form.js";
import { t } from "../../lib/i18n.js";

/**
 * `ask({title, text?, submit, bad?, recurring, act(scope)})` opens the dialog; it closes when `act` is done, and shows
 * why when it is refused. `dropped()` follows when it is left without. Null for those who only read.
 */
export function createScopeDialog() {
  const dialog = byId("scope-dialog");
  if (!dialog) return null;
  const form = dialog.querySelector("form");
  const submit = byId("scope-submit");
  let question = null;

  bindForm(form, async () => {
    const { act, recurring } = question;
    await act(recurring ? form.elements.scope.value : "series");
    question = null;
    dialog.close();
  });
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    question?.dropped?.();
    question = null;
  });

  return {
    ask(given) {
      question = given;
      clearErrors(form);
      setText(byId("scope-title"), given.title);
      setText(byId("scope-text"), given.text ?? "");
      byId("scope-text").hidden = !given.text;
      byId("scope-choices").hidden = !given.recurring;
      form.elements.scope.value = "this";
      setText(submit, given.submit);
      submit.classList.toggle("button-bad", Boolean(given.bad));
      submit.classList.toggle("button-brand", !given.bad);
      dialog.showModal();
      (given.recurring ? form.querySelector("input:checked") : submit).focus();
    },
  };
}
