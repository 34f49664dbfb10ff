// Time is the server's, not this desk's: the clock, ages, and timers against a target.
import { $$, body, write } from "./dom.js";

let ahead = (Date.parse(body.dataset.now) || Date.now()) - Date.now(); // until the stream's first beat
export const setServerTime = (at) => { ahead = Date.parse(at) - Date.now(); };
export const serverNow = () => Date.now() + ahead;
const hands = new Intl.DateTimeFormat("fr-FR", {
  timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit",
});

export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (n) => String(n).padStart(2, "0");
  return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(seconds % 60)}`;
}

// All times that are shown, or those within `root`.
export function tick(root = document) {
  const now = serverNow();
  $$("[data-clock]", root).forEach((e) => write(e, hands.format(now)));
  $$("[data-since]", root).forEach((e) => write(e, span(now - Date.parse(e.dataset.since))));
  $$("[data-target]", root).forEach((e) => {
    const left = Date.parse(e.dataset.target) - now;
    e.classList.toggle("late", left < 0);
    write(e, left < 0 ? `${e.dataset.late} ${span(-left)}` : `${span(left + 999)} ${e.dataset.left}`);
  });
}

tick();
setInterval(() => { tick(); body.classList.toggle("beat"); }, 500);
