// Forms: send once, keep what was typed, put each error under its field and the focus on the first.

import { knows, t } from "./i18n.js";

function showField(form, name, message) {
  const input = form.elements.namedItem(name);
  const place = input?.id ? form.querySelector(`#${input.id}-error`) : null;
  if (!place) return false;
  input.setAttribute("aria-invalid", "true");
  place.textContent = message;
  place.hidden = false;
  return true;
}

function showForm(form, message) {
  const place = form.querySelector("[data-error], #form-error");
  place.querySelector(".alert-text").textContent = message;
  place.hidden = false;
}

export function clearErrors(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const place of form.querySelectorAll(".field-error, [data-error], #form-error")) place.hidden = true;
}

function showErrors(form, error) {
  let placed = false;
  for (const [field, message] of Object.entries(error.fields ?? {})) {
    placed = showField(form, field, message) || placed;
  }
  if (!placed) showForm(form, error.text ?? t("error.unknown"));
  form.querySelector("[aria-invalid]")?.focus();
}

/** What is wrong with a field before anything is sent, as the last part of a key, or null. */
function fault(input) {
  if (input.required && input.value.trim() === "") return "missing";
  if (input.minLength > 0 && input.value !== "" && input.value.length < input.minLength) return "short";
  return input.validity.patternMismatch ? "pattern" : null;
}

function findFaults(form) {
  for (const input of form.querySelectorAll("input, textarea")) {
    const kind = fault(input);
    if (!kind) continue;
    const key = `field.${input.name}.${kind}`;
    showField(form, input.name, t(knows(key) ? key : `field.${kind}`));
  }
  const first = form.querySelector("[aria-invalid]");
  first?.focus();
  return first !== null;
}

/** Calls `send(values)` on submit, with the form locked meanwhile; a thrown ApiError is shown in the form. */
export function bindForm(form, send) {
  let busy = false;
  const button = form.querySelector("[type=submit]");
  // Until now a click would have sent the form to the page itself.
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    clearErrors(form);
    if (findFaults(form)) return;
    busy = true;
    button.disabled = true;
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (error) {
      if (error.status === undefined) throw error;
      showErrors(form, error);
    } finally {
      busy = false;
      button.disabled = false;
    }
  });
}

/** Buttons that show and hide a password: `data-show="<id of the input>"`. */
export function bindPasswordButtons() {
  for (const button of document.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      const input = document.getElementById(button.dataset.show);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  }
}
