// The sound of each priority, again and again until its alarms are claimed; louder as they come back
// (D21). One tab of several sounds.
import { $, body, write } from "./dom.js";
import { known, onChange } from "./rows.js";
import { MUTE_AT_MOST, mute, mutedFor, sound } from "./sounds.js";
import { offer, withdraw } from "./toast.js";

let mine = !navigator.locks;
navigator.locks?.request("callflow-alarms", () => { mine = true; follow(); return new Promise(() => {}); });

function follow() {
  const levels = new Map();
  for (const row of known())
    if (row.unclaimed) levels.set(row.priority, Math.max(row.level, levels.get(row.priority) ?? 0));
  for (const priority of ["1", "2", "3", "4"]) {
    const level = levels.get(priority);
    const is = mine && Boolean(body.dataset.may) && level !== undefined;
    sound(`p${priority}`, is, 0, level);
  }
}

// Mute, for a minute at most; what is left of it stands on the button.
export function toggleMute() {
  mute(mutedFor() ? 0 : MUTE_AT_MOST);
  if (mutedFor()) offer("sounds", toggleMute);
  else withdraw("sounds");
  show();
}
function show() {
  const button = $("#mute");
  if (!button) return;
  const left = Math.ceil(mutedFor() / 1000);
  button.setAttribute("aria-pressed", String(left > 0));
  write($(".left", button), left ? `${left} s` : "");
}
document.addEventListener("click", (event) => { if (event.target.closest?.("#mute")) toggleMute(); });
setInterval(show, 500);
onChange(follow);
follow();
