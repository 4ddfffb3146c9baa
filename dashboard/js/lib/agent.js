// What this page says of itself when it connects, as every client does.

import { boot } from "./boot.js";

const SYSTEMS = [
  ["Android", /Android ([\d.]+)/],
  ["iOS", /(?:iPhone|CPU) OS ([\d_]+)/],
  ["Windows", /Windows NT ([\d.]+)/],
  ["macOS", /Mac OS X ([\d_.]+)/],
  ["ChromeOS", /CrOS \w+ ([\d.]+)/],
  ["Linux", /Linux()/],
];

function system() {
  for (const [os, pattern] of SYSTEMS) {
    const found = pattern.exec(navigator.userAgent);
    // Browsers freeze the version on Windows and macOS: saying nothing is truer.
    if (found) return { os, os_version: os === "Android" || os === "iOS" ? found[1].replaceAll("_", ".") : null };
  }
  return { os: null, os_version: null };
}

// randomUUID exists only on HTTPS and localhost; a server on the LAN is neither.
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function installation() {
  try {
    const kept = localStorage.getItem("installation") ?? randomId();
    localStorage.setItem("installation", kept);
    return kept;
  } catch {
    return randomId();
  }
}

export const APP = "dashboard";

export const describe = () => ({
  installation_id: installation(),
  app: APP,
  app_version: boot.version,
  ...system(),
  locale: navigator.language,
});
