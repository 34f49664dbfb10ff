// The palette: what is typed filters the actions and the pages, and is looked for at the station. The
// focus goes back to where it was.
import { openDialog, run } from "./actions.js";
import { $, $$, parsed } from "./dom.js";
import { open } from "./pane.js";
import { go } from "./shell.js";
import { open as openSite } from "./sites.js";

const dialog = $("#palette");
const text = $("#palette-text");
const list = $("#palette-list");
const options = () => $$("[role=option]:not([hidden])", list);
let chosen = null;
let asking = 0;

const plain = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function choose(option) {
  chosen?.setAttribute("aria-selected", "false");
  chosen = option ?? null;
  chosen?.setAttribute("aria-selected", "true");
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) text.setAttribute("aria-activedescendant", chosen.id);
  else text.removeAttribute("aria-activedescendant");
  $("#palette-none").hidden = options().length > 0;
}

function filter() {
  const wanted = plain(text.value.trim());
  for (const item of $$("[role=option]:not([data-found])", list)) item.hidden = !plain(item.textContent).includes(wanted);
  clearTimeout(asking);
  asking = setTimeout(() => ask(text.value.trim()), 120);
  choose(options()[0]);
}

async function ask(wanted) {
  const answer = wanted.length > 1 ? await fetch(`/search?q=${encodeURIComponent(wanted)}`).catch(() => null) : null;
  if (text.value.trim() !== wanted) return;
  $$("[data-found]", list).forEach((item) => item.remove());
  const found = answer?.ok ? parsed(await answer.text()) : [];
  found.forEach((item, place) => { item.id = `found-${place}`; item.dataset.found = ""; });
  list.append(...found);
  choose(chosen?.isConnected && !chosen.hidden ? chosen : options()[0]);
}

function take(option) {
  if (!option) return;
  dialog.close(); // the focus is back where it was
  if (option.dataset.action) run(option.dataset.action);
  else if (option.dataset.incident) open(option.dataset.incident);
  else if (option.dataset.site) openSite(option.dataset.site);
  else if (option.dataset.page) go(option.dataset.page);
}

text?.addEventListener("input", filter);
text?.addEventListener("keydown", (event) => {
  const all = options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(all[(all.indexOf(chosen) + step + all.length) % all.length]);
  else if (event.key === "Enter") take(chosen);
  else return;
  event.preventDefault();
});
list?.addEventListener("click", (event) => take(event.target.closest("[role=option]")));
document.addEventListener("callflow:palette", () => {
  if (!openDialog("palette")) return;
  text.value = "";
  filter();
  text.focus();
});
