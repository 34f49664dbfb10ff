// What the page does by itself: keeps its rows, timers and banner true to the stream, and listens
// to the keyboard. Everything is rendered by the server; without this file the forms still work.
"use strict";

const body = document.body;
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

// --- time: the server's, not this desk's -----------------------------------------------------

let ahead = Date.parse(body.dataset.now) - Date.now();
const serverNow = () => Date.now() + ahead;
const hands = new Intl.DateTimeFormat("fr-FR", {
  timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (n) => String(n).padStart(2, "0");
  return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(seconds % 60)}`;
}

const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

function tick() {
  const now = serverNow();
  $$("[data-clock]").forEach((e) => write(e, hands.format(now)));
  $$("[data-since]").forEach((e) => write(e, span(now - Date.parse(e.dataset.since))));
  $$("[data-target]").forEach((e) => {
    const left = Date.parse(e.dataset.target) - now;
    e.classList.toggle("late", left < 0);
    write(e, left < 0 ? `${e.dataset.late} ${span(-left)}` : `${span(left + 999)} ${e.dataset.left}`);
  });
  if (Date.now() - heard > 12000) cut(true);
}

// --- sounds: each trouble has its own, again and again until it is over -----------------------

const TONES = { cut: [440, 330], store: [880, 622, 880, 622] };  // Hz, one after the other
const AGAIN = 4000;
const sounding = new Map();
let audio, waking;

function sound(name, is, after) {
  if (is === sounding.has(name)) return;
  clearInterval(sounding.get(name));
  sounding.delete(name);
  if (!is) return;
  sounding.set(name, setInterval(() => play(name), AGAIN));
  setTimeout(() => play(name), after);
}

// Until somebody touches a page that was just opened, a browser may keep it silent.
async function play(name) {
  if (waking) return;
  audio ??= new AudioContext();
  waking = true;
  await audio.resume();
  waking = false;
  if (!sounding.has(name)) return;
  TONES[name].forEach((hertz, place) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + place * 0.25];
    tone.frequency.value = hertz;
    volume.gain.value = 0.25;
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  });
}

// --- the stream ------------------------------------------------------------------------------

let heard = Date.now();
let connected = false;

function cut(is) {
  const banner = $("#cut");
  if (banner && banner.hidden === is) banner.hidden = !is;
  sound("cut", is, 2000);
}

// The database can't be written: since when, or "writable".
function storeIs(since) {
  const away = since !== "writable";
  const banner = $("#store-away");
  const lasts = $(".for", banner);
  if (away) lasts.dataset.since = since;
  else { delete lasts.dataset.since; write(lasts, ""); }
  if (banner.hidden === away) banner.hidden = !away;
  sound("store", away, 0);
}

body.addEventListener("htmx:sse:after:connection", () => { connected = true; });
body.addEventListener("htmx:sse:error", (event) => {
  cut(true);
  if (event.detail?.status === 401) location.assign("/login");
});
body.addEventListener("htmx:sse:before:connection", () => { if (connected) cut(true); });
body.addEventListener("htmx:sse:close", () => { connected = false; cut(true); });
body.addEventListener("htmx:error", () => { if (!connected) cut(true); });
// htmx reconnects a stream that was open once; one that never opened, or was closed, is ours.
setInterval(() => {
  if (!connected && Date.now() - heard > 3000) {
    heard = Date.now();
    htmx.ajax("GET", "/events", { source: body });
  }
}, 1000);

function on(name, act) {
  body.addEventListener(name, (event) => {
    if (event.target !== body || typeof event.detail?.data !== "string") return;
    heard = Date.now();
    cut(false);
    act(event.detail.data);
  });
}

const parsed = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
};

on("store", storeIs);
on("beat", (at) => { ahead = Date.parse(at) - Date.now(); });
on("strip", (html) => { const strip = $("#strip"); if (strip) strip.replaceChildren(...parsed(html)); });
on("feed", (html) => {
  const feed = $("#feed");
  if (!feed) return;
  for (const entry of parsed(html)) {
    if ("all" in entry.dataset) feed.replaceChildren();
    else if (!document.getElementById(entry.id)) feed.prepend(entry);
  }
  while (feed.children.length > 60) feed.lastElementChild.remove();
});
on("rows", (html) => {
  const fresh = parsed(html);
  if (!$("#list-queue")) return;
  if (fresh.some((e) => "all" in e.dataset)) {
    const kept = new Set(fresh.map((e) => e.id));
    $$(".row").filter((e) => !kept.has(e.id)).forEach((e) => e.remove());
  }
  for (const element of fresh) {
    if (element.dataset.gone) document.getElementById(`i-${element.dataset.gone}`)?.remove();
    else if (element.id) place(element);
  }
  counted();
  tick();
});
let reading = 0;
on("touched", (ids) => {
  if (!body.dataset.incident || !JSON.parse(ids).includes(body.dataset.incident)) return;
  clearTimeout(reading);
  reading = setTimeout(reread, 50);
});
const whole = { source: "#incident", target: "#incident", select: "#incident", swap: "outerMorph" };
const reread = () => htmx.ajax("GET", location.pathname, { ...whole }).then(() => { say_again(); tick(); });

// Why an act was refused stays until the next one: what happens meanwhile reads the page anew.
let refusal = null;
const refused = () => document.querySelector("#incident .refused[role=alert]");
function say_again() {
  if (refusal && !refused()) document.querySelector("#incident .facts")?.after(refusal);
}

// --- rows: changed where they stand; never moved under the focus or the pointer --------------

const waiting = { queue: new Map(), machine: new Map(), waiting: new Map() };
const busy = (list) => list.matches(":hover") || list.contains(document.activeElement);

function place(fresh) {
  const old = document.getElementById(fresh.id);
  const list = document.getElementById(`list-${fresh.dataset.group}`);
  if (fresh.dataset.group === "queue" && old?.dataset.group !== "queue") announce(fresh);
  Object.values(waiting).forEach((held) => held.delete(fresh.id));
  const stays = old && old.parentElement === list && old.dataset.key === fresh.dataset.key;
  if (stays) return replace(old, fresh);
  if (busy(list) && list.children.length) return waiting[fresh.dataset.group].set(fresh.id, fresh);
  old?.remove();
  insert(list, fresh);
}

function replace(old, fresh) {
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (focused) $("a.title", fresh).focus();
}

function insert(list, fresh) {
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
    write($(`[data-count=${group}]`), String(list.children.length + held.size));
    const more = $(`[data-more=${group}]`);
    more.hidden = held.size === 0;
    write(more, `${held.size} ${more.dataset.text}`);
  }
  const queue = $("#list-queue").children.length + waiting.queue.size;
  document.title = (queue ? `(${queue}) ` : "") + "Console · Callflow";
}

$$("[data-more]").forEach((more) => more.addEventListener("click", () => release(more.dataset.more)));
$$(".rows").forEach((list) => ["pointerleave", "focusout"].forEach((name) =>
  list.addEventListener(name, () => setTimeout(counted, 200))));

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

// --- acts ------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.act || !window.htmx) return;
  event.preventDefault();
  const form_values = Object.fromEntries(new FormData(form, event.submitter));
  const headers = { "X-CSRF-Token": body.dataset.csrf };
  refusal = null;
  htmx.ajax("POST", form.getAttribute("action"), { ...whole, values: form_values, headers })
    .then(() => { refusal = refused(); form.reset(); tick(); });
});

async function act(row, path, values = {}) {
  const sent = new URLSearchParams({ csrf: body.dataset.csrf, back: "console", ...values });
  const answer = await fetch(`/incidents/${row.dataset.id}/${path}`, { method: "POST", body: sent });
  if (answer.status === 409) location.assign(`/incidents/${row.dataset.id}`);
}

document.addEventListener("click", (event) => {
  if (event.target.matches?.("[data-take]")) act(event.target.closest(".row"), "claim");
});
if (body.dataset.may) body.classList.add("may");

// --- keyboard: letters are off while typing --------------------------------------------------

const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
const rows = () => $$(".row");
const current = () => document.activeElement?.closest?.(".row");
const focus = (row) => row && $("a.title", row).focus();

function move(step) {
  const all = rows();
  focus(all[Math.min(all.length - 1, Math.max(0, all.indexOf(current()) + step))] ?? all[0]);
}

const own = (path) => $(`form[data-act=${path}]`)?.requestSubmit();
const onePage = () => Boolean(body.dataset.incident);
const keys = {
  j: () => move(1),
  k: () => move(-1),
  a: () => (onePage() ? own("claim") : current() && act(current(), "claim")),
  p: () => (onePage() ? own("park") : current() && act(current(), "park", { minutes: "5" })),
  F8: () => {
    const next = $("#list-queue .row.unclaimed a.title") ?? $("#list-queue .row a.title");
    if (!$("#list-queue")) location.assign("/");
    else next?.focus();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length === 1 && typing(event.target)) return;
  const act_of = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act_of) { event.preventDefault(); act_of(); }
});

tick();
setInterval(tick, 500);
