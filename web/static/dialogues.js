// Sentences are heard, one at a time; in a walk the keyboard's keys are the phone's.
const audio = new Audio();
let pressed;

function quiet() {
  audio.pause();
  pressed?.setAttribute("aria-pressed", "false");
  pressed = undefined;
}

async function hear(button) {
  const again = button === pressed;
  quiet();
  if (again) return;
  pressed = button;
  button.setAttribute("aria-pressed", "true");
  audio.src = button.dataset.play;
  try {
    await audio.play();
  } catch { // another one was pressed meanwhile, or there is no sound
    if (pressed === button) quiet();
  }
}

audio.addEventListener("ended", quiet);
document.addEventListener("callflow:leave", quiet);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-play]");
  if (button) hear(button);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const key = [...document.querySelectorAll("[data-pad] [data-key]")].find((one) => one.dataset.key === event.key);
  if (!key) return;
  event.preventDefault();
  key.click();
});
