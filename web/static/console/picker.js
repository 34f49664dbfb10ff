// A site's field: what is typed is looked for at the station, and the sites that are found are offered; the key of the
// one that is chosen is sent. Without this a key, or what the page asks for, is typed.
import { $$, parsed } from "./dom.js";

let waits = 0;
document.addEventListener("input", (event) => {
  const field = event.target.closest?.("input[data-sites]");
  if (!field) return;
  clearTimeout(waits);
  if (!isChosen(field)) waits = setTimeout(() => offer(field), 150);
});

const isChosen = (field) => [...field.list.options].some((one) => one.value === field.value);

async function offer(field) {
  const wanted = field.value.trim();
  if (wanted.length < 2) return field.list.replaceChildren();
  const answer = await fetch(`/search?q=${encodeURIComponent(wanted)}`).catch(() => null);
  if (!answer?.ok || !field.isConnected || field.value.trim() !== wanted) return;
  const found = parsed(await answer.text());
  field.list.replaceChildren(...new Map(found.flatMap((line) => option(line))).values());
}

// [key, option] of a line that leads to a site: the site itself, or one of its people.
function option(line) {
  const { site } = line.dataset;
  if (!site) return [];
  const said = $$("span", line).map((part) => part.textContent.trim()).join(" · ");
  return [[site, Object.assign(document.createElement("option"), { value: site, label: said })]];
}
