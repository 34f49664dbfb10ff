// Everything the page can do without a mouse, by the names of web/kit/keys.py: keys, palette and help.
import { act, press, undo } from "./acts.js";
import { toggleMute } from "./alarms.js";
import { $, $$, typing } from "./dom.js";
import { move as moveInTable } from "./lists.js";
import { current, focus, move as moveInQueue, rows, show } from "./queue.js";
import { go } from "./shell.js";
import { lead, unfold } from "./views.js";

// A row that has the focus is meant, else the incident that is shown.
const onIncident = (path, values) => () =>
  current() ? act(current().dataset.id, path, values) : press(path);

function nextAlarm() {
  if (!$("#list-queue")) return go("/");
  show("all");
  const waits = rows().filter((row) => row.closest("#list-queue"));
  focus(waits.find((row) => row.matches(".unclaimed")) ?? waits[0]);
}

const move = (step) => ($(".row") ? moveInQueue : moveInTable)(step);
const say = (name) => () => document.dispatchEvent(new CustomEvent(name));
// What is folded away is unfolded.
const into = (selector) => () => {
  const found = $(selector);
  if (found) unfold(found);
  found?.focus();
};
const field = (path, name) => into(`#incident form[data-act="${path}"] [name="${name}"]`);
const FIRST = ":is(input:not([type=hidden]), select, textarea, a[href], button:not([disabled]))";
const first = (place) => into(`${place} ${FIRST}`);
const form = (path) => first(`#incident form[data-act="${path}"]`);
// Out of a field, so that letters are keys again; what was typed stays.
const leave = () => typing(document.activeElement) && ($("#h-incident") ?? document.activeElement.blur())?.focus();

// What stands before all other acts: it is done, or led to.
function next() {
  const stands = $("#incident .next .primary");
  if (!stands) first("#incident .task.open form.ask")();
  else if (stands.matches("a")) lead(stands.getAttribute("href").slice(1));
  else if (stands.matches("summary")) field("close", "code")();
  else stands.form.requestSubmit();
}

const ZONES = [
  ["#lists", () => focus(current() ?? rows()[0])],
  ["#incident .work, #site", into("#h-incident, #h-site")],
  ["#incident .side, #telephone", into(`:is(#incident .side, #calls, #phone) :is(${FIRST}, summary)`)],
];
function nextZone() {
  const there = ZONES.filter(([zone]) => $(zone));
  const at = there.findIndex(([zone]) => document.activeElement?.closest(zone));
  there[(at + 1) % there.length]?.[1]();
}

// Of the people to call, the one at this place is called, 1 is the first; without one, it is gone to them.
function callContact(place) {
  if (!place) run("call");
  else $$("#incident .contacts > li")[place - 1]?.querySelector("form")?.requestSubmit();
}

// Whether it is open now: one modal at most.
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || $("dialog[open]")) return false;
  const row = current()?.id; // it may be another element by then
  const lost = () => document.activeElement === document.body || dialog.contains(document.activeElement);
  const back = () => lost() && focus(document.getElementById(row));
  if (row) dialog.addEventListener("close", back, { once: true });
  dialog.showModal();
  return true;
}

const doing = new Map(Object.entries({
  "answer": say("callflow:answer"),
  "hang-up": say("callflow:hang-up"),
  "next-alarm": nextAlarm,
  "down": () => move(1),
  "up": () => move(-1),
  "claim": onIncident("claim"),
  "park": onIncident("park", { minutes: "5" }),
  "release": onIncident("release"),
  "go-on": say("callflow:go-on"),
  "resume-plan": onIncident("resume-plan"),
  "undo": undo,
  "note": field("note", "text"),
  "close": field("close", "code"),
  "transfer": field("transfer", "to"),
  "password": field("password", "heard"),
  "call": into("#incident .contacts form button"),
  "verify": form("verify"),
  "service": form("call-service"),
  "report": form("report-service"),
  "next": next,
  "send-guard": onIncident("send-guard"),
  "technician": onIncident("call-technician"),
  "measure": field("measure", "text"),
  "lift": () => press("lift-measure"),
  "phone": first(":is(#pop:not([hidden]), #calls)"),
  "leave": leave,
  "pane": into("#h-incident"),
  "queue": () => focus(current() ?? rows()[0]),
  "zone": nextZone,
  "contact": callContact,
  "mute": toggleMute,
  "log": () => { const line = $(".logline"); if (line) line.open = !line.open; },
  "palette": () => document.dispatchEvent(new CustomEvent("callflow:palette")),
  "help": () => openDialog("help"),
}));

// Another module's action, by its name in web/kit/keys.py.
export const add = (name, run) => doing.set(name, run);
export const run = (name, ...values) => doing.get(name)?.(...values);
// A button for somebody with a mouse, where the page says which.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-do]");
  if (button) run(button.dataset.do);
});
// {key: name}, letters in lower case: the keys are printed beside their words.
export const keys = new Map($$("#palette [data-action]").flatMap((item) => {
  const key = $("kbd", item)?.dataset.key;
  return key ? [[key.length === 1 ? key.toLowerCase() : key, item.dataset.action]] : [];
}));
