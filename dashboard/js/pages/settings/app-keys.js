// Keys with which applications send telemetry, and what to put into an application.

import { api } from "../../lib/api.js";
import { randomId } from "../../lib/agent.js";
import { at } from "../../lib/boot.js";
import { createDialog } from "../../lib/dialog.js";
import { byId, el, icon, setText, setTitle } from "../../lib/dom.js";
import { bindForm } from "../../lib/form.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { textCell } from "../../lib/table.js";
import { createAsk } from "./parts/ask.js";
import { createList, timeCell } from "./parts/list.js";
import { startSection } from "./parts/section.js";

const urlOf = ({ key }) => `${location.origin}${at(`/collect/${key}`)}`;

/** The lines that an application starts the Grafana Faro SDK with. */
const snippetOf = (key) => `import { getWebInstrumentations, initializeFaro } from "@grafana/faro-web-sdk";

initializeFaro({
  url: ${JSON.stringify(urlOf(key))},
  app: { name: ${JSON.stringify(key.app)}, version: "1.0.0" },
  instrumentations: getWebInstrumentations(),
});`;

const snippet = createDialog(byId("snippet-dialog"), {
  fill(key) {
    setText(byId("snippet-title"), t("settings.keys.snippet", { app: key.app }));
    setText(byId("snippet-url"), urlOf(key));
    setText(byId("snippet-text"), snippetOf(key));
  },
});

const nameOf = ({ app, name }) => (name ? `${app} · ${name}` : app);

function drawName(cell, key) {
  if (!cell.firstChild) {
    cell.append(
      el("div", { className: "cell-line" }, el("span", { className: "cell-name cut" }), el("span", { className: "muted cut" })),
    );
  }
  const [app, name] = cell.firstChild.children;
  setText(app, key.app);
  setText(name, key.name);
  setTitle(cell, nameOf(key));
}

function drawActions(cell, key) {
  if (cell.firstChild) return;
  const make = (action, name) => {
    const label = t(`settings.keys.${action}`, { name: nameOf(key) });
    const data = { action };
    const button = { className: "button button-icon", type: "button", tabIndex: -1, title: label, aria: { label }, data };
    return el("button", button, icon(name));
  };
  cell.append(make("show", "api"), make("revoke", "delete"));
}

const originsOf = ({ allowed_origins: origins }) => origins.join(", ") || t("settings.keys.no_origins");

const columns = () => [
  { key: "app", label: t("settings.keys.app"), className: "col-main", sort: nameOf, draw: drawName },
  {
    key: "origins",
    label: t("settings.keys.origins"),
    className: "col-wide col-far",
    sort: originsOf,
    draw: textCell(originsOf),
  },
  {
    key: "rate",
    label: t("settings.keys.rate_head"),
    className: "col-number",
    number: true,
    sort: ({ rate }) => rate,
    draw: textCell(({ rate }) => `${integer(rate)}${t("unit.per_second")}`),
  },
  {
    key: "made",
    label: t("people.made"),
    className: "col-time col-far",
    sort: ({ created_at }) => Date.parse(created_at),
    draw: timeCell(({ created_at }) => created_at),
  },
  { key: "action", label: t("people.actions_head"), className: "col-end-two", draw: drawActions },
];

const list = createList("keys", {
  columns: columns(),
  sortBy: "app",
  none: () => t("settings.keys.none"),
  open: (key, button) => (button?.dataset.action === "revoke" ? ask : snippet).open(key),
});
const again = startSection(async () => list.set((await api.get("/api/app-keys")).items));
const ask = createAsk("key-dialog", {
  words: (key) => ({
    title: t("settings.keys.revoke_title", { name: nameOf(key) }),
    submit: t("settings.keys.revoke", { name: nameOf(key) }),
  }),
  async send(key) {
    await api.delete(`/api/app-keys/${encodeURIComponent(key.id)}`);
    report(t("settings.keys.revoked", { name: nameOf(key) }));
    await again();
  },
});

let attempt = randomId();

bindForm(byId("make-form"), async ({ app, name, allowed_origins: text, rate }) => {
  const body = {
    app: app.trim(),
    allowed_origins: text.split(/[\s,]+/).filter(Boolean),
    rate: Number(rate),
    ...(name.trim() && { name: name.trim() }),
  };
  const made = await api.post("/api/app-keys", body, { "Idempotency-Key": attempt });
  attempt = randomId();
  byId("make-form").reset();
  await again();
  snippet.open(made);
});
