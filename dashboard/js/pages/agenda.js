// The agenda: what is between two days, seen as a month, a week, a day or a list.

import { asked, keepInAddress } from "../lib/address.js";
import { byId, setText } from "../lib/dom.js";
import { onNextFrame } from "../lib/frame.js";
import { t } from "../lib/i18n.js";
import { keep, kept } from "../lib/keep.js";
import { connect } from "../lib/realtime.js";
import { report } from "../lib/report.js";
import { startShell } from "../shell.js";
import { bindCalendars } from "./agenda/calendars.js";
import { createCard } from "./agenda/card.js";
import { data, followAgenda, writes } from "./agenda/data.js";
import { isDay, momentOf, stepped, today, VIEWS, windowOf } from "./agenda/days.js";
import { bindDrag } from "./agenda/drag.js";
import { createForm } from "./agenda/form.js";
import { bindKeys } from "./agenda/keys.js";
import { createList } from "./agenda/list.js";
import { createMonth } from "./agenda/month.js";
import { createMoves } from "./agenda/move.js";
import { isGone, remove as sendRemove } from "./agenda/save.js";
import { windowTitle } from "./agenda/say.js";
import { createScopeDialog } from "./agenda/scope.js";
import { createTimeGrid, markNow } from "./agenda/time-grid.js";

// The same number is in agenda.css.
const narrow = matchMedia("(width < 640px)");
const NOW_EVERY_MS = 30_000;
const MORNING_MINUTES = 9 * 60;

const place = byId("agenda-view");
const given = asked();
let view = VIEWS.includes(given.view) ? given.view : kept("agenda-view", narrow.matches ? "day" : "week");
/** Null: today, also after midnight. */
let day = isDay(given.date) ? given.date : null;
const shownDay = () => day ?? today();

const views = {
  month: createMonth({ openDay }),
  week: createTimeGrid({ openDay }),
  day: createTimeGrid({ openDay }),
  list: createList(),
};
const form = createForm();
const scopes = createScopeDialog();
const moves = createMoves({ form, scopes });
const card = createCard({ edit: (event, { occurrence }) => form.open(event, occurrence), remove });
const nodeOf = (key) => place.querySelector(`[data-key="${CSS.escape(key)}"]`);

const redraw = () => onNextFrame(draw);
const drag = bindDrag(place, { itemOf: data.item, create, move: moves.to, writes, released: redraw });
bindKeys(place, { itemOf: data.item, move: moves.byKey, view: () => view });

function create(at, cell) {
  // A month of dots is for finding a day: what it holds is in the view of that day.
  if (cell && narrow.matches && view === "month") return openDay(at.start);
  return form.openNew(at);
}

function remove(item) {
  scopes.ask({
    title: t("agenda.delete_title", { title: item.title }),
    text: t(item.recurring ? "agenda.delete_series_text" : "agenda.delete_text"),
    submit: t("agenda.delete_submit", { title: item.title }),
    bad: true,
    recurring: item.recurring,
    async act(scope) {
      // The version that is on the page by now, not the one from when it was asked.
      await sendRemove(data.item(item.key) ?? item, scope).catch((error) => {
        // Somebody else was faster: what was asked for is done.
        if (!isGone(error)) throw error;
      });
      report(t("agenda.deleted", { title: item.title }));
      data.reload();
    },
  });
}

function note({ items, state, error }) {
  const box = byId("agenda-note");
  const failed = state === "failed";
  const empty = state === "ready" && items.length === 0;
  box.hidden = !failed && !empty;
  box.classList.toggle("is-bad", failed);
  byId("agenda-retry").hidden = !failed;
  if (failed) setText(byId("agenda-note-text"), t("agenda.failed", { why: error }));
  else if (empty) setText(byId("agenda-note-text"), t(writes ? `agenda.empty.${view}` : "agenda.empty_read"));
}

function draw() {
  if (drag.isActive()) return;
  const { items, state, window } = data.get();
  const active = document.activeElement?.closest?.("#agenda-view [data-key]")?.dataset.key;
  const shown = views[view];
  if (place.firstElementChild !== shown.root) place.replaceChildren(shown.root);
  place.dataset.view = view;
  const title = windowTitle(view, shownDay());
  setText(byId("agenda-shown"), title);
  const inside = items.filter(({ starts, ends, first, last, allDay }) =>
    allDay ? first < window.to && last >= window.from : starts < momentOf(window.to) && ends >= momentOf(window.from),
  );
  shown.update(inside, window, title, shownDay(), state !== "loading");
  place.setAttribute("aria-busy", String(state === "loading"));
  place.classList.toggle("is-loading", state === "loading" && inside.length === 0);
  note({ ...data.get(), items: inside });
  card.refresh();
  // Of a series that has moved as a whole, another occurrence is the next best.
  if (!active) return;
  const again = nodeOf(active) ?? place.querySelector(`[data-key^="${active.split(" ")[0]}"]`);
  again?.focus({ preventScroll: true });
}

function show() {
  byId("agenda-views").querySelector(`input[value="${view}"]`).checked = true;
  keepInAddress({ view, date: day });
  data.show(windowOf(view, shownDay()));
  redraw();
}

function openDay(chosen) {
  view = "day";
  day = chosen;
  show();
}

function go(direction) {
  day = stepped(view, shownDay(), direction);
  if (day === today()) day = null;
  show();
}

function newEvent() {
  const at = new Date();
  const whole = windowOf(view, shownDay());
  const now = shownDay() === today() || (today() >= whole.from && today() < whole.to);
  // The next full hour, or the morning of a day that is not now.
  const starts = now ? momentOf(today(), (at.getHours() + 1) * 60) : momentOf(shownDay(), MORNING_MINUTES);
  form.openNew({ starts, ends: new Date(starts.getTime() + 3_600_000) });
}

place.addEventListener("click", ({ target }) => {
  const node = target.closest(".agenda-event");
  const item = node && data.item(node.dataset.key);
  if (item) card.open(item, () => (node.isConnected ? node : (nodeOf(item.key) ?? place)));
});
byId("agenda-today").addEventListener("click", () => {
  day = null;
  show();
});
byId("agenda-previous").addEventListener("click", () => go(-1));
byId("agenda-next").addEventListener("click", () => go(1));
byId("agenda-views").addEventListener("change", ({ target }) => {
  view = target.value;
  keep("agenda-view", view);
  show();
});
byId("agenda-new")?.addEventListener("click", newEvent);
byId("agenda-retry").addEventListener("click", data.reload);
addEventListener("popstate", () => location.reload());
const fit = () => !drag.isActive() && place.contains(views[view].root) && views[view].fit?.();
new ResizeObserver(() => onNextFrame(fit)).observe(place);

let lastDay = today();
setInterval(() => {
  if (today() !== lastDay) {
    lastDay = today();
    show();
  } else markNow(place);
}, NOW_EVERY_MS);

followAgenda();
bindCalendars();
show();
data.watch(draw);
startShell();
connect();
