// One message as an element, and what it is drawn from.

import { boot } from "../../lib/boot.js";
import { el, icon } from "../../lib/dom.js";
import { dayName, exactTime, integer, timeOfDay } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { avatarOf, nameOf } from "../../lib/person.js";
import { people } from "./people.js";
import { bodyNodes } from "./text.js";

// Messages of one person within this belong together, under one name.
const TOGETHER_MS = 5 * 60 * 1000;
// Names under a reaction; more are a number.
const NAMES = 8;

const nameById = (id) => {
  const person = people.find(id);
  return person ? nameOf(person) : t("chat.somebody");
};

/** Whether `message` goes on where `before` ended. */
const goesOn = (before, message) =>
  before !== null &&
  before.user.id === message.user.id &&
  !message.reply_to &&
  !before.deleted_at &&
  !message.deleted_at &&
  Date.parse(message.created_at) - Date.parse(before.created_at) < TOGETHER_MS;

const dayOf = (message) => new Date(message.created_at).toDateString();

/**
 * The rows of a room: `{key, kind: "beginning" | "day" | "new" | "message", ...}`. `newAfter` is the offset after which
 * messages were unread when the room was opened, or null; `unsent` stand at the end.
 */
export function rowsOf({ messages, older }, unsent, newAfter) {
  const rows = [];
  let before = null;
  let marked = newAfter === null;
  if (older === null && messages.length > 0) rows.push({ key: "beginning", kind: "beginning" });
  for (const message of [...messages, ...unsent]) {
    if (before === null || dayOf(before) !== dayOf(message)) {
      rows.push({ key: `day ${dayOf(message)}`, kind: "day", date: message.created_at });
      before = null;
    }
    if (!marked && !message.unsent && message.offset > newAfter && message.user.id !== boot.user.id) {
      rows.push({ key: "new", kind: "new" });
      marked = true;
      before = null;
    }
    rows.push({ key: message.id, kind: "message", message, head: !goesOn(before, message) });
    before = message;
  }
  return rows;
}

/** Two rows with the same signature look the same. */
export function signature(row) {
  if (row.kind === "day") return dayName(new Date(row.date), new Date());
  if (row.kind !== "message") return row.kind;
  const { message, head } = row;
  const met = [...message.mentions, ...message.reactions.flatMap(({ user_ids }) => user_ids)].map((id) =>
    people.find(id),
  );
  return JSON.stringify([head, message, met]);
}

function reactionList(message, may) {
  if (message.reactions.length === 0) return [];
  const buttons = message.reactions.map(({ emoji, user_ids }) => {
    const own = user_ids.includes(boot.user.id);
    const names = user_ids.slice(0, NAMES).map(nameById);
    if (user_ids.length > NAMES) names.push(`+${integer(user_ids.length - NAMES)}`);
    return el(
      "button",
      {
        className: "reaction",
        type: "button",
        disabled: !may,
        title: names.join(", "),
        data: { emoji },
        aria: { pressed: String(own) },
      },
      el("span", { className: "reaction-emoji", textContent: emoji }),
      el("span", { className: "number", textContent: integer(user_ids.length) }),
    );
  });
  return [el("div", { className: "reaction-list" }, ...buttons)];
}

function quote({ id, user, excerpt }) {
  return el(
    "button",
    { className: "message-quote", type: "button", data: { quote: id } },
    icon("reply"),
    el("span", { className: "message-quote-name", textContent: nameOf(user) }),
    el("span", { className: "cut", textContent: excerpt || t("chat.deleted") }),
  );
}

function bodyOf(message) {
  if (message.deleted_at) return el("p", { className: "message-body is-deleted", textContent: t("chat.deleted") });
  const mentioned = message.mentions.map((id) => people.find(id)?.username.toLowerCase()).filter(Boolean);
  const body = el("p", { className: "message-body", dir: "auto" }, ...bodyNodes(message.body, new Set(mentioned)));
  if (message.edited_at) {
    const title = exactTime(new Date(message.edited_at));
    body.append(" ", el("span", { className: "message-mark", title, textContent: t("chat.edited") }));
  }
  return body;
}

function unsentLine({ failed }) {
  if (failed === null) return el("p", { className: "message-state", textContent: t("chat.sending") });
  return el(
    "p",
    { className: "message-state is-failed" },
    icon("alert"),
    el("span", { textContent: failed }),
    el("button", {
      className: "button button-text",
      type: "button",
      data: { unsent: "retry" },
      textContent: t("chat.try_again"),
    }),
    el("button", {
      className: "button button-text",
      type: "button",
      data: { unsent: "take" },
      textContent: t("chat.take_back"),
    }),
  );
}

function messageNode({ message, head }, may) {
  const date = new Date(message.created_at);
  const time = el("time", {
    className: "message-time",
    dateTime: message.created_at,
    title: exactTime(date),
    textContent: timeOfDay(date),
  });
  const side = head ? avatarOf(message.user) : time;
  const name = el("span", {
    className: "message-author",
    title: message.user.username,
    textContent: nameOf(message.user),
  });
  const main = el("div", { className: "message-main" });
  if (head) main.append(el("p", { className: "message-head" }, name, time));
  if (message.reply_to) main.append(quote(message.reply_to));
  main.append(bodyOf(message), ...reactionList(message, may));
  if (message.unsent) main.append(unsentLine(message));
  const own = message.mentions.includes(boot.user.id);
  const classes = ["message", head && "is-head", own && "is-mention", message.unsent && "is-unsent"];
  return el(
    "article",
    {
      className: classes.filter(Boolean).join(" "),
      tabIndex: -1,
      data: { id: message.id },
      aria: { label: t("chat.message_of", { name: nameOf(message.user), time: timeOfDay(date) }) },
    },
    el("div", { className: "message-side" }, side),
    main,
  );
}

/** The element of a row; `may` says whether the reader may react. */
export function nodeOf(row, may) {
  if (row.kind === "beginning") return el("p", { className: "message-beginning", textContent: t("chat.beginning") });
  if (row.kind === "message") return messageNode(row, may);
  const text = row.kind === "new" ? t("chat.new") : dayName(new Date(row.date), new Date());
  return el("div", { className: `message-line is-${row.kind}` }, el("span", { textContent: text }));
}
