// The secret address under which other programs read one's agenda: whether there is one, a new one, its end.

import { api } from "./api.js";
import { byId, setText } from "./dom.js";
import { exactTime } from "./format.js";
import { t } from "./i18n.js";

/** Binds what stands in the partial `feed`; the returned function asks whether there is one. */
export function bindFeed() {
  const [state, make, end, line, alert] = ["state", "make", "end", "line", "error"].map((name) => byId(`feed-${name}`));
  let since = null;

  function draw() {
    const known = since ? t("agenda.feed_since", { time: exactTime(new Date(since)) }) : t("agenda.feed_none");
    setText(state, line.hidden ? known : t("agenda.feed_new"));
    setText(make, t(since ? "agenda.feed_renew" : "agenda.feed_make"));
    end.hidden = !since;
    make.disabled = false;
  }

  /** A call whose failure is told in the place. */
  async function attempt(call) {
    alert.hidden = true;
    try {
      await call();
      draw();
    } catch (error) {
      if (error.status === undefined) throw error;
      setText(alert.querySelector(".alert-text"), error.text);
      alert.hidden = false;
    }
  }

  make.addEventListener("click", () =>
    attempt(async () => {
      const { path, created_at } = await api.post("/api/agenda/feed");
      since = created_at;
      setText(byId("feed-address"), location.origin + path);
      line.hidden = false;
    }),
  );
  end.addEventListener("click", () =>
    attempt(async () => {
      await api.delete("/api/agenda/feed");
      since = null;
      line.hidden = true;
    }),
  );
  return () => {
    line.hidden = true;
    return attempt(async () => {
      since = (await api.get("/api/agenda/feed")).created_at;
    });
  };
}
