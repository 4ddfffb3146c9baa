// The page of a member or viewer: what is unread, who am I, am I connected, how do I connect a client.

import { byId, setText } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { connect } from "../lib/realtime.js";
import { rooms } from "../lib/rooms.js";
import { total } from "../lib/unread.js";
import { startShell } from "../shell.js";

startShell();
rooms.watch(({ known }) => {
  const { unread } = total();
  if (known) setText(byId("home-unread"), unread > 0 ? t("chat.unread", { count: unread }) : t("home.chat.text"));
});
connect();
