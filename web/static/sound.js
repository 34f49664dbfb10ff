// Sound tried at this desk: a tone at the chosen speaker, and what the chosen microphone hears.
export const chosen = (id) => localStorage.getItem(`callflow:${id}`) ?? "";

// The chosen microphone, as a constraint; where none was chosen, any.
export const microphone = () => {
  const id = chosen("phone-microphone");
  return id ? { deviceId: { ideal: id } } : true;
};

// What sounds at the chosen speaker; whoever opened it closes it.
export async function sounding() {
  const sound = new AudioContext();
  await sound.setSinkId?.(chosen("phone-speaker")).catch(() => {});
  await sound.resume();
  return sound;
}

// A quiet tone of so many seconds; awaited, its end.
export function tone(sound, seconds) {
  const volume = new GainNode(sound, { gain: 0.1 });
  const heard = new OscillatorNode(sound, { frequency: 660 });
  heard.connect(volume).connect(sound.destination);
  const ended = new Promise((done) => { heard.onended = done; });
  heard.start();
  heard.stop(sound.currentTime + seconds);
  return ended;
}

// What the microphone hears for so many seconds: each short window of `size` samples is told.
// False where nobody may hear it; `begun` is called where somebody may.
export async function hear(sound, seconds, size, told, begun = () => {}) {
  const audio = microphone();
  const heard = await navigator.mediaDevices?.getUserMedia({ audio }).catch(() => null);
  if (!heard) return false;
  begun();
  const ear = new AnalyserNode(sound, { fftSize: size });
  sound.createMediaStreamSource(heard).connect(ear);
  const wave = new Float32Array(ear.fftSize);
  const until = performance.now() + 1000 * seconds;
  while (performance.now() < until) {
    await new Promise((done) => setTimeout(done, 60));
    ear.getFloatTimeDomainData(wave);
    told(wave);
  }
  heard.getTracks().forEach((track) => track.stop());
  return true;
}
