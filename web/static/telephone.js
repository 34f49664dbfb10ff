// The telephone of this desk: rings, answers, speaks. What is done with a call is asked of the server
// and told by the stream; only answering, and the sound, are done here. One tab has it at a time.
import { $, $$, body, parsed, write } from "./console/dom.js";
import { tick } from "./console/clock.js";
import * as pane from "./console/pane.js";
import { open as openSite } from "./console/sites.js";
import { holdsTyped } from "./console/shell.js";
import { on } from "./console/stream.js";
import { offer, withdraw } from "./console/toast.js";
import { chosen, hear, microphone, sounding, tone } from "./sound.js";

const phone = $("#phone");
const voice = $("#phone-voice");
const sessions = new Map(); // call id → JsSIP session
let ua = null;
let mine = ""; // the name of this browser's telephone

const state = (name) => {
  phone.dataset.state = name;
  const word = name[0].toUpperCase() + name.slice(1);
  const said = phone.dataset[`said${word}`] ?? "";
  write($("#phone-state"), said);
  const chip = $("#phone-chip");
  if (!chip) return;
  chip.dataset.state = name;
  write($(".says", chip), said);
};

// --- acts: of the server -----------------------------------------------------------------------

async function ask(act, values = {}, { quiet = false } = {}) {
  const answer = await fetch(`/telephone/${act}`, {
    method: "POST", body: new URLSearchParams({ csrf: body.dataset.csrf, ...values }),
  }).catch(() => null);
  if (quiet) return Boolean(answer?.ok);
  const refused = $("#phone-refused");
  refused.hidden = !answer || answer.ok;
  if (answer && !answer.ok) refused.replaceChildren(...parsed(await answer.text()));
  return Boolean(answer?.ok);
}

// Calls that I answered: the page knows of one a little earlier than its sound is there.
const answered = new Set();
const ringing = () => $('.leg:not([data-state="answered"]):not([data-mine])', phone);

function answer() {
  const leg = ringing();
  if (leg) {
    answered.add(leg.dataset.leg);
    return take(leg.dataset.leg);
  }
  $('[data-phone="join"][data-key]', phone)?.click();
}

async function hangUp(values = {}) {
  if (await ask("hang-up", values)) return;
  for (const session of sessions.values()) if (!session.isEnded()) session.terminate();
}

document.addEventListener("callflow:answer", answer);
document.addEventListener("callflow:hang-up", () => hangUp());
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-phone]");
  if (!button) return;
  const { phone: act, key, ...values } = button.dataset;
  if (act === "answer") return answer();
  if (act === "hang-up") return hangUp(values);
  press(act, values);
});

// What is taken back by which.
const BACK = { hold: "resume", mute: "unmute" };
async function press(act, values) {
  if (act === "mute" || act === "unmute") sessions.forEach((s) => (act === "mute" ? s.mute() : s.unmute()));
  const taken = Object.keys(BACK).find((one) => BACK[one] === act);
  if (taken) withdraw(taken);
  if (await ask(act, values) && BACK[act]) offer(act, () => press(BACK[act], values));
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.phoneForm) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form, event.submitter));
  // A machine speaks to this telephone, and nobody else: the keys are its own.
  if (form.dataset.phoneForm === "own-keys")
    sessions.get(values.leg)?.sendDTMF(values.keys, { transportType: "RFC2833" });
  else ask(form.dataset.phoneForm, values);
  form.reset();
});

// --- what the stream tells -----------------------------------------------------------------------

// Redrawn where it stands: the focus stays on the link or button that had it, typed keys stay.
on("calls", (html) => {
  const calls = $("#calls");
  const at = document.activeElement;
  const same = at && calls.contains(at) && nameOf(at);
  const typed = same && "value" in at ? at.value : null;
  calls.replaceChildren(...parsed(html));
  if (same) {
    const again = $$("a, button, input, select", calls).find((e) => nameOf(e) === same);
    again?.focus();
    if (again && typed !== null && again.tagName === "INPUT") again.value = typed;
  }
  tick();
  settle();
});
const nameOf = (e) => [e.closest("[data-call], [data-leg]")?.dataset.call ?? "", e.dataset.phone ?? "",
  e.name ?? "", e.getAttribute("href") ?? "", e.value && e.tagName === "BUTTON" ? e.value : ""].join("|");

on("pop", (html) => {
  const pop = $("#pop");
  const shown = parsed(html).filter((e) => e.dataset.pop);
  if (!shown.length) { pop.hidden = true; return pop.replaceChildren(); }
  pop.replaceChildren(...shown);
  popped = { leg: shown[0].dataset.pop, sites: $$(".candidate > .where > a[href^='/sites/']", pop) };
  pop.hidden = false;
  pop.dataset.at = String(Math.round(performance.timeOrigin + performance.now()));
  tick();
});

