// Sounds: each trouble and each priority has its own, again and again until it is over (docs/explanation/ux.md, 2).

// Hz, one after the other. Vital is high and quick; the lower the priority, the lower and the rarer.
const TONES = {
  cut: [440, 330], store: [880, 622, 880, 622],
  p1: [988, 784, 988, 784, 988], p2: [784, 659, 784], p3: [587, 523], p4: [440],
};
const AGAIN = { cut: 4000, store: 4000, p1: 3000, p2: 6000, p3: 12000, p4: 20000 };
const LASTS = 0.2, EVERY = 0.25; // seconds: a tone, and from one to the next
const OF_TROUBLE = 0.25;
// As fresh, and as left alone for so many turns of the telephones (D21). No lower priority is ever as
// loud as a higher one: each has a band of its own.
const LOUD = { p1: [0.34, 0.9], p2: [0.2, 0.28], p3: [0.12, 0.17], p4: [0.08, 0.11] };
const LEVELS = 5;
// A vital alarm is never silent: while the others are, it is as quiet as this.
const MUTED_VITAL = 0.06;
export const MUTE_AT_MOST = 60_000;
const sounding = new Map();
const waking = new Set();
let audio;
let mutedUntil = 0;

export const names = Object.keys(TONES);
// 0 to 1, of a priority's sound at a level of its row.
export function loudness(name, level = 0) {
  const [fresh, most] = LOUD[name] ?? [OF_TROUBLE, OF_TROUBLE];
  return fresh + ((most - fresh) * Math.min(level, LEVELS)) / LEVELS;
}

// A change of `level` is heard at the next repetition.
export function sound(name, is, after = 0, level = 0) {
  const known = sounding.get(name);
  if (is && known) { known.level = level; return; }
  if (!is && !known) return;
  if (known) { clearInterval(known.timer); sounding.delete(name); return; }
  sounding.set(name, { level, timer: setInterval(() => play(name), AGAIN[name]) });
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
  if (known) tones(audio, name, name === "p1" && mutedFor() ? MUTED_VITAL : loudness(name, known.level));
}

// Once, in any context of WebAudio.
export function tones(context, name, loud) {
  TONES[name].forEach((hertz, place) => {
    const [tone, volume, at] = [context.createOscillator(), context.createGain(), context.currentTime + place * EVERY];
    tone.frequency.value = hertz;
    volume.gain.value = loud;
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + LASTS);
  });
}
