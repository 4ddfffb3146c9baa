// The page that was asked for before the log-in, and the way back to it.

import { at, boot } from "./boot.js";

/** The log-in for a session that has ended, with the way back to this page. */
export function loginPlace() {
  const here = location.pathname.slice(boot.base.length) + location.search;
  return at(here === "/" ? "/login?ended=1" : `/login?ended=1&next=${encodeURIComponent(here)}`);
}

/** Where to go after the log-in. Nobody is led to another site by a link to ours. */
export function nextPlace() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const place = URL.canParse(at(next), location.origin) ? new URL(at(next), location.origin) : null;
  return next.startsWith("/") && place?.origin === location.origin ? place.href : at("/");
}
