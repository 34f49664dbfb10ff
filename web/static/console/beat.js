// This screen says that it draws: after a frame was painted that shows what the stream told last. A
// page that nobody has in sight paints nothing, and says so. No timer is asked: the stream's own beat
// comes every few seconds, and browsers slow the timers of hidden pages down.
import { body } from "./dom.js";
import { on } from "./stream.js";

const EVERY = 5000; // milliseconds
let screen = ""; // what the station calls this page
let seen = ""; // the number of the last event
let said = 0;
let waits = false; // for a frame

on("screen", (name) => { screen = name; said = 0; });

body.addEventListener("htmx:sse:after:message", ({ detail }) => {
  seen = detail.message.id;
  if (!screen || waits || performance.now() - said < EVERY) return;
  if (document.hidden) return tell();
  waits = true;
  requestAnimationFrame(() => setTimeout(drawn)); // the task after it runs once the frame is there
});

function drawn() {
  if (!waits) return;
  waits = false;
  tell();
}

async function tell() {
  if (!body.dataset.may) return;
  said = performance.now();
  const values = { csrf: body.dataset.csrf, screen, seen, hidden: document.hidden ? "1" : "0" };
  await fetch("/beat", { method: "POST", body: new URLSearchParams(values) }).catch(() => null);
}

document.addEventListener("visibilitychange", () => {
  waits = false; // a frame that was asked for does not come while it is hidden
  if (screen) tell();
});
