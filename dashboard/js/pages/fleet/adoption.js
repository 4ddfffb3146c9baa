// Which versions are in the field today: a bar for each application, a press on a part shows who has it.

import { api } from "../../lib/api.js";
import { byId, el } from "../../lib/dom.js";
import { integer, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { query } from "./query.js";

// More applications or versions are noise here; all of them can be looked for in the form.
const APPS = 3;
const VERSIONS = 5;
const EVERY_MS = 5 * 60_000;

/** `[{app, total, parts: [{version, count, latest, prerelease}], rest}]`, the most used application first. */
function byApp({ items }) {
  const apps = new Map();
  for (const { app, version, latest, prerelease, installations } of items) {
    const count = installations.at(-1);
    if (!apps.has(app)) apps.set(app, []);
    if (count > 0) apps.get(app).push({ version, count, latest, prerelease });
  }
  return [...apps]
    .map(([app, parts]) => ({
      app,
      total: parts.reduce((sum, { count }) => sum + count, 0),
      parts: parts.slice(0, VERSIONS),
      rest: parts.slice(VERSIONS).reduce((sum, { count }) => sum + count, 0),
    }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total)
    .slice(0, APPS);
}

const share = (count, total) => `${percent((100 * count) / total)}\u00a0%`;

function part(app, total, { version, count, latest }, index) {
  const tone = `adoption-${index + 1}`;
  const bar = el("span", { className: `adoption-part ${tone}` });
  bar.style.flexGrow = String(count);
  const name = version || t("fleet.no_version");
  const words = [
    el("span", { className: `adoption-mark ${tone}`, aria: { hidden: "true" } }),
    el("span", { textContent: name }),
  ];
  if (latest) words.push(el("span", { className: "badge", textContent: t("fleet.latest") }));
  words.push(el("span", { className: "adoption-share", textContent: share(count, total) }));
  const title = t("fleet.adoption_part", { app, version: name, count });
  const button = el("button", { className: "adoption-version", type: "button", title }, ...words);
  button.disabled = version === "";
  button.addEventListener("click", () => query.change({ app, version }));
  return [bar, button];
}

function line({ app, total, parts, rest }) {
  const made = parts.map((of, index) => part(app, total, of, index));
  const name = el("button", { className: "adoption-app cut", type: "button", textContent: app || t("fleet.no_app") });
  name.disabled = app === "";
  name.addEventListener("click", () => query.change({ app, version: "" }));
  const bar = el("span", { className: "adoption-bar", aria: { hidden: "true" } }, ...made.map(([of]) => of));
  const list = el("span", { className: "adoption-list" }, ...made.map(([, of]) => of));
  if (rest > 0) {
    const tail = el("span", { className: "adoption-part adoption-rest" });
    tail.style.flexGrow = String(rest);
    bar.append(tail);
    list.append(
      el("span", {
        className: "adoption-other",
        textContent: t("fleet.other_versions", { share: share(rest, total) }),
      }),
    );
  }
  const count = el("span", { className: "adoption-count number", textContent: integer(total) });
  return el("li", { className: "adoption" }, name, count, bar, list);
}

async function load() {
  const today = new Date().toISOString().slice(0, 10);
  const found = byApp(await api.get(`/api/installations/versions?from=${today}&to=${today}`));
  byId("fleet-adoption-list").replaceChildren(...found.map(line));
  byId("fleet-adoption-none").hidden = found.length > 0;
  const apps = found.map(({ app }) => el("option", { value: app }));
  const versions = new Set(found.flatMap(({ parts }) => parts.map(({ version }) => version)));
  byId("fleet-apps").replaceChildren(...apps);
  byId("fleet-versions").replaceChildren(...[...versions].map((value) => el("option", { value })));
}

export async function showAdoption() {
  try {
    await load();
  } catch (error) {
    if (error.status === undefined) throw error;
  }
  setTimeout(showAdoption, EVERY_MS);
}
