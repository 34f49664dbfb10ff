// The headset at the start of a shift: a tone to be confirmed, and how loud the microphone hears.
import { $ } from "./console/dom.js";
import { hear, sounding, tone } from "./sound.js";

const SECONDS = 4;

async function play(place, button) {
  button.setAttribute("aria-pressed", "true");
  const sound = await sounding();
  await tone(sound, 1.5);
  button.setAttribute("aria-pressed", "false");
  sound.close();
}

// The loudest of short windows, in dB below full scale: of one click little is left in a window.
async function listen(place) {
  const said = (what) => { $("output", place).textContent = place.dataset[`said${what}`]; };
  const sound = await sounding();
  let loudest = -120;
  const heard = await hear(sound, SECONDS, 4096, (wave) => {
    const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
    const level = power > 0 ? Math.max(-120, 10 * Math.log10(power)) : -120;
    loudest = Math.max(loudest, level);
    $("meter", place).value = level;
  }, () => said("Listening"));
  sound.close();
  if (!heard) return said("Refused");
  $("[name=sound-level]", place).value = loudest.toFixed(1);
  said(loudest < Number(place.dataset.quietest) ? "Quiet" : "Good");
}

const ACTS = { tone: play, listen };
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-sound]");
  if (button) ACTS[button.dataset.sound](button.closest("[data-quietest]"), button);
});
