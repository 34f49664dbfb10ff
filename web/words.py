"""What closed vocabularies are called on screen; ``N_`` marks what is translated later."""

from __future__ import annotations

from callflow.texts import OUTCOMES as OUTCOME_WORDS
from callflow.texts import REASONS as REASON_WORDS
from callflow.texts import RESOLUTIONS as RESOLUTION_WORDS
from callflow.texts import TASK_OUTCOMES as TASK_OUTCOME_WORDS
from callflow.texts import law
from callflow.texts.outbox import FAULTS
from ivr.prompts import KINDS

LANGUAGES = ("fr", "en")


def N_(text: str) -> str:  # noqa: N802 -- the name that message extraction looks for
    """Mark ``text`` for the catalogue; translated where it is shown."""
    return text


PRIORITIES = {1: N_("Vital"), 2: N_("High"), 3: N_("Medium"), 4: N_("Low")}
STATES = {
    "open": N_("open"),
    "handled": N_("handled"),
    "awaiting_normal": N_("awaiting normal"),
    "filed": N_("filed"),
}
CALL_STATES = {
    "requested": N_("about to be dialled"),
    "following": N_("told in another call to this person"),
    "started": N_("dialling"),
    "ringing": N_("ringing"),
    "answered": N_("in conversation"),
    "ended": N_("ended"),
    "cancelled": N_("cancelled"),
}
STEP_KINDS = {
    "counter_call": N_("Counter-call to the premises"),
    "call_list": N_("Call list of the keyholders"),
    "question": N_("Question by phone"),
    "message": N_("Message by phone"),
    "voice_first": N_("Voice first"),
    "send_guard": N_("Send a guard"),
    "hand_to_operator": N_("Hand to an operator"),
    "emergency_service": N_("Call an emergency service"),
    "act_on_panel": N_("Act on the panel"),
    "listen_in": N_("Listen in to the site"),
    "fetch_images": N_("Fetch images"),
    "notify": N_("Notify"),
    "wait": N_("Wait"),
    "set_on_test": N_("Set on test"),
    "protective_measure": N_("Open a protective measure"),
    "go_to": N_("Go back to an earlier step"),
    "close": N_("Close with a resolution code"),
}
#: Steps of calls that are no step of a plan.
OTHER_STEPS = {
    "queue": N_("Desk phone rung: nobody took the alarm"),
    "bridge": N_("Desk phone rung for somebody who waits"),
    "by_hand": N_("Asked for by an operator"),
    "incoming": N_("Incoming call"),
    "service_desk": N_("Desk phone rung: a service was asked for"),
    "service": N_("Emergency service"),
}
#: What an operator does at a panel from afar.
PANEL_COMMANDS = {
    "arm": N_("Arm the site"),
    "disarm": N_("Disarm the site"),
    "bypass": N_("Bypass zones"),
    "siren_off": N_("Stop the siren"),
    "open_gate": N_("Open the gate"),
}
MEASURES = {
    "guard_on_site": N_("guard on site"),
    "zone_out_of_service": N_("zone out of service"),
    "other": N_("other measure"),
}
ROLES = {
    "premises": N_("premises"),
    "keyholder": N_("keyholder"),
    "guard": N_("guard"),
    "device": N_("device called back"),
    "maintenance": N_("maintenance firm"),
    "manager": N_("duty manager"),
    "listen_in": N_("listening-in number"),
}
#: What the machine's step or an operator's choice may have been called otherwise.
SITE_STATES = {
    "commissioning": N_("commissioning"),
    "active": N_("active"),
    "suspended": N_("suspended"),
    "terminated": N_("terminated"),
}
#: What many sites lost together.
STORMS = {"power": N_("mains lost"), "line": N_("lines lost")}
#: What became of a signal.
TREATMENTS = {
    "opened": N_("opened this incident"),
    "joined": N_("joined it"),
    "restored": N_("restored a zone"),
    "cancelled": N_("cancelled it by code"),
    "noted": N_("noted"),
    "counted": N_("only counted: the panel runs away"),
    "shunted": N_("zone taken out: not handled"),
    "tested": N_("on test: not handled"),
}
#: A signal's further data blocks, by their letter.
BLOCKS = {
    "X": N_("longitude"),
    "Y": N_("latitude"),
    "Z": N_("altitude"),
    "M": N_("MAC address"),
    "V": N_("link, not followed"),
}
PROTOCOLS = {
    "dc09": "SIA DC-09",
    "dc07": "SIA DC-07",
    "surgard": "Sur-Gard",
    "contact-id": "Contact ID",
    "https": "HTTP",
}
LINE_MODES = {"server": N_("server"), "client": N_("client"), "udp": "UDP"}
LINE_STATES = {
    "listening": N_("listening"),
    "connected": N_("connected"),
    "reconnecting": N_("reconnecting"),
    "down": N_("down: its process says nothing"),
}
HEARTBEATS = {"none": "–", "ok": N_("regular"), "lost": N_("lost")}
#: Why a frame was bad, or a connection no use.
BAD_FRAMES = {
    "bad_crc": N_("wrong CRC"),
    "bad_length": N_("wrong length"),
    "bad_checksum": N_("wrong checksum"),
    "bad_key": N_("a key that is no digit"),
    "bad_message_type": N_("no Contact ID"),
    "malformed": N_("malformed"),
    "unsupported": N_("unsupported"),
    "undecryptable": N_("undecryptable"),
    "outside_window": N_("outside the time window"),
    "not_stored": N_("not stored, not acknowledged"),
    "dropped": N_("dropped"),
    "cut": N_("connection cut"),
    "failed": N_("error of ours"),
}
#: Why a panel needs a look.
TROUBLES = {
    "silent": N_("silent"),
    "untested": N_("test overdue"),
    "wrong_clock": N_("wrong clock"),
    "key_missing": N_("key missing"),
    "key_wrong": N_("wrong key"),
    "key": N_("key"),
    "wrong_line": N_("wrong line"),
}
TRUNK_STATES = {
    "up": N_("up"),
    "down": N_("down"),
    "unanswered": N_("hardly answered"),
    "disabled": N_("not used"),
}
HEALTH = {"ok": N_("normal"), "degraded": N_("degraded"), "failed": N_("failed")}
PROCESSES = {
    "receiver": N_("Receiver"),
    "engine": N_("Engine"),
    "telephony": N_("Telephony"),
    "web": N_("Web"),
}
#: Outcomes that tell of success, of an alarm worse than it was, and of nothing reached.
GOOD = frozenset(
    {"verified_ok", "known_cause", "going", "send_guard", "accepted", "acknowledged"}
    | {"done", "all_clear", "service_comes"}
)
GRAVE = frozenset(
    {"duress", "help", "wrong_code", "operator", "trunk_failure", "error", "overdue", "failed"}
    | {"traces", "service_declines"}
)


