// The incident pane: an incident is opened beside the queue, kept true by the stream, and shown as a
// page of its own by the same template. What was typed and not sent is there when it is opened again.
import { tick } from "./clock.js";
import { $, $$, ask, followed, isTyped, ours, parsed } from "./dom.js";
import { onChange } from "./rows.js";
import { go, onPage } from "./shell.js";
import { on } from "./stream.js";
import { unfold } from "./views.js";

const place = () => $("#pane");
const article = () => document.getElementById("incident");
export const shown = () => article()?.dataset.incident ?? null;
export const hasPane = () => Boolean(place());
let wanted = null;

// Opens an incident in the pane; on a page without one, goes to its page.
export async function open(id, { push = true } = {}) {
  if (!place()) return go(`/incidents/${encodeURIComponent(id)}`);
  wanted = id;
  const answer = await ask(`/incidents/${encodeURIComponent(id)}`);
  if (wanted !== id || !answer) return; // another was opened meanwhile; or the stream says what is wrong
  show(await answer.text(), id);
  if (push) history.pushState({ incident: id }, "", `/?incident=${encodeURIComponent(id)}`);
}

// Puts an incident's rendered article into the pane.
export function show(html, id) {
  keep();
  kept = [];
  place().replaceChildren(...parsed(html));
  htmx.process(place());
  restore(id);
  mark();
  tick();
  document.dispatchEvent(new CustomEvent("callflow:shown", { detail: id }));
}

// Puts something else than an incident there.
export function showOther(html) {
  wanted = null;
  keep();
  kept = [];
  place().replaceChildren(...parsed(html));
  htmx.process(place());
  mark();
  tick();
}

export function close() {
  if (!place()) return;
  wanted = null;
  keep();
  place().replaceChildren($("#pane-empty").content.cloneNode(true));
  mark();
}

export function mark() {
  const id = `i-${shown()}`;
  $$(".row").forEach((row) => row.toggleAttribute("data-shown", row.id === id));
}

// --- what was typed ---------------------------------------------------------------------------

const drafts = new Map();
const fields = (id) => $$("textarea, input[name=text], input[name=reminder]", article()).map((field) =>
  [`${id} ${field.form?.getAttribute("action")} ${field.name}`, field]);

function keep() {
  const id = shown();
  if (!id) return;
  for (const [name, field] of fields(id)) {
    if (field.value && field.value !== field.defaultValue) drafts.set(name, field.value);
    else drafts.delete(name);
  }
}

function restore(id) {
  if (!article()) return;
  for (const [name, field] of fields(id)) if (drafts.has(name)) field.value = drafts.get(name);
}

// --- kept true --------------------------------------------------------------------------------

let reading = 0;
// At once, but an incident that changes on and on is read anew once a second.
let readAt = 0;
function again() {
  clearTimeout(reading);
  if (shown()) reading = setTimeout(reread, Math.max(50, readAt + 1000 - performance.now()));
}
on("touched", (ids) => { if (shown() && JSON.parse(ids).includes(shown())) again(); });
// After a reconnect everything is told anew: so is the pane.
on("rows", (html) => { if (shown() && html.includes("data-all")) again(); });

// A field with something in it that was not sent stays as it is, whatever the server would write there.
htmx.registerExtension("typed", {
  htmx_before_morph_node: (root, { oldNode }) => !(oldNode instanceof Element && oldNode.closest("#incident") && isTyped(oldNode)),
});

// The answer is for the article that asked: one that was replaced meanwhile is morphed unseen.
export async function morph(text, place) {
  const swap = { select: `#${place.id}`, swap: "outerMorph" };
  await htmx.swap({ sourceElement: place, target: place, text: ours(text), ...swap });
  document.dispatchEvent(new CustomEvent("callflow:morphed"));
}

async function reread() {
  const [id, old] = [shown(), article()];
  if (!id) return;
  readAt = performance.now();
  const answer = await ask(`/incidents/${encodeURIComponent(id)}`);
  if (!answer?.ok) return;
  // Another was put there meanwhile, made before what is told here, perhaps.
  if (article() !== old) return again();
  await morph(await answer.text(), old);
  sayAgain();
  tick();
}

// The incident as an act's answer shows it, with what only this answer says: a refusal at the form
// that it is about, where it is still there.
export async function become(text, form = "") {
  forget();
  await morph(text, article());
  const refused = form && $(form)?.checkVisibility() && $("#incident .head > .refused[role=alert]:not(#together-said)");
  if (refused) {
    refused.dataset.keep = form;
    put(refused, form);
  }
  remember();
  tick();
}

// What is wrong with a form, said at its end; the field at fault is marked.
export function sayAt(form, text, field) {
  unsay();
  const line = document.createElement("p");
  Object.assign(line, { className: "refused", id: "wrong", textContent: text });
  Object.assign(line.dataset, { keep: form, field });
  line.setAttribute("role", "alert");
  unfold($(form));
  put(line, form);
  markField(form, field);
  remember();
}

function put(line, form) {
  $(form).append(line);
  line.scrollIntoView({ block: "nearest" });
}

function markField(form, name) {
  const field = name && $$("[name]:not([type=hidden])", $(form)).find((e) => e.name === name);
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", "wrong");
}

// Why an act was refused, and what was shown for once, stays until the next act: what happens
// meanwhile reads the page anew.
const ONCE = "#incident .refused[role=alert], #incident [data-keep]";
let kept = [];
export function forget() {
  unsay();
  const texts = new Set(kept.map(({ text }) => text));
  $$(ONCE).filter((element) => texts.has(element.textContent)).forEach((element) => element.remove());
  kept = [];
}
// A refusal is over when something else is tried; what was shown stays.
function unsay() {
  $$("#incident .refused[role=alert]").forEach((element) => element.remove());
  for (const field of $$("#incident [aria-describedby=wrong]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}
export const remember = () => {
  kept = $$(ONCE).map((element) =>
    ({ element: element.cloneNode(true), place: element.dataset.keep, text: element.textContent }));
};
function sayAgain() {
  for (const one of kept) {
    if ($$(ONCE).some((element) => element.textContent === one.text)) continue;
    const place = $(one.place ?? "#incident .facts");
    if (one.place) place?.append(one.element);
    else place?.after(one.element);
    if (place && one.element.dataset.field) markField(one.place, one.element.dataset.field);
  }
}

// --- links to incidents open here -------------------------------------------------------------

document.addEventListener("click", (event) => {
  const id = hasPane() && followed(event, "/incidents/");
  if (id) open(id);
});
addEventListener("popstate", () => {
  if (!hasPane() || location.pathname !== "/") return; // another page: shell.js
  const id = new URLSearchParams(location.search).get("incident");
  if (id) { if (id !== shown()) open(id, { push: false }); } // else a place on the same page
  else close();
});
// What was typed stays where another page is looked at meanwhile.
document.addEventListener("callflow:leave", () => { wanted = null; keep(); kept = []; });
onPage(() => { if (shown()) restore(shown()); });
onChange(mark);
mark();
