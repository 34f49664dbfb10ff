// Rows: changed where they stand; never moved under the focus or the pointer (ux.md 3).
import { tick } from "./clock.js";
import { $, $$, body, parsed, write } from "./dom.js";
import { on } from "./stream.js";

const waiting = { queue: new Map(), machine: new Map(), waiting: new Map() };
const busy = (list) => list.matches(":hover") || list.contains(document.activeElement);
const changed = new Set();
export const onChange = (act) => changed.add(act);

on("rows", (html) => {
  const fresh = parsed(html);
  if (!$("#list-queue")) return;
  if (fresh.some((e) => "all" in e.dataset)) {
    const kept = new Set(fresh.map((e) => e.id));
    $$(".row").filter((e) => !kept.has(e.id)).forEach((e) => e.remove());
    Object.values(waiting).forEach((held) => held.forEach((_, id) => kept.has(id) || held.delete(id)));
  }
  for (const element of fresh) {
    if (element.dataset.gone) gone(`i-${element.dataset.gone}`);
    else if (element.id) place(element);
  }
  counted();
});

function gone(id) {
  Object.values(waiting).forEach((held) => held.delete(id));
  document.getElementById(id)?.remove();
}

function place(fresh) {
  const old = document.getElementById(fresh.id);
  const list = document.getElementById(`list-${fresh.dataset.group}`);
  if (fresh.dataset.group === "queue" && old?.dataset.group !== "queue") announce(fresh);
  Object.values(waiting).forEach((held) => held.delete(fresh.id));
  const stays = old && old.parentElement === list && old.dataset.key === fresh.dataset.key
    && old.children.length === fresh.children.length;
  if (stays) return replace(old, fresh);
  if (busy(list) && list.children.length) return waiting[fresh.dataset.group].set(fresh.id, fresh);
  old?.remove();
  insert(list, fresh);
}

// Only the cells that differ; the focus stays on the same link or button of the row.
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? $$("a, button", old).indexOf(focused) : -1;
  tick(fresh);
  mark(fresh);
  fresh.toggleAttribute("data-shown", "shown" in old.dataset);
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const cells = [...fresh.children];
  cells.forEach((cell, at) => { if (!cell.isEqualNode(old.children[at])) old.children[at].replaceWith(cell); });
  if (focused && !focused.isConnected) ($$("a, button", old)[place] ?? $("a.title", old)).focus({ preventScroll: true });
}

function insert(list, fresh) {
  tick(fresh);
  const after = [...list.children].find((row) => row.dataset.key > fresh.dataset.key);
  list.insertBefore(fresh, after ?? null);
}

function release(group) {
  const list = document.getElementById(`list-${group}`);
  for (const fresh of waiting[group].values()) {
    document.getElementById(fresh.id)?.remove();
    insert(list, fresh);
  }
  waiting[group].clear();
  counted();
}

function counted() {
  for (const [group, held] of Object.entries(waiting)) {
    const list = document.getElementById(`list-${group}`);
    if (!list) return;
    if (held.size && !busy(list)) { release(group); continue; }
    const there = [...list.children].filter((row) => !moving(row.id)).length;
    write($(`[data-count=${group}]`), String(there + held.size));
    const more = $(`[data-more=${group}]`);
    more.hidden = held.size === 0;
    write(more, `${held.size} ${more.dataset.text}`);
  }
  const queue = $("[data-count=queue]").textContent;
  document.title = (queue !== "0" ? `(${queue}) ` : "") + "Console · Callflow";
  $$(".row[data-holder]").forEach(mark);
  changed.forEach((act) => act());
}

// Rows are rendered once for all consoles: whose they are, each console sees for itself.
const mark = (row) => row.classList.toggle("own", row.dataset.holder === body.dataset.user);
$$(".row[data-holder]").forEach(mark);

// A row that waits to be moved to another list is counted there already.
const moving = (id) =>
  Object.values(waiting).some((held) => held.has(id));

// The rows as they are, those that wait to be moved included, each once.
export function known() {
  const held = Object.values(waiting).flatMap((one) => [...one.values()]);
  const moved = new Set(held.map((row) => row.id));
  return [...$$(".row").filter((row) => !moved.has(row.id)), ...held];
}

$$("[data-more]").forEach((more) => more.addEventListener("click", () => release(more.dataset.more)));
$$(".rows").forEach((list) => ["pointerleave", "focusout"].forEach((name) =>
  list.addEventListener(name, () => setTimeout(() => $("#list-queue") && counted(), 200))));

// What a screen reader is told: at most once in five seconds.
let toSay = [];
let saying = 0;
function announce(row) {
  toSay.push($(".title", row).textContent + ", " + $(".site", row).textContent);
  saying ||= setTimeout(() => {
    write($("#said"), toSay.length > 3 ? `${toSay.length} …` : toSay.join(". "));
    [toSay, saying] = [[], 0];
  }, document.readyState === "complete" ? 5000 : 0);
}
