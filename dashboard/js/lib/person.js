// What stands for a person: their name, and a round sign.

import { boot } from "./boot.js";
import { el } from "./dom.js";

/** What to call somebody. */
export const nameOf = ({ name, username }) => name || username;

function initialsOf(person) {
  const words = nameOf(person).trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => String.fromCodePoint(word.codePointAt(0)))
    .join("")
    .toLocaleUpperCase(boot.lang);
}

const TONES = 6;

/** A round sign for a person, always in the same colour. */
export function avatarOf(person, className = "avatar") {
  let sum = 0;
  for (const character of person.id ?? person.name) sum = (sum * 31 + character.codePointAt(0)) % 65_521;
  const data = { tone: String((sum % TONES) + 1) };
  return el("span", { className, data, aria: { hidden: "true" }, textContent: initialsOf(person) });
}
