// Keys do what the list of actions says. Letters are off while typing (docs/explanation/ux.md, 4).
import { keys, run } from "./actions.js";
import { typing } from "./dom.js";

// What a key that is held down does again and again; an act is done once.
const MOVES = new Set(["down", "up"]);

function name(event) {
  const letter = event.key.length === 1;
  const key = letter ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && !event.altKey) return keys.get(`Ctrl+${key.toUpperCase()}`);
  if (event.altKey || (letter && typing(event.target))) return undefined;
  return keys.get(key);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  const place = event.altKey && !event.ctrlKey && /^Digit([1-9])$/.exec(event.code)?.[1];
  if (place) {
    event.preventDefault();
    if (!event.repeat) run("contact", Number(place));
    return;
  }
  const action = name(event);
  if (!action) return;
  event.preventDefault();
  if (!event.repeat || MOVES.has(action)) run(action);
});
