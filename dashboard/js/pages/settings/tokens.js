// Tokens with which programs act in one's name. A secret is shown once, and kept nowhere.

import { api } from "../../lib/api.js";
import { randomId } from "../../lib/agent.js";
import { boot } from "../../lib/boot.js";
import { byId, el, setText, setTitle } from "../../lib/dom.js";
import { bindForm } from "../../lib/form.js";
import { dayOfMonth, dayOfYear, exactTime } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { textCell } from "../../lib/table.js";
import { createAsk } from "./parts/ask.js";
import { actionColumn, createList, timeCell } from "./parts/list.js";
import { startSection } from "./parts/section.js";

// What a role may pass on; the server decides.
const SCOPES = {
  viewer: ["agenda:read", "chat:read", "users:read", "signals:write"],
  member: ["agenda:write", "chat:write"],
  admin: ["users:write", "clients:read", "clients:write", "monitoring:read", "signals:read", "source-maps:write"],
};
const ROLES = ["viewer", "member", "admin"];

const scopes = ROLES.slice(0, ROLES.indexOf(boot.user.role) + 1).flatMap((role) => SCOPES[role]);
const wordOf = (scope) => t(`settings.scope.${scope}`);

byId("token-scope-list").append(
  ...scopes.map((scope) =>
    el(
      "label",
      { className: "check" },
      el("input", { type: "checkbox", name: "scope", value: scope }),
      el("span", { textContent: wordOf(scope) }),
      el("code", { className: "check-code", textContent: scope }),
    ),
  ),
);

const isOver = ({ expires_at }) => Date.parse(expires_at) <= Date.now();

function drawExpiry(cell, token) {
  if (!cell.firstChild) cell.append(el("span"));
  const over = isOver(token);
  const date = new Date(token.expires_at);
  const far = date.getFullYear() !== new Date().getFullYear();
  cell.firstChild.className = over ? "badge badge-off" : "";
  const day = (far ? dayOfYear : dayOfMonth)(date);
  setText(cell.firstChild, over ? t("settings.tokens.expired") : day);
  setTitle(cell, exactTime(date));
}

const columns = () => [
  {
    key: "name",
    label: t("settings.tokens.name"),
    className: "col-main",
    sort: ({ name }) => name,
    draw: textCell(({ name }) => name),
  },
  {
    key: "scopes",
    label: t("settings.tokens.scopes"),
    className: "col-wide col-far",
    sort: (token) => token.scopes.join(" "),
    draw: textCell((token) => token.scopes.join(", ")),
  },
  {
    key: "used",
    label: t("settings.tokens.used"),
    className: "col-time",
    sort: ({ last_used_at }) => (last_used_at ? Date.parse(last_used_at) : null),
    downFirst: true,
    draw: timeCell(({ last_used_at }) => last_used_at, t("settings.tokens.never")),
  },
  {
    key: "expires",
    label: t("settings.tokens.until"),
    className: "col-day",
    sort: ({ expires_at }) => Date.parse(expires_at),
    draw: drawExpiry,
  },
  actionColumn({ name: "delete", label: ({ name }) => t("settings.tokens.revoke", { name }) }),
];

const list = createList("tokens", {
  columns: columns(),
  sortBy: "name",
  none: () => t("settings.tokens.none"),
  open: (token) => ask.open(token),
});
const again = startSection(async () => list.set((await api.get("/api/auth/tokens")).items));
const ask = createAsk("token-dialog", {
  words: ({ name }) => ({
    title: t("settings.tokens.revoke_title", { name }),
    submit: t("settings.tokens.revoke", { name }),
  }),
  async send({ id, name }) {
    await api.delete(`/api/auth/tokens/${encodeURIComponent(id)}`);
    byId("made").hidden = true;
    report(t("settings.tokens.revoked", { name }));
    await again();
  },
});

const form = byId("make-form");
const chosen = () => [...form.querySelectorAll("[name=scope]:checked")].map(({ value }) => value);

/** Names an attempt: sent again after a lost answer, it makes no second token. */
let attempt = randomId();

bindForm(form, async ({ name, days }) => {
  const wanted = chosen();
  const missing = byId("token-scopes-error");
  missing.hidden = wanted.length > 0;
  if (wanted.length === 0) {
    setText(missing, t("settings.tokens.scopes_missing"));
    form.querySelector("[name=scope]").focus();
    return;
  }
  const body = { name, scopes: wanted, expires_in_days: Number(days) };
  const made = await api.post("/api/auth/tokens", body, { "Idempotency-Key": attempt });
  attempt = randomId();
  form.reset();
  setText(byId("made-title"), t("settings.tokens.made", { name: made.name }));
  setText(byId("made-text"), made.token);
  byId("made").hidden = false;
  await again();
});
