// The headset at the start of a shift: a tone to be confirmed, and how loud the microphone hears.
import { $ } from "./console/dom.js";

const SECONDS = 4;
const chosen = (id) => localStorage.getItem(`callflow:${id}`) ?? "";

async function sounding() {
  const sound = new AudioContext();
  await sound.setSinkId?.(chosen("phone-speaker")).catch(() => {});
  await sound.resume();
  return sound;
}

async function tone(place, button) {
  button.setAttribute("aria-pressed", "true");
  const sound = await sounding();
  const volume = new GainNode(sound, { gain: 0.1 });
  const heard = new OscillatorNode(sound, { frequency: 660 });
  heard.connect(volume).connect(sound.destination);
  heard.start();
  heard.stop(sound.currentTime + 1.5);
  heard.onended = () => {
    button.setAttribute("aria-pressed", "false");
    sound.close();
  };
}

// The loudest of short windows, in dB below full scale: of one click little is left in a window.
async function listen(place) {
  const said = (what) => { $("output", place).textContent = place.dataset[`said${what}`]; };
  const id = chosen("phone-microphone");
  const audio = id ? { deviceId: { ideal: id } } : true;
  const heard = await navigator.mediaDevices?.getUserMedia({ audio }).catch(() => null);
  if (!heard) return said("Refused");
  said("Listening");
  const sound = await sounding();
  const ear = new AnalyserNode(sound, { fftSize: 4096 });
  sound.createMediaStreamSource(heard).connect(ear);
  const wave = new Float32Array(ear.fftSize);
  let loudest = -120;
  const until = performance.now() + 1000 * SECONDS;
  while (performance.now() < until) {
    await new Promise((done) => setTimeout(done, 80));
    ear.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
    const level = power > 0 ? Math.max(-120, 10 * Math.log10(power)) : -120;
    loudest = Math.max(loudest, level);
    $("meter", place).value = level;
  }
  heard.getTracks().forEach((track) => track.stop());
  sound.close();
  $("[name=sound-level]", place).value = loudest.toFixed(1);
  said(loudest < Number(place.dataset.quietest) ? "Quiet" : "Good");
}

const ACTS = { tone, listen };
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-sound]");
  if (button) ACTS[button.dataset.sound](button.closest("[data-quietest]"), button);
});
