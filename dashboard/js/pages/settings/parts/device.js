// What sent a request, as a person would call it.

import { t } from "../../../lib/i18n.js";

const BROWSERS = [
  ["Edge", /Edg(?:e|A|iOS)?\/([\d]+)/],
  ["Opera", /OPR\/([\d]+)/],
  ["Firefox", /(?:Firefox|FxiOS)\/([\d]+)/],
  ["Chrome", /(?:HeadlessChrome|Chrome|CriOS)\/([\d]+)/],
  ["Safari", /Version\/([\d]+).*Safari/],
];
const SYSTEMS = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** `device` is what a program calls itself, or the text that a browser sends. */
export function deviceName(device) {
  if (!device) return t("settings.sessions.unknown");
  const found = BROWSERS.map(([name, pattern]) => [name, pattern.exec(device)]).find(([, match]) => match);
  if (!device.startsWith("Mozilla/") || !found) return device;
  const browser = `${found[0]} ${found[1][1]}`;
  const system = SYSTEMS.find(([, pattern]) => pattern.test(device))?.[0];
  return system ? t("settings.sessions.browser", { browser, system }) : browser;
}
