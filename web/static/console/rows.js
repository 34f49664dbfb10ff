// Rows: changed where they stand; never moved under the focus or the pointer (docs/explanation/ux.md, 3). What they
// say is known on every page, shown or not.
import { tick } from "./clock.js";
import { $, $$, body, parsed, plural, write } from "./dom.js";
import { onPage } from "./shell.js";
import { on } from "./stream.js";

const waiting = { queue: new Map(), machine: new Map(), waiting: new Map() };
const GROUPS = Object.keys(waiting);
const listOf = (group) => document.getElementById(`list-${group}`);
const pointed = (list) => list.matches(":hover");
// Whoever works in it, or points at it or at what stands below: that would be pushed down.
const busy = (list) => list.contains(document.activeElement)
  || GROUPS.slice(GROUPS.indexOf(list.id.slice(5))).some((group) => pointed(listOf(group)));
const changed = new Set();
export const onChange = (act) => changed.add(act);
const dressing = new Set();
export const onFresh = (act) => dressing.add(act); // called of each row before it is shown
const vital = new Set();
export const onNewVital = (act) => vital.add(act);

// --- what is known of them --------------------------------------------------------------------------

const all = new Map(); // id → its row as it was told last
let told = false; // whether the stream told everything once
export const isTold = () => told;
const facts = new WeakMap(); // of a row as it was told: it is kept as it is, copies of it are shown
const read = (row) => facts.get(row) ?? facts.set(row, Object.freeze({
  id: row.dataset.id, group: row.dataset.group, key: row.dataset.key, priority: row.dataset.priority,
  level: Number(row.dataset.level), unclaimed: row.classList.contains("unclaimed"), said: row.dataset.said,
  holder: row.dataset.holder ?? "", returns: row.dataset.returns ?? "",
})).get(row);
// Each once, in the order of the queue.
export const known = () => [...all.values()].map(read).sort((a, b) => (a.key < b.key ? -1 : 1));
const isNewVital = (row, before) => row.dataset.priority === "1" && row.classList.contains("unclaimed")
  && !before?.classList.contains("unclaimed");

on("rows", (html) => {
  const fresh = parsed(html);
  const everything = fresh.some((e) => "all" in e.dataset);
  if (everything) {
    const kept = new Set(fresh.map((e) => e.id));
    [...all.keys()].filter((id) => !kept.has(id)).forEach(gone);
    if (shows()) $$(".row").filter((e) => !kept.has(e.id)).forEach((e) => gone(e.id));
  }
  const fresher = [];
  for (const element of fresh) {
    if (element.dataset.gone) gone(`i-${element.dataset.gone}`);
    else if (element.id) {
      // Of what is told first, what the page that came before it did not show is new.
      const before = told ? all.get(element.id) : document.getElementById(element.id);
      if ((told || shows()) && isNewVital(element, before)) fresher.push(element);
      all.set(element.id, element);
    }
  }
  if (fresher.length) unseen(fresher);
  if (shows()) for (const element of fresh) if (all.get(element.id) === element) place(element.cloneNode(true));
  if (everything) told = true;
  counted();
  if (fresher.length) vital.forEach((act) => act(fresher.map(read)));
});

function gone(id) {
  Object.values(waiting).forEach((held) => held.delete(id));
  all.delete(id);
  belowFold.delete(id);
  const row = document.getElementById(id);
  const list = row?.closest("#lists .rows");
  // What stands below the pointer stays there: the row goes when it is left.
  if (list && !row.matches(".own") && busy(list)) row.classList.add("gone");
  else row?.remove();
}

// --- where they are shown -----------------------------------------------------------------------------

const shows = () => $("#list-queue");

function place(fresh) {
  const old = document.getElementById(fresh.id);
  const list = listOf(fresh.dataset.group);
  if (fresh.dataset.group === "queue" && old?.dataset.group !== "queue") announce(fresh);
  Object.values(waiting).forEach((held) => held.delete(fresh.id));
  const stays = old && old.parentElement === list && old.dataset.key === fresh.dataset.key
    && old.children.length === fresh.children.length;
  if (stays) return replace(old, fresh);
  if (!isMine(fresh) && !(old && isMine(old)) && list.children.length && busy(list)) return hold(old, fresh);
  old?.remove();
  insert(list, fresh);
}
// What I do myself is seen to happen.
const isMine = (row) => row.dataset.holder === body.dataset.user;

// It waits for its place; where it stands, it says what is true.
function hold(old, fresh) {
  waiting[fresh.dataset.group].set(fresh.id, fresh);
  if (old && old.children.length === fresh.children.length) replace(old, fresh.cloneNode(true));
}

