// Where one writes. What is typed is kept for each room until it is sent: a draft outlives the page.

import { api } from "../../lib/api.js";
import { byId, setText } from "../../lib/dom.js";
import { integer } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { keep, kept } from "../../lib/keep.js";
import { connection, rpc } from "../../lib/realtime.js";
import { outbox } from "./outbox.js";
import { nameOf } from "../../lib/person.js";

// As the API takes it.
const LONGEST = 8000;
const TALLEST_ROWS = 8;
// Others show for six seconds that one writes.
const TYPING_EVERY_MS = 3000;

const length = (text) => [...text].length;

/** `lastOwn()` gives the last message of the reader; `onSent()` follows each message that leaves. Null for a viewer. */
export function bindComposer({ lastOwn, onSent }) {
  const form = byId("composer");
  if (!form) return null;
  const [text, context, error] = [byId("composer-text"), byId("composer-context"), byId("composer-error")];
  let roomId = null;
  let replyTo = null;
  let editing = null;
  let typingAt = 0;

  const draftOf = (id) => `draft:${id}`;

  function fit() {
    // Where the browser sizes the field by itself, this is the same answer.
    text.rows = Math.min(TALLEST_ROWS, text.value.split("\n").length);
  }

  function showError(message) {
    setText(error, message);
    error.hidden = message === "";
    if (message) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
  }

  function showContext() {
    context.hidden = !editing && !replyTo;
    if (editing) setText(context.firstElementChild, t("chat.editing"));
    else if (replyTo) {
      setText(context.firstElementChild, t("chat.replying", { name: nameOf(replyTo.user), text: replyTo.excerpt }));
    }
  }

  function write(value) {
    text.value = value;
    fit();
    showError("");
  }

  function say() {
    if (editing || connection.get().state !== "live" || Date.now() - typingAt < TYPING_EVERY_MS) return;
    typingAt = Date.now();
    // That somebody writes matters only now: lost is lost.
    rpc("chat.typing", { room_id: roomId }).catch(() => {});
  }

  function leaveContext() {
    if (editing) {
      editing = null;
      write(kept(draftOf(roomId), ""));
    }
    replyTo = null;
    showContext();
    text.focus();
  }

  async function saveEdit(body) {
    const { id, body: before } = editing;
    if (body === before) return leaveContext();
    const path = `/api/chat/rooms/${encodeURIComponent(roomId)}/messages/${id}`;
    const mine = editing;
    try {
      await api.patch(path, { body });
      if (editing === mine) leaveContext();
    } catch (failure) {
      if (failure.status === undefined) throw failure;
      if (editing === mine) showError(failure.fields.body ?? failure.text);
    }
  }

  function submit() {
    const body = text.value.trimEnd();
    if (body.trim() === "") return;
    if (length(body) > LONGEST) {
      return showError(t("chat.too_long", { count: integer(length(body)), most: integer(LONGEST) }));
    }
    if (editing) return saveEdit(body);
    outbox.send(roomId, body, replyTo);
    keep(draftOf(roomId), null);
    replyTo = null;
    typingAt = 0;
    write("");
    showContext();
    onSent();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    text.focus();
  });
  text.addEventListener("input", () => {
    fit();
    showError("");
    if (!editing) keep(draftOf(roomId), text.value === "" ? null : text.value);
    if (text.value !== "") say();
  });
  text.addEventListener("keydown", (event) => {
    // Enter also ends a word that an input method is composing.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
    if (event.key === "Escape" && (editing || replyTo)) leaveContext();
    if (event.key === "ArrowUp" && text.value === "" && !editing) {
      const message = lastOwn();
      if (message) {
        event.preventDefault();
        edit(message);
      }
    }
  });
  context.lastElementChild.addEventListener("click", leaveContext);

  function edit(message) {
    replyTo = null;
    editing = message;
    write(message.body);
    showContext();
    text.focus();
  }

  return {
    edit,

    reply(message) {
      if (editing) leaveContext();
      replyTo = { id: message.id, user: message.user, excerpt: message.body.slice(0, 140) };
      showContext();
      text.focus();
    },

    /** Puts back what was not sent, before what was typed since. */
    putBack(body) {
      if (editing) leaveContext();
      write([body, text.value].filter(Boolean).join("\n"));
      keep(draftOf(roomId), text.value);
      text.focus();
    },

    /** Goes to another room; the text of this one stays kept. */
    open(room) {
      if (room.id !== roomId) {
        roomId = room.id;
        replyTo = null;
        editing = null;
        write(kept(draftOf(roomId), ""));
        showContext();
      }
      const key = room.kind === "direct" ? "chat.write_to" : "chat.write_in";
      text.placeholder = t(key, { name: room.name });
    },

    focus: () => text.focus(),
  };
}
