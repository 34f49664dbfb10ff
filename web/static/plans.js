// A plan's draft is written live: what is changed is saved, and what the page shows of it is drawn
// anew, while the page stays. Without this script each form has its button.
import { isTyped } from "./console/dom.js";
import { morph } from "./console/pane.js";

const PARTS = ["plan-head", "plan-bar", "plan-list", "plan-drawn", "plan-form", "plan-run"];
const $ = (id) => document.getElementById(id);
const page = () => $("plan-page")?.matches(".writing") ? $("plan-page") : null;
const typed = (form) => new URLSearchParams(new FormData(form)).toString();

// --- one thing after the other --------------------------------------------------------------------

let work = Promise.resolve();
let waiting = 0;
function next(act) {
  waiting += 1;
  page()?.setAttribute("data-busy", "");
  work = work.then(act).catch(away).finally(() => {
    waiting -= 1;
    if (!waiting) page()?.removeAttribute("data-busy");
  });
}
function away() {
  const line = $("problem");
  line.textContent = line.dataset.away;
  line.hidden = false;
}

async function send(id) {
  const form = $(id);
  if (!form) return;
  if (!form.checkValidity()) return void form.reportValidity();
  const data = typed(form);
  const url = new URL(form.getAttribute("action"), location.href);
  const post = form.method === "post";
  if (!post) url.search = data;
  await show(await fetch(url, post ? { method: "POST", body: new URLSearchParams(data) } : {}), id, data);
}
async function load(address) { await show(await fetch(address)); }

// --- what came, in the place of what was there -----------------------------------------------------

async function show(answer, id, data) {
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  await released();
  if (!page()) return; // another page is there by now
  const its = fresh.getElementById("plan-page");
  if (!its?.matches(".writing")) return location.assign(answer.url);
  $("problem").hidden = true;
  if (!answer.ok) {
    page().replaceWith(document.adoptNode(its));
    begin();
    return $("wrong")?.scrollIntoView({ block: "nearest" });
  }
  history.replaceState(history.state, "", answer.url);
  const at = document.activeElement;
  const [focus, caret] = [known(at), at?.selectionStart != null && [at.selectionStart, at.selectionEnd]];
  const open = [...page().querySelectorAll("details[open]")].map((each) => each.id);
  sent = { id, data: new URLSearchParams(data) };
  for (const part of PARTS) {
    const [old, now] = [$(part), fresh.getElementById(part)];
    if (!old || !now) continue;
    if (old.querySelector(TYPED) && stepOf(old) === stepOf(now)) await morph(now.outerHTML, old);
    else old.replaceWith(document.adoptNode(now));
  }
  for (const each of open) if ($(each)) $(each).open = true;
  begin();
  const before = focus && document.querySelector(focus);
  const wanted = page().querySelector("[autofocus]") ?? before;
  if (!wanted || wanted === document.activeElement) return;
  wanted.focus({ preventScroll: !wanted.autofocus });
  if (caret && wanted === before && wanted.selectionStart != null) wanted.setSelectionRange(...caret);
}

// By what a control is found again in what is drawn anew.
function known(control) {
  if (!page()?.contains(control)) return "";
  if (control.id) return `#${CSS.escape(control.id)}`;
  const by = (name) => `[${name}="${CSS.escape(control.getAttribute(name))}"]`;
  if (control.matches("a")) return `#plan-page a${by("href")}`;
  if (control.matches("summary") && control.parentElement.id) return `#${CSS.escape(control.parentElement.id)} > summary`;
  if (!control.form) return "";
  const form = control.form.id ? `#${CSS.escape(control.form.id)}` : `form[action="${CSS.escape(control.form.getAttribute("action"))}"]`;
  return `${form} ${control.localName}${control.name ? by("name") : ""}`;
}

// The form of a step that stays open, and that of the simulation, stay, with what was changed since it
// was sent, or is not sent yet, and with the caret or what is selected where somebody types. A list is drawn
// anew: what was chosen may have another name.
const TYPED = "#step-form, #sim";
let sent;
const stepOf = (part) => part.querySelector("[name=step]")?.value;
const first = (list) => [...list.options].find((each) => each.defaultSelected) ?? list.options[0];
const changed = (field) => {
  if (field.form.id === sent.id) return String(new FormData(field.form).getAll(field.name)) !== String(sent.data.getAll(field.name));
  return isTyped(field) || !!field.checked !== !!field.defaultChecked || (field.matches("select") && field.value !== first(field)?.value);
};
htmx.registerExtension("sent", {
  htmx_before_morph_node: (root, { oldNode, newNode }) => {
    if (!oldNode.form?.matches(TYPED) || !oldNode.name || oldNode.type === "hidden") return true;
    if (changed(oldNode)) return false;
    if (!oldNode.matches("select")) return true;
    const { value } = newNode;
    oldNode.replaceChildren(...newNode.childNodes);
    oldNode.value = value;
    return false;
  },
});

