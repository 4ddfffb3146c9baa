// The server in six lines.

import { byId, setText } from "../../lib/dom.js";
import { bytesText, duration, integer, ms, percent } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { history } from "../../lib/history.js";

const known = (value, format) => (value == null ? "–" : format(value));

const FACTS = {
  version: ({ version }) => known(version, String),
  uptime: ({ uptime_seconds }) => known(uptime_seconds, duration),
  cpu: ({ cpu_percent }) => known(cpu_percent, (value) => `${percent(value)}\u00a0%`),
  latency: ({ latency_ms }) => known(latency_ms?.p50, ms),
  sent: ({ bytes_out_per_second }) =>
    known(bytes_out_per_second, (value) => `${bytesText(value)}${t("unit.per_second")}`),
  descriptors: ({ open_descriptors }) => known(open_descriptors, integer),
};

export function showFacts() {
  history.watch(({ last }) => {
    if (last) for (const [id, text] of Object.entries(FACTS)) setText(byId(`fact-${id}`), text(last));
  });
}
