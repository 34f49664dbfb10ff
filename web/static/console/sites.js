// A site in the pane: opened from the search or the pop, it becomes the alarm that is opened from it.
import { tick } from "./clock.js";
import { $, $$, ask, body, followed, parsed } from "./dom.js";
import * as pane from "./pane.js";
import { go } from "./shell.js";
import { on } from "./stream.js";

// Opens a site in the pane; on a page without one, goes to its page.
export async function open(id) {
  const address = `/sites/${encodeURIComponent(id)}`;
  if (!pane.hasPane()) return go(address);
  const answer = await ask(address);
  if (answer) show(await answer.text());
}

function show(html) {
  pane.showOther(html);
  $("#site h1")?.focus();
}

// Its alarms and its state as they are now, in the pane and on a page of its own: at once, and where
// it changes on and on, once a second. What is typed stays, and so does what is wrong with it.
let reading = 0;
let readAt = 0;
function again() {
  reading ||= setTimeout(reread, Math.max(50, readAt + 1000 - performance.now()));
}
const shown = () => $("#site")?.dataset.site;
on("places", (ids) => { if (shown() && JSON.parse(ids).includes(shown())) again(); });
on("rows", (html) => { if (shown() && html.includes("data-all")) again(); }); // after a reconnect
async function reread() {
  reading = 0;
  readAt = performance.now();
  const place = $("#site");
  const answer = place && await ask(`/sites/${encodeURIComponent(place.dataset.site)}`);
  if (!answer?.ok || $(".refused", place)) return;
  if (!place.isConnected) return shown() && again();
  await pane.morph(await answer.text(), place);
  tick();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!pane.hasPane() || !form.dataset.act || !form.closest("#site")) return;
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form));
  sent.set("csrf", body.dataset.csrf);
  const answer = await ask(form.getAttribute("action"), { method: "POST", body: sent });
  if (!answer || !form.isConnected) return;
  const html = await answer.text();
  const opened = parsed(html).find((e) => e.id === "incident")?.dataset.incident;
  if (opened) return pane.open(opened);
  if (answer.ok) return show(html);
  const refused = parsed(html).find((e) => e.id === "site")?.querySelector(".refused");
  if (!refused) return;
  $$(".refused", $("#site")).forEach((old) => old.remove());
  form.append(refused);
  const field = refused.dataset.field && form.elements[refused.dataset.field];
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
  tick();
});

document.addEventListener("click", (event) => {
  const id = pane.hasPane() && followed(event, "/sites/");
  if (id) open(id);
});