// A call that the rows know to be over is over here, too, though its end may have been lost; one
// that I asked for is answered without a word.
function settle() {
  const legs = new Map($$(".leg", phone).map((leg) => [leg.dataset.leg, leg]));
  for (const [id, session] of sessions) {
    const leg = legs.get(id);
    if (leg) {
      session.known = true;
      if ("mine" in leg.dataset || answered.has(id)) take(id);
    } else if (session.known && !session.isEnded()) session.terminate();
  }
  for (const leg of legs.values()) comeBack(leg);
  sounds();
  const up = $('.leg[data-state="answered"]', phone);
  if (up && up.dataset.leg !== opened) {
    opened = up.dataset.leg;
    showWhatItIsAbout($("a[href^='/incidents/']", up));
  }
}
let opened = "";

// Whoever answers sees the call's own alarm, else its site, whatever was in view; what was typed there
// is kept. A page without a pane gives its place, unless something is typed there: the card leads to it.
function showWhatItIsAbout(alarm) {
  if (!pane.hasPane() && holdsTyped()) return;
  const id = (link) => decodeURIComponent(link.pathname.split("/")[2]);
  if (alarm) return id(alarm) === pane.shown() || pane.open(id(alarm));
  const [place, ...others] = popped.leg === opened ? popped.sites : [];
  if (place && !others.length) openSite(id(place));
}
let popped = { leg: "", sites: [] };

// My call without its sound: the page was loaded again, or the network was away for too long.
const asked = new Set();
const lost = ({ connection, deaf }) => {
  const ice = connection?.iceConnectionState;
  return ice === "failed" || ice === "closed" || (ice === "disconnected" && deaf >= 2);
};
async function comeBack(leg) {
  const { leg: id, at, state: is } = leg.dataset;
  if (is !== "answered" || at !== mine || phone.dataset.state !== "registered" || asked.has(id)) return;
  const session = sessions.get(id);
  if (session && !lost(session)) return;
  asked.add(id);
  if (!(await ask("rejoin", { leg: id }, { quiet: true }))) asked.delete(id); // nobody asked by hand
}

// --- the softphone -------------------------------------------------------------------------------

const constraints = () => ({ audio: microphone(), video: false });

function take(id) {
  const session = sessions.get(id);
  if (!session || session.taken || session.isEnded() || session.isEstablished()) return;
  session.taken = true;
  ring("");
  session.answer({ mediaConstraints: constraints(), pcConfig: { iceServers: [] } });
}

function follow({ originator, session, request }) {
  if (originator !== "remote") return session.terminate();
  const id = request.from.display_name;
  sessions.set(id, session);
  session.on("peerconnection", ({ peerconnection }) => {
    peerconnection.addEventListener("iceconnectionstatechange", settle);
    peerconnection.addEventListener("track", ({ streams: [stream] }) => { voice.srcObject = stream; speaker(); });
  });
  const over = ({ cause } = {}) => {
    if (sessions.get(id) === session) sessions.delete(id);
    if (cause === JsSIP.C.causes.USER_DENIED_MEDIA_ACCESS) state("refused");
    if (sessions.size) sounds(); else ring("");
    write($("#phone-quality"), "");
  };
  session.on("ended", over);
  session.on("failed", over);
  settle();
}

async function softphone(options) {
  const answer = await fetch("/telephone/softphone", options);
  if (!answer.ok) throw new Error(`it was refused: ${answer.status}`);
  return answer.json();
}

async function credentials() {
  const headers = { "X-CSRF-Token": body.dataset.csrf };
  let given = await softphone({ method: "POST", headers });
  for (let pause = 100; !given.ready && pause < 5000; pause *= 1.5) { // 11 seconds, and ten questions
    await new Promise((done) => setTimeout(done, pause));
    given = await softphone();
  }
  if (!given.ready) throw new Error("Asterisk does not know this telephone");
  return given;
}

let begun = 0;
async function begin() {
  const turn = ++begun;
  state("connecting");
  let given;
  try { given = await credentials(); } catch { return again(turn); }
  mine = given.name.replace(/^op-/, ""); // as pages have it: they show no name of Asterisk's
  ua?.stop();
  const host = new URL(given.server).hostname;
  ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(given.server)], uri: `sip:${given.name}@${host}`,
    password: given.secret, register_expires: 60, session_timers: false, user_agent: "Callflow",
    connection_recovery_min_interval: 1, connection_recovery_max_interval: 3,
  });
  ua.on("registered", () => { state("registered"); settle(); });
  ua.on("disconnected", () => { if (turn === begun) state("away"); });
  ua.on("registrationFailed", () => again(turn));
  ua.on("newRTCSession", follow);
  ua.start();
}

