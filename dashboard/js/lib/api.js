// The HTTP API. Every refusal arrives as an ApiError that carries the problem document.

import { at, boot } from "./boot.js";
import { knows, t } from "./i18n.js";

/** A refused or failed call. `status` 0 means that no answer came. `fields` maps a field to its message. */
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfter = null) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? (status === 0 ? "unreachable" : "unknown");
    const errors = Array.isArray(problem.errors) ? problem.errors : [];
    this.fields = Object.fromEntries(errors.map(({ field, message }) => [field, message]));
    this.retryAfter = retryAfter;
  }

  /** What to tell the reader: our words for a known code, the server's otherwise. */
  get text() {
    if (this.retryAfter !== null) return t("error.retry_after", { count: this.retryAfter });
    const key = `error.${this.code}`;
    return knows(key) ? t(key) : this.message;
  }
}

// Past this a network that swallows packets is taken for one that is cut.
const LONGEST_MS = 20_000;

/** The JSON of an answer, null when it has none; undefined when it is not what it says, as from a proxy on the way. */
function read(reply, text) {
  if (!reply.headers.get("Content-Type")?.includes("json")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function call(method, path, body, more = {}) {
  const headers = { Accept: "application/json", ...more };
  const raw = "Content-Type" in headers;
  if (body !== undefined && !raw) headers["Content-Type"] = "application/json";
  if (method !== "GET" && boot.csrf) headers["X-CSRF-Token"] = boot.csrf;
  let reply;
  let text;
  try {
    const signal = AbortSignal.timeout(LONGEST_MS);
    reply = await fetch(at(path), {
      method,
      headers,
      signal,
      body: body === undefined || raw ? body : JSON.stringify(body),
    });
    text = await reply.text();
  } catch {
    throw new ApiError(0);
  }
  const json = read(reply, text);
  if (reply.ok && json !== undefined) return json;
  const wait = Number.parseInt(reply.headers.get("Retry-After") ?? "", 10);
  throw new ApiError(reply.status, json ?? {}, Number.isNaN(wait) ? null : wait);
}

// `headers` are sent besides our own; with a Content-Type the body goes as it is.
export const api = {
  get: (path) => call("GET", path),
  post: (path, body, headers) => call("POST", path, body, headers),
  put: (path, body, headers) => call("PUT", path, body, headers),
  patch: (path, body, headers) => call("PATCH", path, body, headers),
  delete: (path, headers) => call("DELETE", path, undefined, headers),
};
