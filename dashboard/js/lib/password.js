// Passwords that nobody has to think of.

import { byId } from "./dom.js";

// 32 characters that are not taken for each other when they are read out: a byte chooses one without favour.
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
// Four groups of four: 80 bits.
const [GROUPS, LENGTH] = [4, 4];

export function generatePassword() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(GROUPS * LENGTH))];
  const text = bytes.map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return text.match(new RegExp(`.{${LENGTH}}`, "g")).join("-");
}

/** Buttons that fill a password field and show it: `data-generate="<id of the input>"`. */
export function bindGenerateButtons() {
  for (const button of document.querySelectorAll("[data-generate]")) {
    button.addEventListener("click", () => {
      const input = byId(button.dataset.generate);
      input.value = generatePassword();
      input.type = "text";
      document.querySelector(`[data-show="${input.id}"]`).setAttribute("aria-pressed", "true");
      input.focus();
    });
  }
}

/** Hides what is typed again, as after it was sent. */
export function hidePassword(input) {
  input.type = "password";
  document.querySelector(`[data-show="${input.id}"]`).setAttribute("aria-pressed", "false");
}
