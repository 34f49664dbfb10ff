// Lists that keys go through: the queue (queue.js) and every table of the pages. Arrows, Home and End move, and J and K
// (actions.js); Enter opens what has the focus, or Space ticks it.
import { $, $$, typing } from "./dom.js";

// The row that so many steps lead to; the first one, where none is it yet.
export const after = (all, at, step) => all[Math.min(all.length - 1, Math.max(0, all.indexOf(at) + step))] ?? all[0];

// The row that a key leads to; undefined: it is no key of lists.
export function led(all, at, key) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step) return after(all, at, step);
  return { Home: all[0], End: all.at(-1) }[key];
}

// --- tables: a row stands for what is first in it ---------------------------------------------------------

const FIRST = ":is(a[href], summary, button, input[type=checkbox]):not([disabled])";
const BODY = "#main table.listed > tbody";
const first = (row) => $$(FIRST, row).find((one) => one.checkVisibility());
const rowOf = (element) => element?.closest?.(`${BODY} > tr`);

// Rows of the table that has the focus, else of the page's first one in which something can be opened.
function listed() {
  const own = document.activeElement?.closest?.(BODY);
  const bodies = own ? [own] : $$(BODY);
  return bodies.map((body) => [...body.rows].filter(first)).find((rows) => rows.length) ?? [];
}
function focus(row) {
  first(row)?.focus();
  row?.scrollIntoView({ block: "nearest" });
}
export const move = (step) => focus(after(listed(), rowOf(document.activeElement), step));

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const at = rowOf(event.target);
  if (!at || typing(event.target) || event.target.matches("[type=radio], audio") || $("dialog[open]")) return;
  if (event.target.closest(".drawn")) return; // a drawer's own fields
  const row = led(listed(), at, event.key);
  if (!row) return;
  event.preventDefault();
  focus(row);
});