// Another secret, where this one is not taken any more; calls that are up go on meanwhile.
function again(turn) {
  if (turn !== begun) return;
  state("away");
  setTimeout(() => { if (turn === begun && phone.dataset.state === "away") begin(); }, 2000);
}

if (phone && window.JsSIP && body.dataset.may) {
  state("elsewhere");
  navigator.locks.request("callflow-telephone", () => { begin(); return new Promise(() => {}); });
}

// --- how it sounds ----------------------------------------------------------------------------------

const speaker = () => voice.setSinkId?.(chosen("phone-speaker")).catch(() => {});

async function devices() {
  const found = await navigator.mediaDevices?.enumerateDevices() ?? [];
  for (const select of $$("[data-device]", phone)) {
    const options = found.filter((d) => d.kind === select.dataset.device)
      .map((d) => new Option(d.label || d.deviceId, d.deviceId));
    select.replaceChildren(...options);
    select.value = chosen(select.id) || options[0]?.value || "";
  }
}
$$("[data-device]", phone ?? undefined).forEach((select) => select.addEventListener("change", () => {
  localStorage.setItem(`callflow:${select.id}`, select.value);
  speaker();
}));
$(".devices", phone ?? undefined)?.addEventListener("toggle", devices);
navigator.mediaDevices?.addEventListener?.("devicechange", devices);

// The ring has a device of its own: a headset on the desk would not be heard. Somebody who waits in
// need, while this telephone speaks with another, knocks: softly, and until they are spoken to.
const RINGS = { ring: [0.2, 0.8, 2], knock: [0.06, 0.15, 3] }; // loudness; seconds of it, of each turn
let ringer = null;
let rung = "";
const knocked = () => phone.dataset.state === "registered" && $(".waiting .urgent", phone);
const sounds = () => ring(ringing() ? "ring" : knocked() ? "knock" : "");
async function ring(how) {
  if (how === rung) return;
  rung = how;
  ringer?.close();
  ringer = null;
  if (!how) return;
  const [loud, lasts, turn] = RINGS[how];
  const made = ringer = new AudioContext();
  await made.setSinkId?.(chosen("phone-ringer")).catch(() => {});
  await made.resume().catch(() => {});
  if (made !== ringer) return; // answered meanwhile
  const volume = new GainNode(made, { gain: 0 });
  volume.connect(made.destination);
  for (const frequency of [440, 480]) {
    const tone = new OscillatorNode(made, { frequency });
    tone.connect(volume);
    tone.start();
  }
  for (let beat = 0; beat < 200; beat++) {
    volume.gain.setValueAtTime(loud, made.currentTime + beat * turn);
    volume.gain.setValueAtTime(0, made.currentTime + beat * turn + lasts);
  }
}

// A tone where the voice will be, and what the microphone hears, for five seconds.
$("#phone-test")?.addEventListener("click", async () => {
  const sound = await sounding();
  const played = tone(sound, 1);
  const heard = await hear(sound, 5, 512, (wave) => {
    $("#phone-level").value = Math.max(...wave.map(Math.abs));
  }, devices);
  $("#phone-level").value = 0;
  await played;
  sound.close();
  if (!heard) state("refused");
});

// How the line is: packets of the last seconds, counted here.
let before = null;
setInterval(async () => {
  const session = [...sessions.values()].find((s) => s.isEstablished());
  const reports = await session?.connection?.getStats();
  if (!reports) { before = null; return; }
  let now = { lost: 0, received: 0, sent: 0 };
  for (const r of reports.values()) {
    if (r.type === "inbound-rtp") now = { ...now, lost: r.packetsLost, received: r.packetsReceived };
    if (r.type === "outbound-rtp") now = { ...now, sent: r.packetsSent };
  }
  phone.dataset.received = now.received;
  phone.dataset.sent = now.sent;
  phone.dataset.ice = session.connection.iceConnectionState;
  const got = before && now.received - before.received;
  const missed = before && Math.max(0, now.lost - before.lost);
  if (before) {
    session.deaf = got > 0 ? 0 : (session.deaf ?? 0) + 1;
    if (session.deaf) settle();
    const share = got + missed ? Math.round((100 * missed) / (got + missed)) : 100;
    write($("#phone-quality"), share > 2 ? `${share} % ${phone.dataset.saidLost}` : "");
  }
  before = now;
}, 2000);
