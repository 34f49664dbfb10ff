// Codes in a note (RAS, GAR, POL…): typed, each becomes its text; Tab goes from blank to blank. The
// keyboard alone does all of it: the list shows while a code is typed, and Alt+↓ shows all of them.
import { $ } from "./dom.js";

const BLANK = /\[[^[\]\n]{1,40}\]/g;
let field = null, list = null, shown = [], chosen = 0;
// The blanks of what was put in, by field: brackets that somebody typed by themselves are none.
const put = new WeakMap();

const codesOf = (element) => JSON.parse(element.dataset.codes);
// The word that ends at the caret, and where it begins.
function word(element) {
  if (element.selectionStart !== element.selectionEnd) return null;
  const before = element.value.slice(0, element.selectionStart);
  const found = /(?:^|[\s(,;.:])([A-Za-z0-9]{1,8})$/.exec(before);
  return found ? { text: found[1].toUpperCase(), from: before.length - found[1].length } : null;
}

function close() {
  list?.remove();
  field?.removeAttribute("aria-activedescendant");
  field?.removeAttribute("aria-controls");
  list = null;
  shown = [];
}

function show(element, some) {
  close();
  if (!some.length) return;
  [field, shown, chosen] = [element, some, 0];
  list = document.createElement("ul");
  Object.assign(list, { id: "codes", className: "codes" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", element.dataset.codesLabel);
  shown.forEach(([code, text], place) => {
    const line = document.createElement("li"), name = document.createElement("b");
    line.id = `code-${place}`;
    line.setAttribute("role", "option");
    name.textContent = code;
    line.append(name, ` ${text}`);
    line.addEventListener("pointerdown", (event) => { event.preventDefault(); take(place); });
    list.append(line);
  });
  attach();
  mark(0);
}

function attach() {
  field.after(list);
  field.setAttribute("aria-controls", "codes");
}

function mark(place) {
  chosen = (place + shown.length) % shown.length;
  [...list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === chosen)));
  list.children[chosen].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", `code-${chosen}`);
}

// The chosen text instead of its code; the first blank is selected.
function take(place) {
  const element = field, [code, text] = shown[place], typed = word(element);
  const from = typed && code.startsWith(typed.text) ? typed.from : element.selectionStart;
  close();
  element.setRangeText(text, from, element.selectionEnd, "end");
  put.set(element, new Set([...(put.get(element) ?? []), ...(text.match(BLANK) ?? [])]));
  element.dispatchEvent(new Event("input", { bubbles: true }));
  close();
  if (!toBlank(element, from)) element.focus();
}

const left = (element) => [...element.value.matchAll(BLANK)].filter(([blank]) => put.get(element)?.has(blank));

// Selects the next blank from a place on, or the last before it; false: there is none.
function toBlank(element, from, back = false) {
  const blanks = left(element);
  const next = back ? blanks.findLast((one) => one.index < from) : blanks.find((one) => one.index >= from);
  if (!next) return false;
  element.focus();
  element.setSelectionRange(next.index, next.index + next[0].length);
  return true;
}

function check(element) {
  const [first] = left(element);
  element.setCustomValidity(first ? element.dataset.blank.replace("{}", first[0]) : "");
}

document.addEventListener("input", (event) => {
  const element = event.target;
  if (!element.dataset?.codes) return;
  check(element);
  const typed = word(element);
  if (!typed || typed.text.length < 2) return close();
  show(element, codesOf(element).filter(([code]) => code.startsWith(typed.text)));
});

document.addEventListener("keydown", (event) => {
  const element = event.target;
  if (!element.dataset?.codes || event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.altKey ? event.key !== "ArrowDown" : !handled(event, element)) return;
  if (event.altKey) show(element, codesOf(element));
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

function handled(event, element) {
  const { key, shiftKey } = event;
  if (list && field === element) {
    if (key === "ArrowDown" || key === "ArrowUp") return mark(chosen + (key === "ArrowDown" ? 1 : -1)), true;
    if (key === "Escape") return close(), true;
    if ((key === "Tab" && !shiftKey) || (key === "Enter" && exact(element))) return take(chosen), true;
  }
  if (key !== "Tab") return false;
  return toBlank(element, shiftKey ? element.selectionStart : element.selectionEnd, shiftKey);
}

// Enter in the middle of a sentence is a new line or sends: it takes only what was typed whole, or chosen.
const exact = (element) => chosen > 0 || word(element)?.text === shown[0][0] || !word(element);

document.addEventListener("focusout", (event) => { if (event.target === field) close(); });
document.addEventListener("callflow:shown", () => { if (list && !$("#codes")) close(); });
// The page became what the server says, which knows of no list: who is choosing goes on choosing.
document.addEventListener("callflow:morphed", () => {
  if (!list) return;
  if (document.activeElement !== field) return close();
  attach();
  mark(chosen);
});