// While the pointer is down nothing is drawn anew below it: what is pressed would not be clicked.
let down = false;
let up = [];
document.addEventListener("pointerdown", () => { down = true; keys = false; }, true);
for (const end of ["pointerup", "pointercancel", "dragend"]) {
  document.addEventListener(end, () => setTimeout(() => {
    down = false;
    up.splice(0).forEach((go) => go());
  }), true);
}
const released = () => down ? new Promise((go) => up.push(go)) : undefined;

// --- what is changed --------------------------------------------------------------------------------

let keys = false; // by keys a list changes at each arrow: what is chosen is saved when it is left
document.addEventListener("keydown", (event) => {
  keys = true;
  if (event.key === "Enter" && event.target.matches("select[data-chosen]")) leave(event);
}, true);
function leave({ target }) {
  if (!target.matches?.("select[data-chosen]")) return;
  delete target.dataset.chosen;
  const { id } = target.form;
  next(() => send(id));
}
document.addEventListener("focusout", leave);
document.addEventListener("change", ({ target }) => {
  const form = target.form;
  if (!page()?.contains(form)) return;
  const list = target.matches("select");
  if (form.matches("[data-live]")) {
    if (list && keys) target.dataset.chosen = "";
    else next(() => send(form.id));
  } else if (form.matches("[data-pick]") && list && !keys && target.value) {
    next(() => send(form.id));
  }
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!page()?.contains(form)) return;
  if (form.matches("[data-live], [data-quick]")) {
    event.preventDefault();
    next(() => send(form.id));
  } else if (waiting) { // it goes on from what is being saved
    event.preventDefault();
    const action = form.getAttribute("action");
    work.then(() => page()?.querySelector(`form[action="${CSS.escape(action)}"]`)?.requestSubmit());
  }
});

// A step is selected in the list or in the picture, a place for a new one by its "+".
document.addEventListener("click", (event) => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (!page()?.contains(event.target)) return;
  const drawn = event.target.closest("#plan-drawn [data-step]");
  const link = drawn ? $(`pick-${drawn.dataset.step}`) : event.target.closest("a[href]");
  if (!link) return;
  const { href, pathname } = new URL(link.href, location.href);
  const mine = pathname === location.pathname && !link.hash;
  if (!mine && !(waiting && !link.hash)) return;
  event.preventDefault();
  if (mine) next(() => load(href));
  else work.then(() => link.click());
});

// --- what each drawing begins with -------------------------------------------------------------------

function begin() {
  if (!page()) return;
  const fresh = $("new-steps");
  for (const list of document.querySelectorAll("select[data-leads]")) {
    if (!list.querySelector("optgroup")) list.append(fresh.content.cloneNode(true));
  }
  for (const grip of document.querySelectorAll("[data-grip]")) {
    grip.hidden = false;
    grip.draggable = true;
  }
  const box = $("scroll-picture");
  const drawn = box?.querySelector(".selected");
  if (!drawn) return;
  const [inner, outer] = [drawn.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += inner.top - outer.top - 60;
}

// A step is taken by its grip and dropped before another: the order is sent as ↑ and ↓ send it.
let held;
let began;
const places = () => [...$("plan-list").querySelectorAll("[data-place]")].map((step) => step.dataset.place).join(",");
document.addEventListener("dragstart", (event) => {
  if (!event.target.matches?.("[data-grip]")) return;
  held = event.target.closest("[data-place]");
  began = places();
  held.classList.add("held");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setDragImage(held, 10, 10);
});
document.addEventListener("dragover", (event) => {
  const step = held && event.target.closest?.("[data-place]");
  if (!step || step.parentElement !== held.parentElement) return;
  event.preventDefault();
  const box = step.getBoundingClientRect();
  if (step !== held) step[event.clientY < box.top + box.height / 2 ? "before" : "after"](held);
});
document.addEventListener("drop", (event) => { if (held) event.preventDefault(); });
document.addEventListener("dragend", () => {
  if (!held) return;
  const moved = held;
  held = undefined;
  moved.classList.remove("held");
  if (places() === began) return;
  const form = $("order");
  form.elements.order.value = places();
  form.elements.at.value = [...moved.parentElement.children].indexOf(moved) + 1;
  next(() => send("order"));
});

begin();
document.addEventListener("callflow:page", begin);
