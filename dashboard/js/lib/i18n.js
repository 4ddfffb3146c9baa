// Words. One flat file per language; a plural is an object keyed by Intl.PluralRules category.

import { boot } from "./boot.js";

const words = await (await fetch(`${boot.assets}/locales/${boot.lang}.json`)).json();
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
