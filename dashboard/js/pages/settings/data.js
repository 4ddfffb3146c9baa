// What the server keeps about the reader: how much, all of it as a file, and its end.

import { api } from "../../lib/api.js";
import { byId, el } from "../../lib/dom.js";
import { dayOfMonth, integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { createAsk } from "./parts/ask.js";
import { startSection } from "./parts/section.js";

const AMOUNTS = ["installations", "events", "signals", "diagnostics", "log_lines"];

function said({ count, first_at, last_at }) {
  if (count === 0) return t("settings.data.none");
  const [first, last] = [first_at, last_at].map((time) => dayOfMonth(new Date(time)));
  const number = integer(count);
  return first === last
    ? t("settings.data.day", { number, day: first })
    : t("settings.data.span", { number, first, last });
}

const fact = (label, value) =>
  el("div", { className: "fact" }, el("dt", { textContent: label }), el("dd", { textContent: value }));

async function load() {
  const data = await api.get("/api/me/data");
  byId("data-facts").replaceChildren(
    fact(t("settings.data.sessions"), integer(data.sessions)),
    ...AMOUNTS.map((name) => fact(t(`settings.data.${name}`), said(data[name]))),
  );
  byId("data-facts").removeAttribute("aria-busy");
  byId("data-erase").disabled = false;
}

const again = startSection(load);
const ask = createAsk("erase-dialog", {
  words: () => ({ title: t("settings.data.erase_title"), submit: t("settings.data.erase_submit") }),
  async send() {
    await api.delete("/api/me/data");
    report(t("settings.data.erased"));
    await again();
  },
});
byId("data-erase").addEventListener("click", () => ask.open());
