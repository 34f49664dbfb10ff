// Acts on incidents: a form's answer is the incident as it is then; a row's acts go out alone.
import { tick } from "./clock.js";
import { $, $$, ask, body, parsed, typing, write } from "./dom.js";
import * as pane from "./pane.js";
import { go } from "./shell.js";

// Sends an act; the answer is an incident, or a page that says what is wrong: at the form that was
// sent, else below.
async function send(action, sent, from = null) {
  sent.set("csrf", body.dataset.csrf);
  const answer = await ask(action, { method: "POST", body: sent });
  if (!answer) return null;
  const text = await answer.text();
  const found = parsed(text).find((e) => e.id === "incident");
  const wrong = found ? null : problem(text);
  const at = wrong && from && placeOf(from.form, from.submitter);
  if (at && $(at)) pane.sayAt(at, wrong.said, wrong.field);
  say(wrong && !(at && $(at)) ? wrong.said : "");
  offerUndo();
  return { status: answer.status, text, incident: found?.dataset.incident };
}

const problem = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const line = $(".detail", page) ?? $(".refused", page);
  return { said: line?.textContent ?? "?", field: line?.dataset.field ?? "" };
};

// Where a form is found again when the page was read anew: its address, and what it sends by itself.
const placeOf = (form, submitter) => `#incident form[action="${CSS.escape(form.getAttribute("action"))}"]`
  + [...$$("input[type=hidden]", form), submitter].filter((e) => e?.name && e.name !== "csrf")
    .map((e) => `:has([name="${CSS.escape(e.name)}"][value="${CSS.escape(e.value)}"])`).join("");

// What is wrong, until the next act.
export function say(text) {
  const line = $("#problem");
  if (!line) return;
  line.hidden = !text;
  write(line, text);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.act || !form.closest("#incident")) return;
  event.preventDefault();
  const of = pane.shown();
  const { submitter } = event;
  // The token is another each time that the page is read.
  const typed = () => String(new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrf")));
  const before = typed();
  const sent = new URLSearchParams(new FormData(form, submitter));
  const answer = await send(form.getAttribute("action"), sent, { form, submitter });
  if (!answer?.incident || pane.shown() !== of) return;
  await pane.become(answer.text, answer.status < 400 ? "" : placeOf(form, submitter));
  // What was refused may be put right; what was typed in secret is typed again. What was typed since
  // stays: the stream may have shown what came of it, before the answer did.
  if (typed() === before && (answer.status < 400 || form.autocomplete === "off")) form.reset();
  if (answer.status < 400) fold(form.closest("details:not(.view)"));
  if (answer.status < 400 && form.dataset.act === "take-over") askPassword();
});

// Who takes a call over asks for the password first: it is typed as it is heard, and Enter checks it.
function askPassword() {
  const field = $("#form-password [name=heard]");
  if (field && !typing(document.activeElement)) field.focus({ preventScroll: true });
}

// Pressed twice, or held down: by then another act stands there.
function again(event) {
  const held = event.repeat && ["Enter", " "].includes(event.key);
  if ((event.detail > 1 || held) && event.target.closest?.("#incident .next .primary")) event.preventDefault();
}
document.addEventListener("click", again, { capture: true });
document.addEventListener("keydown", again, { capture: true });

// A folded form that is done with is folded again, and letters are keys again.
function fold(details) {
  if (!details) return;
  const inside = details.contains(document.activeElement);
  details.open = false;
  if (inside) $("#h-incident")?.focus({ preventScroll: true });
}

// An act on a row of the queue; a refusal is shown with the incident.
export async function act(id, path, values = {}) {
  const answer = await send(`/incidents/${id}/${path}`, new URLSearchParams(values));
  if (!answer?.incident) return;
  if (pane.shown() === id) await pane.become(answer.text);
  else if (answer.status === 409) {
    if (!pane.hasPane()) return go(`/incidents/${id}`);
    pane.show(answer.text, id);
    pane.remember();
  }
}

// Taken in its row by the mouse: opened too, but where somebody works on another one.
async function take(id) {
  const works = pane.shown() && $("#closing");
  await act(id, "claim");
  if (!works && pane.shown() !== id) await pane.open(id);
}

// The form of an act that the page offers now, sent as if its button were pressed.
export function press(path) {
  const form = $(`#incident form[data-act="${path}"]`);
  form?.requestSubmit();
  return Boolean(form);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (button?.matches("[data-take]")) take(button.closest(".row").dataset.id);
  if (button?.matches("[data-choose-all]")) {
    const boxes = $$("input[name=one]", button.form);
    const all = boxes.every((box) => box.checked);
    boxes.forEach((box) => { box.checked = !all; });
  }
});

// --- undo: offered for some seconds (docs/explanation/ux.md, 7) -------------------------------------------------

let ending = 0;
async function offerUndo() {
  const place = $("#undo");
  if (!place || !body.dataset.may) return;
  const answer = await fetch("/undo").catch(() => null);
  if (!answer?.ok) return;
  place.replaceChildren(...parsed(await answer.text()));
  endUndo();
}

// Counted from here: what is left of it when it was told.
function endUndo() {
  const form = $("#undo form");
  clearTimeout(ending);
  if (form) ending = setTimeout(() => form.remove(), Number(form.dataset.left) * 1000);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("#undo [action]")) return;
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form));
  $("#undo").replaceChildren();
  const answer = await send(form.getAttribute("action"), sent);
  if (!answer?.incident) return;
  if (pane.shown() === answer.incident) await pane.become(answer.text);
  else if (answer.status === 409 && pane.hasPane()) { pane.show(answer.text, answer.incident); pane.remember(); }
  tick();
});
export const undo = () => $("#undo form")?.requestSubmit();
