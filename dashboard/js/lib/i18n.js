// Words. One flat file per language; a plural is an object keyed by Intl.PluralRules category.

import { boot } from "./boot.js";

// Without words there is no page: said here, as nothing else can say it.
const FAILED = {
  en: ["The page could not be loaded completely.", "Load it again"],
  fr: ["La page n’a pas pu être chargée entièrement.", "La recharger"],
};

function showFailure() {
  const [text, label] = FAILED[boot.lang] ?? FAILED.en;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: label });
  button.addEventListener("click", () => location.reload());
  const line = document.createElement("p");
  line.className = "page-failed";
  line.setAttribute("role", "alert");
  line.append(text, " ", button);
  document.body.prepend(line);
}

async function load() {
  try {
    const reply = await fetch(`${boot.assets}/locales/${boot.lang}.json`);
    if (reply.ok) return await reply.json();
  } catch {
    // Said below.
  }
  showFailure();
  throw new Error("the words of the page could not be loaded");
}

const words = await load();
const plural = new Intl.PluralRules(boot.lang);

/** The text of `key`; `{name}` is replaced by `params.name`, and `params.count` chooses the plural. */
export function t(key, params = {}) {
  let text = words[key];
  if (typeof text === "object") text = text[plural.select(params.count)] ?? text.other;
  if (text === undefined) throw new Error(`no text for ${key}`);
  return text.replace(/\{(\w+)\}/g, (hole, name) => (name in params ? String(params[name]) : hole));
}

/** Whether the language has a text of its own for `key`. */
export const knows = (key) => key in words;