// Only what differs: each picture that is drawn anew is asked for anew.
function become(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const there = [...old.childNodes], come = [...fresh.childNodes];
  if (old.nodeName !== fresh.nodeName || there.length !== come.length) old.replaceWith(fresh);
  else if (old instanceof Text) old.data = fresh.data;
  else {
    carry(old, fresh);
    there.forEach((node, at) => become(node, come[at]));
  }
}
function carry(old, fresh) {
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

// The focus stays on the same link or button of the row.
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? $$("a, button", old).indexOf(focused) : -1;
  dress(fresh);
  fresh.toggleAttribute("data-shown", "shown" in old.dataset);
  fresh.classList.toggle("folded", old.matches(".folded"));
  carry(old, fresh);
  [...fresh.children].forEach((cell, at) => { if (!cell.matches(".fold")) become(old.children[at], cell); });
  if (focused && !focused.isConnected) ($$("a, button", old)[place] ?? $("a.title", old)).focus({ preventScroll: true });
}

function dress(fresh) {
  tick(fresh);
  mark(fresh);
  dressing.forEach((act) => act(fresh));
}

function insert(list, fresh) {
  dress(fresh);
  const after = [...list.children].find((row) => row.dataset.key > fresh.dataset.key);
  list.insertBefore(fresh, after ?? null);
}

function release(group) {
  const list = listOf(group);
  for (const fresh of waiting[group].values()) {
    document.getElementById(fresh.id)?.remove();
    insert(list, fresh);
  }
  waiting[group].clear();
  counted();
}

// --- a new vital alarm that is out of sight: held back, or below the fold -----------------------------

const belowFold = new Set();
const HEADS = 64; // pixels: the tabs and a list's own head stand over what is scrolled
const unseen = (rows) => rows.forEach((row) => belowFold.add(row.id));
function inSight(row) {
  const box = row?.getBoundingClientRect();
  const list = row?.closest(".lists")?.getBoundingClientRect();
  return box && list && box.bottom > list.top + HEADS && box.top < list.bottom && box.bottom > 0 && box.top < innerHeight;
}
function look() {
  for (const id of belowFold) {
    const row = document.getElementById(id);
    const held = waiting.queue.has(id);
    if (!all.get(id)?.classList.contains("unclaimed") || (!held && inSight(row))) belowFold.delete(id);
  }
}
function toVital() {
  const rows = [...belowFold].map((id) => all.get(id)).sort((a, b) => (a.dataset.key < b.dataset.key ? -1 : 1));
  release("queue");
  const row = document.getElementById(rows[0]?.id);
  row?.scrollIntoView({ block: "nearest" });
  $("a.title", row ?? undefined)?.focus({ preventScroll: true });
}

function counted() {
  if (shows()) lists();
  const queue = known().filter((row) => row.group === "queue").length;
  document.title = (queue ? `(${queue}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  changed.forEach((act) => act());
}

function lists() {
  for (const [group, held] of Object.entries(waiting)) {
    const list = listOf(group);
    if (!busy(list)) $$(".gone", list).forEach((row) => row.remove());
    if (held.size && !busy(list)) { release(group); continue; }
    const there = [...list.children].filter((row) => !moving(row.id) && !row.matches(".gone")).length;
    write($(`[data-count=${group}]`), String(there + held.size));
    more(group);
  }
  $$(".row[data-holder]").forEach(mark);
}

function more(group) {
  const button = $(`[data-more=${group}]`);
  if (group === "queue") look();
  const first = group === "queue" ? belowFold.size : 0;
  const number = first || waiting[group].size;
  button.hidden = number === 0;
  button.classList.toggle("vital", first > 0);
  if (number) write(button, plural(button, number, first ? "vital" : ""));
}

// Rows are rendered once for all consoles: whose they are, each console sees for itself.
const mark = (row) => row.classList.toggle("own", row.dataset.holder === body.dataset.user);

// A row that waits to be moved to another list is counted there already.
const moving = (id) =>
  Object.values(waiting).some((held) => held.has(id));

document.addEventListener("click", (event) => {
  const group = event.target.closest?.("[data-more]")?.dataset.more;
  if (group === "queue" && belowFold.size) toVital();
  else if (group) release(group);
});
for (const name of ["pointerout", "focusout"])
  document.addEventListener(name, (event) => {
    if (event.target.closest?.(".rows")) setTimeout(() => shows() && counted(), 200);
  });
document.addEventListener("scroll", () => shows() && belowFold.size && more("queue"), { capture: true, passive: true });

document.addEventListener("callflow:leave", () => Object.values(waiting).forEach((held) => held.clear()));
// The lists of a page that was just shown: what was told while it came is newer than what it says.
onPage(() => {
  if (!shows()) return;
  if (told) {
    $$(".row").filter((row) => !all.has(row.id)).forEach((row) => row.remove());
    for (const row of all.values()) place(row.cloneNode(true));
  } else $$(".row").forEach((row) => all.set(row.id, row.cloneNode(true)));
  counted();
});

// What a screen reader is told: at most once in five seconds.
let toSay = [];
let saying = 0;
function announce(row) {
  toSay.push($(".title", row).textContent + ", " + $(".site", row).textContent);
  saying ||= setTimeout(() => {
    const line = $("#said");
    if (line) write(line, toSay.length > 3 ? `${toSay.length} …` : toSay.join(". "));
    [toSay, saying] = [[], 0];
  }, document.readyState === "complete" ? 5000 : 0);
}
