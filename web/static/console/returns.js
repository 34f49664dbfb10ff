// What I hold and nothing was done about for long goes back to the queue (D21): counted down on every
// page from half a minute before. Going on is an act.
import { act } from "./acts.js";
import { serverNow, span } from "./clock.js";
import { $, $$, body, write } from "./dom.js";
import { shown } from "./pane.js";
import { known, onChange } from "./rows.js";

const BEFORE = 30_000;
const place = $("#returns");
const mine = () => known().filter((row) => row.returns && row.holder === body.dataset.user
  && Date.parse(row.returns) - serverNow() < BEFORE);

function look() {
  if (!place || !body.dataset.may) return;
  const now = mine();
  const ids = new Set(now.map((row) => row.id));
  for (const line of $$("[data-returning]", place)) if (!ids.has(line.dataset.returning)) line.remove();
  for (const row of now) {
    const line = $(`[data-returning="${row.id}"]`, place) ?? made(row);
    // Not read out each second: what it says once is enough.
    write($(".left", line), span(Date.parse(row.returns) - serverNow()));
  }
}

function made(row) {
  const line = document.createElement("p");
  line.dataset.returning = row.id;
  const [link, left, button] = ["a", "b", "button"].map((name) => document.createElement(name));
  link.href = `/incidents/${encodeURIComponent(row.id)}`;
  link.textContent = row.said;
  left.className = "left";
  left.setAttribute("aria-hidden", "true");
  button.type = "button";
  button.append(place.dataset.button, " ", Object.assign(document.createElement("kbd"), { textContent: "B" }));
  button.addEventListener("click", () => act(row.id, "go-on"));
  line.append(link, ` ${place.dataset.text} `, left, " ", button);
  place.append(line);
  return line;
}

// Of none that is about to: the one that is shown.
document.addEventListener("callflow:go-on", () => {
  const ids = mine().map((row) => row.id);
  (ids.length ? ids : [shown()]).forEach((id) => id && act(id, "go-on"));
});
onChange(look);
setInterval(look, 500);
