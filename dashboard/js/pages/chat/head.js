// The head of the open room, what one may do with it, and what stands where the composer would.

import { api } from "../../lib/api.js";
import { boot } from "../../lib/boot.js";
import { byId, setText, setTitle } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { report } from "../../lib/report.js";
import { rooms } from "../../lib/rooms.js";
import { nameOf } from "../../lib/person.js";
import { people } from "./people.js";

const writes = boot.user.role !== "viewer";
const memberPath = (id, user) => `/api/chat/rooms/${encodeURIComponent(id)}/members/${user}`;

/** Draws the head of `room`, which is null while none is open. */
export function drawHead(room) {
  const known = room !== undefined && room !== null;
  for (const id of ["talk-head", "talk-foot", "people"]) byId(id).hidden = !known;
  if (!known) return;
  const { kind, member, role, name, topic, peer, id } = room;
  const direct = kind === "direct";
  setText(byId("talk-name"), name);
  const about = direct ? (peer?.username ?? "") : topic;
  setText(byId("talk-topic"), about);
  setTitle(byId("talk-topic"), about);
  const composer = byId("composer");
  if (composer) {
    composer.hidden = !member;
    byId("talk-join").hidden = member;
  }
  byId("talk-leave").hidden = !writes || direct || !member || id === "general";
  byId("talk-add").hidden = !writes || direct || id === "general" || (role !== "owner" && boot.user.role !== "admin");
}

async function join(id) {
  try {
    await api.put(memberPath(id, boot.user.id));
    await rooms.refresh(id);
  } catch (error) {
    if (error.status === undefined) throw error;
    report(error.text, "bad");
  }
}

/** `room()` is the open room; `dialogs` are `person` and `confirm`; `onJoined()` follows. */
export function bindHead({ room, dialogs, onJoined }) {
  byId("talk-join")
    ?.querySelector("button")
    .addEventListener("click", async () => {
      await join(room().id);
      onJoined();
    });
  byId("talk-leave").addEventListener("click", () => {
    const { id, name, kind } = room();
    dialogs.confirm.open({
      title: t("chat.leave_title", { name }),
      text: t(kind === "private" ? "chat.leave_private" : "chat.leave_public"),
      submit: t("chat.leave_submit", { name }),
      act: () => api.delete(memberPath(id, boot.user.id)),
    });
  });
  byId("talk-add").addEventListener("click", () => {
    const { id, name } = room();
    dialogs.person.open({
      title: t("chat.add_title", { name }),
      except: new Set(people.get().members.map(({ user }) => user.id)),
      async choose(person) {
        await api.put(memberPath(id, person.id));
        report(t("chat.added", { name: nameOf(person) }));
      },
    });
  });
  const [button, column] = [byId("talk-people"), byId("people")];
  const show = (open) => {
    column.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(!column.classList.contains("is-open")));
  byId("people-close").addEventListener("click", () => {
    show(false);
    button.focus();
  });
}
