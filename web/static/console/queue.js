// How the queue is looked at: by tabs, a site's alarms folded into one row, as one stop of the Tab key.
import { $, $$, body, plural, write } from "./dom.js";
import { after, led } from "./lists.js";
import { known, onChange, onFresh } from "./rows.js";
import { onPage } from "./shell.js";

const lists = () => $("#lists");
const loud = (row) => row.dataset.priority === "1" && row.classList.contains("unclaimed");
const link = (row) => $("a.title", row);

// --- tabs: all, mine, machine, waiting; kept while other pages are read --------------------------------

let shown = "all";
const tabs = () => $$("#lists [role=tab]");
const isListed = (row) => shown === "all" || (shown === "mine" ? row.classList.contains("own") : row.dataset.group === shown);

export function show(tab) {
  shown = tab;
  if (!lists()) return;
  lists().dataset.show = tab;
  for (const one of tabs()) {
    const is = one.dataset.show === tab;
    one.setAttribute("aria-selected", String(is));
    one.tabIndex = is ? 0 : -1;
  }
  $("#list-parts").setAttribute("aria-labelledby", `show-${tab}`);
  look();
}

function count() {
  const all = known();
  const many = { all: all.length, mine: all.filter((row) => row.holder === body.dataset.user).length };
  for (const row of all) many[row.group] = (many[row.group] ?? 0) + 1;
  for (const tab of tabs()) write($(".many", tab), String(many[tab.dataset.show] ?? 0));
}

// --- alarms of one site: the most urgent stands for the others of its list, until it is unfolded --------

const unfolded = new Set(); // sites

// A vital alarm that nobody has taken is never folded away, nor what has the focus.
function fold() {
  for (const list of $$("#lists .rows")) {
    const heads = new Map(), more = new Map();
    for (const row of list.children) {
      const { site } = row.dataset;
      const head = site && isListed(row) ? heads.get(site) : undefined;
      if (site && isListed(row) && !head) heads.set(site, row);
      const behind = head && !loud(row);
      if (behind) more.set(head, (more.get(head) ?? 0) + 1);
      row.classList.toggle("folded", Boolean(behind) && !unfolded.has(site) && !row.contains(document.activeElement));
    }
    for (const row of list.children) offer(row, more.get(row) ?? 0);
  }
}

function offer(row, number) {
  const button = $(".fold", row);
  button.hidden = !number;
  if (!number) return;
  const is = unfolded.has(row.dataset.site);
  button.setAttribute("aria-expanded", String(is));
  button.setAttribute("aria-label", plural($("#list-parts"), number, "folds"));
  button.title = button.getAttribute("aria-label");
  write(button, is ? "−" : `+${number}`);
}

function unfold(row, is) {
  const { site } = row.dataset;
  if (!site || is === unfolded.has(site)) return;
  if (is) unfolded.add(site);
  else unfolded.delete(site);
  look();
}

// --- rows, as keys go through them ----------------------------------------------------------------------

// On a page of its own the list is there as it is.
export const rows = () => $$(".row").filter((row) =>
  !row.closest("#lists") || (isListed(row) && !row.matches(".folded, .gone")));
export const current = () => document.activeElement?.closest?.(".row");
export const focus = (row) => row && link(row).focus();
export const move = (step) => focus(after(rows(), current(), step));

// Of all links Tab comes to one: of the row that had the focus last, is shown beside, or is the first.
let stop = "";
function settle() {
  if (!lists()) return;
  const all = rows();
  const next = all.find((row) => row === current()) ?? all.find((row) => row.id === stop)
    ?? all.find((row) => "shown" in row.dataset) ?? all[0];
  if (stop !== next?.id) {
    const old = document.getElementById(stop);
    if (old) link(old).tabIndex = -1;
    stop = next?.id ?? "";
  }
  if (next) link(next).tabIndex = 0;
}
onFresh((row) => { link(row).tabIndex = row.id === stop ? 0 : -1; });

function look() {
  if (!lists()) return;
  fold();
  settle();
  count();
}

// What was held back is shown where all is, before it takes its place (rows.js).
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-more]")) show("all"); }, { capture: true });
document.addEventListener("focusin", (event) => { if (event.target.closest?.("#lists .row")) settle(); });
document.addEventListener("click", (event) => {
  const tab = event.target.closest?.("#lists [role=tab]");
  if (tab) show(tab.dataset.show);
  const folds = event.target.closest?.("[data-fold]");
  if (folds) unfold(folds.closest(".row"), !unfolded.has(folds.closest(".row").dataset.site));
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const tab = event.target.closest?.("#lists [role=tab]");
  const done = tab ? along(tab, event.key) : event.target.matches?.("#lists a.title") && within(event.key);
  if (done) event.preventDefault();
});

function along(tab, key) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!step) return false;
  const all = tabs();
  const next = all[(all.indexOf(tab) + step + all.length) % all.length];
  show(next.dataset.show);
  next.focus();
  return true;
}

function within(key) {
  if (key === "ArrowRight" || key === "ArrowLeft") unfold(current(), key === "ArrowRight");
  else {
    const row = led(rows(), current(), key);
    if (!row) return false;
    focus(row);
  }
  return true;
}

// An alarm that is opened from elsewhere is seen in the queue.
document.addEventListener("callflow:shown", ({ detail }) => {
  const row = document.getElementById(`i-${detail}`);
  if (row?.matches(".folded")) unfold(row, true);
  else settle();
});
// First the rows' own module has the page's rows as they are now (see main.js).
onPage(() => {
  $$("#lists .row a.title").forEach((one) => { one.tabIndex = -1; });
  show(shown);
});
onChange(look);
