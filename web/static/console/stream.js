// The stream: what it says is handed on by name; its loss is shown and heard at once.
import { setServerTime } from "./clock.js";
import { $, body, parsed, write } from "./dom.js";
import { sound } from "./sounds.js";

let heard = Date.now();
let connected = false;
let asking = false;

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

// Calls `act` with the data of each event `name`, e.g. "rows", "touched", "pop".
export function on(name, act) {
  body.addEventListener(name, (event) => {
    if (event.target !== body || typeof event.detail?.data !== "string") return;
    heard = Date.now();
    cut(false);
    act(event.detail.data);
  });
}

// What it says first it says once: it is opened when every script of the page listens, and htmx itself
// has begun (a timer of its own, set before this one).
addEventListener("DOMContentLoaded", () => setTimeout(() => body.dispatchEvent(new Event("callflow:listen"))));
for (const [event, is] of [["htmx:before:request", true], ["htmx:finally:request", false]])
  body.addEventListener(event, ({ target }) => { if (target === body) asking = is; });
body.addEventListener("htmx:sse:after:connection", () => { connected = true; });
body.addEventListener("htmx:sse:error", (event) => {
  cut(true);
  if (event.detail?.status === 401) location.assign("/login");
});
// Whoever is logged out is told so by a page, never by an answer for programs in its place.
body.addEventListener("htmx:before:response", (event) => {
  if (event.detail?.ctx?.response?.status !== 401) return;
  event.preventDefault();
  location.assign("/login");
});
body.addEventListener("htmx:sse:before:connection", () => { if (connected) cut(true); });
body.addEventListener("htmx:sse:close", () => { connected = false; cut(true); });
body.addEventListener("htmx:error", () => { if (!connected) cut(true); });
// htmx reconnects a stream that was open once; one that never opened, or was closed, is ours. While it is
// awaited none other is asked for: of two, the first is lost as soon as both open.
setInterval(() => {
  if (Date.now() - heard > 12000) cut(true);
  if (!connected && !asking && Date.now() - heard > 3000) {
    heard = Date.now();
    htmx.ajax("GET", "/events", { source: body });
  }
}, 1000);

on("store", storeIs);
on("beat", setServerTime);
on("strip", (html) => {
  const strip = $("#strip");
  if (!strip) return;
  const open = $("details", strip)?.open;
  const inside = strip.contains(document.activeElement);
  strip.replaceChildren(...parsed(html));
  const lamps = $("details", strip);
  if (lamps && open) lamps.open = true;
  if (inside) $("summary", strip)?.focus();
});
on("feed", (html) => {
  const feed = $("#feed");
  if (!feed) return;
  for (const entry of parsed(html)) {
    if ("all" in entry.dataset) feed.replaceChildren();
    else if (!document.getElementById(entry.id)) feed.prepend(entry);
  }
  while (feed.children.length > 60) feed.lastElementChild.remove();
  lastEntry();
});
// The log line shows the newest entry; opened, all that are there.
function lastEntry() {
  const line = $("#last-entry");
  const [at, said] = $("#feed")?.firstElementChild?.children ?? [];
  if (line) write(line, at ? `${at.textContent} ${said.textContent}` : "");
}
lastEntry();
document.addEventListener("callflow:page", lastEntry);