_OUTCOMES = {**TASK_OUTCOME_WORDS, **OUTCOME_WORDS}
_REASONS = {**REASON_WORDS, "plan": ("à traiter selon la consigne", "left by the plan")}


def _pair(pair: tuple[str, str] | None, language: str, other: str) -> str:
    return pair[LANGUAGES.index(language)] if pair else other


#: The law's vocabularies, by the name that a template gives them.
LAW = {**law.WORDS, "reason": law.GATE_REASONS}


def of_law(name: str, table: str, language: str) -> str:
    """A word of the law, with a capital."""
    return _capital(_pair(LAW[table].get(name), language, name))


def outcome(name: str | None, language: str) -> str:
    """How a call or a task ended, in words."""
    return _pair(_OUTCOMES.get(name or ""), language, name or "")


def reason(name: str, language: str) -> str:
    """Why an incident stands in front of a human, in words."""
    return _pair(_REASONS.get(name), language, name)


def kind(name: str, language: str) -> str:
    """What an alarm is about, with a capital."""
    words = next((texts for known, texts in KINDS.items() if known.value == name), None)
    return _capital(words[language] if words else name)


def resolution(code: str, language: str) -> str:
    """What a resolution code stands for, with a capital; one of another time as it is."""
    pair = RESOLUTION_WORDS.get(code)
    return _capital(pair[LANGUAGES.index(language)]) if pair else code


def fault(name: str, language: str) -> str:
    """Why a message was not taken, or a camera gave nothing."""
    pair = FAULTS.get(name)
    return pair[LANGUAGES.index(language)] if pair else name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


#: Why an act or an address is refused, as the other modules say it: shown in the page's language.
REFUSALS = (
    N_("1 to 1440 minutes"),
    N_("a personal alarm is closed with a reason: write it in the text"),
    N_("an error of ours: it is in the log"),
    N_("at most 4000 characters"),
    N_("choose a resolution code"),
    N_("closing needs a resolution code"),
    N_("nobody is on the line of this call"),
    N_("park until a time within the next 24 hours"),
    N_("personal alarm or duress: nothing may ring at this site or its staff"),
    N_("take the incident first"),
    N_("the note is empty"),
    N_("the plan is not stopped: there is nothing to hand back"),
    N_("there is no act of this id"),
    N_("there is no incident of this id"),
    N_("there is no recording of this id"),
    N_("this form comes from another site"),
    N_("this form is too old: reload the page"),
    N_("this incident is closed already"),
    N_("this incident is filed: there is nothing to take"),
    N_("this is no demo"),
    N_("this person waits for an operator already: answer the desk phone"),
    N_("this recording can't be drawn"),
    N_("the recording's file is missing"),
    N_("your role does not allow this"),
    N_("a service is being called for this incident: end that call first"),
    N_("name the person of the service who answered"),
    N_("no desk phone is set: the service can't be put through to anybody"),
    N_("the directory has no line of this service for this site at this hour"),
    N_("this incident is filed: nothing can be verified any more"),
    N_("what was said lies between the opening of the incident and now"),
    N_("what was said more than seven days ago is written as a note"),
    N_("there is no such task of this incident"),
    N_("there is no such measure at this site"),
    N_("there is no such contact at this site"),
    N_("this is over already: look again"),
    N_("write down what the service said: its report ends this step"),
    N_("write down the guard's report: it ends this step"),
    N_("this step does not end with"),
    N_("not ticked off yet"),
    N_("disarming takes two people: name the other one"),
    N_("the panel has not confirmed it: wait for its message, or say that it failed"),
    N_("a report says where was looked: inside, outside, or both"),
    N_("a report says whether there are traces of somebody"),
    N_("all clear needs to say whether the site is armed again"),
    N_("the guard has left already: look again"),
    N_("no guard was asked for by this step"),
    N_("no authority to decide on guards"),
    N_("this measure is lifted already"),
    N_("choose yes or no"),
    N_("Not Found"),
    N_("Method Not Allowed"),
)
