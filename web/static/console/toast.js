// What was done here and nowhere else, said for some seconds with what takes it back (U, as an act on
// an alarm: acts.js).
import { $, write } from "./dom.js";

const LASTS = 8000; // ms
const backs = new WeakMap(); // toast → what takes it back

// `name` is a text of the template's; the toast before it goes.
export function offer(name, back) {
  const form = $("#undo-here").content.firstElementChild.cloneNode(true);
  write($("span", form), form.dataset[name]);
  form.dataset.of = name;
  backs.set(form, back);
  $("#undo").replaceChildren(form);
  setTimeout(() => form.remove(), LASTS);
}

// It was taken back by itself.
export const withdraw = (name) => $(`#undo form[data-of="${name}"]`)?.remove();

document.addEventListener("submit", (event) => {
  const back = backs.get(event.target);
  if (!back) return;
  event.preventDefault();
  event.target.remove();
  back();
});
