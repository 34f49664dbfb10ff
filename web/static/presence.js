// Who is on shift, in the header of every page; and the question to whoever is alone there: is all
// well? F9 answers, whatever is being typed: the focus is never taken.
const place = document.getElementById("presence");
const HERTZ = [660, 880, 660];
const BEEP_EVERY = 2500;
let timer, beeping, audio, shown;

const now = () => document.getElementById("presence-now");
const asked = () => Boolean(now() && "asked" in now().dataset);

async function ask() {
  clearTimeout(timer);
  try {
    const answer = await fetch("/shift/presence", { redirect: "error" });
    if (answer.ok) show(await answer.text());
  } catch { /* the stream says that the station is away; the desk is rung all the same */ }
  timer = setTimeout(ask, 1000 * (now()?.dataset.again ?? 5));
}

function show(html) {
  if (html !== shown) {
    shown = html;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const held = place.contains(document.activeElement) && document.activeElement.tagName;
    place.replaceChildren(fresh.content);
    if (held) place.querySelector(held)?.focus();
  }
  beep(asked());
}

function beep(is) {
  if (is === Boolean(beeping)) return;
  clearInterval(beeping);
  beeping = is ? setInterval(play, BEEP_EVERY) : undefined;
  if (is) play();
}

// Until somebody touches a page that was just opened, a browser may keep it silent.
async function play() {
  audio ??= new AudioContext();
  await audio.resume();
  if (!beeping) return;
  HERTZ.forEach((hertz, step) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + step * 0.2];
    tone.frequency.value = hertz;
    volume.gain.value = 0.3;
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.16);
  });
}

async function here(form) {
  await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  ask();
}

document.addEventListener("submit", (event) => {
  if (!("presence" in event.target.dataset)) return;
  event.preventDefault();
  here(event.target);
});
document.addEventListener("keydown", (event) => {
  const form = document.querySelector("[data-presence]");
  if (event.key !== "F9" || event.repeat || !form) return;
  event.preventDefault();
  here(form);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
// What was just sent from a page may have been the signature of a shift.
document.addEventListener("callflow:page", ask);

ask();
