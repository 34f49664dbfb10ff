// Sounds: each trouble and each priority has its own, again and again until it is over (docs/explanation/ux.md, 2).

// Hz, one after the other. Vital is high and quick; the lower the priority, the lower and the rarer.
const TONES = {
  cut: [440, 330], store: [880, 622, 880, 622],
  p1: [988, 784, 988, 784, 988], p2: [784, 659, 784], p3: [587, 523], p4: [440],
};
const AGAIN = { cut: 4000, store: 4000, p1: 3000, p2: 6000, p3: 12000, p4: 20000 };
const OF_TROUBLE = 0.25;
// A vital alarm is never silent: while the others are, it is as quiet as this.
const MUTED_VITAL = 0.06;
export const MUTE_AT_MOST = 60_000;
const sounding = new Map();
const waking = new Set();
let audio;
let mutedUntil = 0;

// `loud` is 0 to 1; a change of it is heard at the next repetition.
export function sound(name, is, after = 0, loud = OF_TROUBLE) {
  const known = sounding.get(name);
  if (is && known) { known.loud = loud; return; }
  if (!is && !known) return;
  if (known) { clearInterval(known.timer); sounding.delete(name); return; }
  sounding.set(name, { loud, timer: setInterval(() => play(name), AGAIN[name]) });
  setTimeout(() => play(name), after);
}

// Priorities are silent for at most a minute, but the vital one; a cut stream and a lost database
// sound on.
export function mute(milliseconds) {
  mutedUntil = milliseconds ? Date.now() + Math.min(milliseconds, MUTE_AT_MOST) : 0;
}
export const mutedFor = () => Math.max(0, mutedUntil - Date.now());

// Until somebody touches a page that was just opened, a browser may keep it silent.
async function play(name) {
  if (waking.has(name) || (/^p[2-4]$/.test(name) && mutedFor())) return;
  audio ??= new AudioContext();
  waking.add(name);
  await audio.resume();
  waking.delete(name);
  const known = sounding.get(name);
  if (!known) return;
  const loud = name === "p1" && mutedFor() ? MUTED_VITAL : known.loud;
  TONES[name].forEach((hertz, place) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + place * 0.25];
    tone.frequency.value = hertz;
    volume.gain.value = loud;
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  });
}
