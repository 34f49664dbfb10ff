"""What closed vocabularies are called on screen; ``N_`` marks what is translated later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callflow.core.calls.prompts import KINDS
from callflow.core.signals.signal import OF_STATION as OF_STATION_KINDS
from callflow.texts import OUTCOMES as OUTCOME_WORDS
from callflow.texts import REASONS as REASON_WORDS
from callflow.texts import RECORDING_PROBLEMS, law
from callflow.texts import RESOLUTIONS as RESOLUTION_WORDS
from callflow.texts import TASK_OUTCOMES as TASK_OUTCOME_WORDS
from callflow.texts.access import BY_COMMAND, CONSOLE
from callflow.texts.evidence import SIGNS
from callflow.texts.outbox import FAULTS

LANGUAGES = ("fr", "en")


def N_(text: str) -> str:  # noqa: N802 -- the name that message extraction looks for
    """Mark ``text`` for the catalogue; translated where it is shown."""
    return text


#: Kinds of alarms of the station itself.
OF_STATION = frozenset(kind.value for kind in OF_STATION_KINDS)
#: What the demo's sites show (callflow/demo/sites.py).
DEMO_SHOWS = frozenset(
    {
        N_("the site answers and gives the right code"),
        N_("the site is silent, the first keyholder busy, the second one confirms"),
        N_("two wrong codes: the person is put through to an operator"),
        N_("a duress code: answered like success, a vital alarm in silence"),
        N_("nobody answers anywhere"),
        N_("answering machines: they don't count as an answer"),
        N_("fire: an operator at once, and every keyholder is called"),
        N_("hung up during the dialogue, a keyholder confirms"),
        N_("an encrypted panel (AES)"),
        N_("a keyholder without a number doesn't stop the plan"),
    }
)
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
    "guard_by_hand": N_("Guard sent by an operator"),
    "own_phone": N_("Operator's own telephone"),
    "incoming": N_("Incoming call"),
    "service_desk": N_("Desk phone rung: a service was asked for"),
    "service": N_("Emergency service"),
    "trunk_test": N_("Trunk test: whether a trunk carries calls"),
    "announcement_test": N_("Announcement said on a phone, to try it"),
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
#: What a contact may do (D3).
AUTHORITIES = {
    "cancel": N_("cancel the alarm"),
    "inform": N_("be informed"),
    "send_guard": N_("send a guard"),
    "set_on_test": N_("put the site on test"),
    "instruct": N_("give instructions"),
}
#: The fields of a site's forms, as a refusal names them.
SITE_FIELDS = {
    "account": N_("Account"),
    "name": N_("Name"),
    "client": N_("Client"),
    "address": N_("Address"),
    "postcode": N_("Postcode"),
    "timezone": N_("Time zone"),
    "language": N_("Language"),
    "state": N_("Contract"),
    "recognition_word": N_("Recognition word"),
    "role": N_("Role"),
    "phone": N_("Phone"),
    "code": N_("Code"),
    "duress_code": N_("Duress code"),
    "password": N_("Spoken password"),
    "effective_at": N_("From which day on"),
    "reason": N_("Because"),
    "from": N_("From"),
    "until": N_("Until"),
    "file": N_("Calendar file"),
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
    "day": N_("Day"),
    "years": N_("Years in a row"),
    "country": N_("Country of the holidays"),
    "region": N_("Region"),
    "exceptions": N_("Days that are not as usual"),
    "early": N_("Minutes before an opening"),
    "late": N_("Minutes after a closing"),
    "arrived_within": N_("Arrived well within minutes"),
    "arrived_code": N_("Code that tells it"),
    "arrived_user": N_("User that tells it"),
    "question": N_("Conventional question"),
    "cancel_within": N_("Seconds in which a code cancels"),
    "swinger_after": N_("Alarms that are a swinger"),
    "feeder": N_("Electricity feeder"),
    "provider": N_("Provider of its lines"),
    "plan": N_("Plan"),
    "categories": N_("Categories of alarms"),
    "rule_zones": N_("Zones, as account/zone, with commas between"),
    "armed": N_("Armed"),
    "when": N_("Hours"),
    "rank": N_("Rank: 1 is called first"),
    "licence": N_("Licence number"),
    "sectors": N_("Sectors: how its postcodes begin, with commas between"),
    "tariff": N_("Tariff"),
    "mail": N_("Mail: where summaries go"),
    "service": N_("Service"),
    "place": N_("Place: how its postcodes begin; empty: everywhere"),
    "site": N_("Only for the site of this id"),
    "note": N_("Remark"),
    "alarm": N_("Alarms"),
    "line": N_("Station's line"),
    "dc09_key": N_("Encryption key (32, 48 or 64 hexadecimal digits)"),
    "poll_every_s": N_("Heard of every … seconds"),
    "test_every_h": N_("Tested every … hours"),
    "zone": N_("Zone"),
    "kind": N_("Kind of alarm"),
    "number": N_("Number"),
    "contact": N_("Who it is"),
    "part": N_("Part"),
    "revoked": N_("Revoked: an opening is an incident"),
    "category": N_("Category"),
    "priority": N_("Priority"),
    "opens": N_("Opens an alarm"),
    "url": N_("Address of its stills (http, https or rtsp)"),
    "zones": N_("Zones it sees, with commas between"),
    "kinds": N_("Kinds of alarms"),
    "clip_url": N_("Address of its clips"),
    "noticeable": N_("Lights or sounds when it is asked"),
    "pre_alarm": N_("Recorded all the time (rtsp)"),
    "credentials": N_("Its user and password, as user:password"),
}
#: Whom a panel's user number stands for (D4).
PANEL_PARTS = {
    "person": N_("person"),
    "guard": N_("guard"),
    "cleaner": N_("cleaner"),
    "technician": N_("technician"),
    "duress": N_("duress"),
}
CATEGORIES = {
    "vital": N_("vital"),
    "security": N_("security"),
    "technical": N_("technical"),
    "information": N_("information"),
}
#: What a holiday makes of a day, of a site or of a person.
ON_HOLIDAYS = {
    "closed": N_("closed, or absent"),
    "as_usual": N_("as on any other day"),
    "all_day": N_("there all day"),
}
#: Days of a year that is drawn.
MARKS = {
    "whole": N_("the whole day"),
    "part": N_("part of the day"),
    "none": N_("at no hour"),
    "away": N_("absent"),
    "holiday": N_("holiday"),
    "exception": N_("not as usual"),
    "added": N_("holiday by the station's own word"),
    "taken": N_("no holiday, by the station's own word"),
    "ordinary": N_("ordinary day"),
    "weekend": N_("Saturday or Sunday"),
}
#: What follows the holidays of a place: callflow/storage/sites/own_days.py.
HOLIDAY_FOLLOWERS = {
    "sites": N_("sites' hours"),
    "people": N_("people and firms"),
    "services": N_("lines of the directory"),
    "rules": N_("rules of plans"),
}
CALENDARS = {"leaves": N_("Absence"), "duties": N_("Duty"), "replacements": N_("Replacement")}
YES_NO = {"yes": N_("yes"), "no": N_("no")}
#: Where a plan stands, when it is tried, and what happened to a step between two versions.
PLAN_STATES = {
    "draft": N_("with a draft"),
    "published": N_("published"),
    "withdrawn": N_("withdrawn ones"),
}
PLAN_STANDINGS = {"in_use": N_("in use"), "withdrawn": N_("withdrawn")}
PLAN_WHENS = {
    "now": N_("now"),
    "holiday": N_("03:00 on the next holiday"),
    "at": N_("at the moment chosen"),
}
PLAN_HAPPENED = {"new": N_("new step"), "gone": N_("step is gone"), "moved": N_("moved")}
ANY_OF = {
    "vital": N_("any vital alarm"),
    "security": N_("any security alarm"),
    "technical": N_("any technical fault"),
    "information": N_("any piece of information"),
}
#: What somebody who logs in is to the station.
USER_ROLES = {
    "panel": N_("panel (program)"),
    "reader": N_("reader"),
    "technician": N_("technician"),
    "operator": N_("operator"),
    "supervisor": N_("supervisor"),
    "administrator": N_("administrator"),
}
#: What a role may do: web/access/users.py.
RIGHTS = {
    "read": N_("See sites, alarms, recordings and the logbook"),
    "send": N_("Send signals"),
    "handle": N_("Handle alarms and calls"),
    "configure": N_("Change sites, plans, firms and announcements"),
    "supervise": N_("Listen in, end others' sessions, unblock personal alarms"),
    "administer": N_("Decide who logs in, change the settings, read the audit"),
    "simulate": N_("Play the demonstration's telephones"),
}
#: The pages of settings, and where each one is.
SETTINGS = {
    "roles": N_("Users and roles"),
    "tokens": N_("API tokens"),
    "trunks": N_("Trunks"),
    "prompts": N_("Announcements"),
    "events": N_("Event table"),
    "holidays": N_("Holidays"),
    "dialling": N_("Dial policy"),
    "retention": N_("Retention"),
    "audit": N_("Audit"),
    "personal": N_("Personal data"),
    "configuration": N_("Configuration as text"),
}
SETTINGS_PAGES = {
    "roles": "/settings",
    "tokens": "/settings/tokens",
    "trunks": "/settings/trunks",
    "prompts": "/announcements",
    "events": "/settings/events",
    "holidays": "/holidays",
    "dialling": "/settings/dialling",
    "retention": "/settings/retention",
    "audit": "/audit",
    "personal": "/personal",
    "configuration": "/settings/configuration",
}
#: What of the event table is shown.
EVENT_STATES = {"own": N_("only what the station changed")}
#: What is kept for so many days: callflow/core/records/retention.py.
KEPT = {
    "recordings": N_("Recordings of calls, and what was said after a tone"),
    "images": N_("Images and clips"),
    "signals": N_("Signals of panels"),
    "people": N_("People whom no site has any more: they are erased everywhere"),
    "parts": N_("Accounts, zones, cameras and the like that were removed from sites"),
    "incidents": N_("Alarms with all that belongs to them, calls, notes and the logbook's words"),
}
#: What the audit tells of, by the groups of callflow/core/records/audit.py; then all of each half.
AUDIT = {
    "changed": N_("What was changed"),
    "sites": N_("sites, firms, directory"),
    "plans": N_("plans"),
    "instructions": N_("provisional instructions, tests"),
    "people": N_("people, what proves them, tokens"),
    "rosters": N_("rosters, duties and holidays"),
    "settings": N_("settings and announcements"),
    "erasures": N_("people erased"),
    "looked": N_("What was seen or heard"),
    "personal": N_("personal data given out"),
    "exports": N_("files with everybody's numbers"),
    "seen": N_("sites seen"),
    "recordings": N_("recordings played"),
    "images": N_("images seen, clips played"),
    "passwords": N_("passwords revealed"),
    "numbers": N_("reserved numbers unmasked"),
    "conversations": N_("conversations listened to"),
    "audit": N_("the audit itself"),
}
AUDIT_WHOLE = {"changed": N_("everything that was changed"), "looked": N_("all that was seen")}
#: How far a file of sites is: web/pages/sites/imports.py.
IMPORT_PHASES = {
    "waiting": N_("waiting for another file"),
    "reading": N_("reading the file"),
    "comparing": N_("comparing it with the station"),
    "ready": N_("nothing is written yet"),
    "writing": N_("writing"),
    "done": N_("imported"),
    "failed": N_("failed: nothing was written"),
}
#: What let somebody in: web/access/factors.py.
FACTORS = {
    "password": N_("password"),
    "totp": N_("password and code"),
    "passkey": N_("password and passkey"),
    "recovery": N_("password and recovery code"),
    "oidc": N_("company's directory"),
}
#: What the machine's step or an operator's choice may have been called otherwise.
SITE_STATES = {
    "commissioning": N_("commissioning"),
    "active": N_("active"),
    "suspended": N_("suspended"),
    "terminated": N_("terminated"),
}
#: What each of them means (D2).
CONTRACT_LIVES = {
    "commissioning": N_("Alarms are handled; zones, people and the police line are being tested."),
    "active": N_("Alarms are handled."),
    "suspended": N_("Signals are stored; alarms are shown to a human, nobody is called."),
    "terminated": N_("Over: what still comes is stored and shown to a human, nobody is called."),
}
#: What many sites lost together.
STORMS = {"power": N_("mains lost"), "line": N_("lines lost")}
#: What became of a signal.
TREATMENTS = {
    "opened": N_("opened this incident"),
    "joined": N_("joined it"),
    "restored": N_("restored a zone"),
    "cancelled": N_("cancelled it by code"),
    "unproved": N_("not proved: without effect"),
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
    "refused": N_("from an address that may not connect"),
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
#: Why a SIP message was refused.
SIP_REFUSED = {
    "unknown": N_("unknown sender"),
    "wrong_password": N_("password wrong"),
    "malformed": N_("malformed"),
    "handshake": N_("no TLS"),
    "no_number": N_("no number of ours"),
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
#: What somebody is on the duty roster for, and what is wrong with it.
PARTS = {
    "operator": N_("operator at the desk"),
    "technician": N_("duty technician"),
    "supervisor": N_("supervisor"),
}
ROSTER_FINDINGS = {
    "nobody": N_("nobody"),
    "two": N_("two at once: who is called?"),
    "twice": N_("one person in two places"),
    "no_number": N_("to be called, and without a number"),
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


def evidence(reason: Mapping[str, Any], language: str) -> str:
    """What speaks for or against an intrusion, with its source."""
    source = of_law(reason["means"], "means", language) if reason["means"] else reason["source"]
    pair = SIGNS[reason["sign"]]
    return _capital(pair[LANGUAGES.index(language)].format(source=source))


def outcome(name: str | None, language: str) -> str:
    """How a call or a task ended, in words."""
    return _pair(_OUTCOMES.get(name or ""), language, name or "")


def who(name: str, language: str) -> str:
    """Who acted: a user, or the commands of the machine itself."""
    return _pair(CONSOLE, language, name) if name == BY_COMMAND else name


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
    """Why a message was not taken, a camera gave nothing, or what it gave is kept no more."""
    pair = FAULTS.get(name) or RECORDING_PROBLEMS.get(name)
    return pair[LANGUAGES.index(language)] if pair else name


#: Kinds of signals that open no alarm; the others are called as alarms are.
SIGNAL_KINDS = {
    "opening": N_("Opening"),
    "closing": N_("Closing"),
    "bypass": N_("Bypass of a zone"),
    "cancel": N_("Cancelling"),
    "restore": N_("Back to normal"),
}
#: What said what a code means.
MEANT_BY = {
    "table": N_("as the table says"),
    "station": N_("as the station's own table says"),
    "zone": N_("as its zone is declared"),
    "site": N_("as its site says"),
}


def dial_refusal(why: str, language: str) -> str:
    """Why a number is not dialled."""
    return _pair(law.DIAL_REFUSALS.get(why), language, why)


def recording_problem(name: str, language: str) -> str:
    """What is wrong with a recording."""
    pair = RECORDING_PROBLEMS.get(name)
    return pair[LANGUAGES.index(language)] if pair else name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


PRESENCES = {
    "available": N_("available"),
    "in_call": N_("in a call"),
    "wrap_up": N_("writing up"),
    "break": N_("on a break"),
    "away": N_("away"),
}
#: Their icons.
PRESENCE_ICONS = {
    "available": "good",
    "in_call": "talk",
    "wrap_up": "now",
    "break": "park",
    "away": "none",
}
BREAK_REASONS = {
    "rest": N_("rest"),
    "meal": N_("meal"),
    "rounds": N_("rounds of the station"),
    "training": N_("training"),
    "other": N_("other reason"),
}
CALL_BACK_RESULTS = {
    "reached": N_("Reached"),
    "unreachable": N_("Unreachable"),
    "not_needed": N_("Not needed"),
    "called_again": N_("Called again"),
}
#: Why an act or an address is refused, as the other modules say it: shown in the page's language.
REFUSALS = (
    N_("somebody changed this meanwhile: look at it as it is now, and change it again"),
    N_("this account is declared again"),
    N_("there is a zone of this number again"),
    N_("there is a panel user of this number again"),
    N_("a plan is chosen for these alarms again"),
    N_("this rule is there again"),
    N_("this code means something else here again"),
    N_("this camera is there again"),
    N_("its hours are watched again"),
    N_("this is not among what was removed from this site: look again"),
    N_("its account is removed: bring that back first"),
    N_("whom this user stands for is not called for this site: call them again"),
    N_("another camera of this site has this address"),
    N_("must be an instant with its offset, such as 2026-08-01T00:00:00Z"),
    N_("must be the id of the contact who stands in"),
    N_("must be 1 to 64 letters, digits, dots and hyphens"),
    N_("is there twice"),
    N_("there is no such client"),
    N_("is no kind of alarm"),
    N_("there is no such authority"),
    N_("you are in no call"),
    N_("this person is not in your call"),
    N_("there is no such guard or maintenance firm"),
    N_("is somebody else's already: choose another"),
    N_("there is nobody of this firm with that id"),
    N_("the file has errors: nothing is imported"),
    N_("this call is over"),
    N_("nobody is on the line there yet"),
    N_("keys are digits, * and #, at most twenty"),
    N_("this is your own call"),
    N_("this colleague's telephone is not connected"),
    N_("there is nobody to hand on"),
    N_("nobody would be left with this person: wait until somebody answered"),
    N_("you are in another call: end it, or put it on hold"),
    N_("is no contact of this site"),
    N_("has not the authority to instruct about this alarm"),
    N_("has not the authority to set this alarm on test"),
    N_("must differ from the password"),
    N_("must have at least 4 letters or digits"),
    N_("your telephone is not connected: open the console, or register a desk phone"),
    N_("there is no such site"),
    N_("this is an exercise: no service is called"),
    N_("must be true or false"),
    N_("this code is a personal alarm, which nothing lowers"),
    N_("is no account of this site"),
    N_("is there twice (05 and 5 are one user)"),
    N_("belongs to another site"),
    N_("there is no such plan: publish it first"),
    N_("this plan is withdrawn: choose another one, or have it brought back first"),
    N_("this plan is withdrawn: bring it back first"),
    N_("this plan is withdrawn already"),
    N_("this plan is not withdrawn"),
    N_("say why it is withdrawn: it stands in the audit"),
    N_("say why it is brought back: it stands in the audit"),
    N_("alarms fall back on this plan wherever nothing else is chosen: it stays"),
    N_("sites follow this plan: have them follow another one first"),
    N_("somebody published, withdrew or brought back this plan meanwhile: look at it as it is now"),
    N_("nobody is expected to say that they arrived"),
    N_("your telephone rings already: answer it, or let it end"),
    N_("nobody waits there any more"),
    N_("somebody is with this person already"),
    N_("says why, for who finds the site on test"),
    N_("this test was extended twice: set the site on test anew, with its reason"),
    N_("it would end sooner than it does: end it instead"),
    N_("somebody else changed this test: look again"),
    N_("names no zone: null stands for the whole site"),
    N_("this test is over"),
    N_("choose for how long"),
    N_("is no zone of this site"),
    N_("the site has an open vital alarm: it can't be set on test"),
    N_('must be a list of intervals, such as ["08:00-18:30"]'),
    N_("must be a plan's id"),
    N_("must be true, false or null"),
    N_("must have an account and a zone"),
    N_("is no later closing of today"),
    N_("must be an object: date → intervals"),
    N_("must be a text of at most 16 characters"),
    N_("must be a text of at most 32 characters"),
    N_("must be a text of 1 to 200 characters"),
    N_("must be a list of at most 500 zones"),
    N_("its key is no date, such as 2026-12-24"),
    N_("must be minutes, 0 to 720"),
    N_("must be minutes, 1 to 720"),
    N_("must be an http or https address in ASCII, without name, password and spaces"),
    N_("must be an http, https or rtsp address in ASCII, without name, password and spaces"),
    N_("must name the times once: {begin} and {end}, or {begin_s} and {end_s}"),
    N_("is no mail address, such as name@example.org"),
    N_("an emergency number is dialled by a human only"),
    N_("not a full international number (+ country code and number)"),
    N_("a premium-rate number: whoever has it is paid by the minute"),
    N_("a contract of theirs is not over: end it first"),
    N_("an alarm of theirs must still be proven: wait so many days"),
    N_("this kind has authorities of its own: tick that it is set apart, or clear them"),
    N_("this is a person's name: what the program does would seem to be theirs"),
    N_("the token would have ended already: choose a later day"),
    N_("only a panel's token names accounts"),
    N_("a token names 1000 accounts at most: make several"),
    N_("an account is 1 to 16 digits and letters"),
    N_("must be a name of 64 characters at most"),
    N_("name the accounts that it speaks for"),
    N_("there is no such token"),
    N_("must be 1 (first) to 4"),
    N_("there is no such trunk"),
    N_("this trunk is switched off in the configuration: no call goes over it"),
    N_("this number is being called: try again when that call is over"),
    N_("no table has this code: what it means is said at the site that sends it"),
    N_("nothing would be different: choose what this code means here"),
    N_("a vital alarm is lowered at a site, never for the whole station"),
    N_("the station has no meaning of its own for this code"),
    N_("nothing would be kept: what an alarm left must be there when somebody asks for it"),
    N_("too few days: what is disputed later could not be proven any more"),
    N_("too many days for this purpose: put a legal hold on the alarms that must be kept"),
    N_("a change begins tomorrow at the earliest: what is deleted never comes back"),
    N_("a number of days"),
    N_("there is no such alarm"),
    N_("say why this alarm must be kept"),
    N_("an alarm of one of their sites is held by law: lift the hold first"),
    N_("this alarm is held already"),
    N_("there is no such legal hold"),
    N_("say why: it is kept with the erasure"),
    N_("a firm is no person: end its contract instead"),
    N_("an alarm of one of their sites, or a call with them, is not over: wait"),
    N_("nobody else can be called there: name somebody first"),
    N_("type the name as it stands above: nothing brings it back"),
    N_("choose a file"),
    N_("choose one of csv, xlsx"),
    N_("the file is too large: cut it into several"),
    N_("other files are being read: wait a moment"),
    N_("this file is not kept any more: send it again"),
    N_("somebody changed sites meanwhile: look at what the file would do now"),
    N_("the database does not answer: try again"),
    N_("start your shift first"),
    N_("choose to be available, or on a break with a reason"),
    N_("there is no such call-back"),
    N_("this call-back is done already"),
    N_("there is no colleague of this name"),
    N_("these callers' numbers were not kept: there is nobody to call"),
    N_("an instruction was left: listen to it, countersign or withdraw it"),
    N_("no number was shown: there is nobody to call"),
    N_("an alarm of this kind isn't opened by hand"),
    N_("an alarm of this kind is open at this site already: open that one"),
    N_("the end must lie after the beginning"),
    N_("lies in the past"),
    N_("31 days after the beginning at most: what lasts longer belongs to the site"),
    N_("lies more than 366 days ahead"),
    N_("says what operators must know"),
    N_("nobody is to write this instruction down"),
    N_("this instruction awaits no signature"),
    N_("it was spoken: listen to it and write it down first"),
    N_("listen to what was said first: nobody writes it down unheard"),
    N_("it lowers protection: somebody other than its author countersigns it"),
    N_("this instruction is over"),
    N_("somebody else changed this instruction: look again"),
    N_("choose a day and a time"),
    N_("choose a day"),
    N_("digits and letters, at most 16"),
    N_("there is a site of this account already"),
    N_("nobody is called for a site of this state"),
    N_("this site is in alarm: rehearse when it is over"),
    N_("an exercise runs at this site already: close it first"),
    N_("1 to 16 characters, digits and letters only"),
    N_("somebody changed this site meanwhile: look at it as it is now, and change it again"),
    N_("this row is there no more: look again"),
    N_("write down why"),
    N_("somebody changed this firm meanwhile: look at it as it is now, and change it again"),
    N_("this firm is closed already"),
    N_("this firm is closed"),
    N_("there is no such contact"),
    N_("this contact has no number"),
    N_("names an account of another site"),
    N_("this firm is not closed"),
    N_("a guard of this firm is asked for: close it when that is over"),
    N_("must lie between 1 and 99"),
    N_("is no beginning of a postcode, such as 350"),
    N_("opens every site of the firm: 6 to 8 digits"),
    N_("there is a client of this name already"),
    N_("somebody changed the directory meanwhile: look at it as it is now, and change it again"),
    N_("must be how the postcodes of the place begin, such as 78"),
    N_("is missing: the full number, such as 01 23 45 67 89"),
    N_("there is no line of this id: look again"),
    N_("must lie after from"),
    N_("say which code, or which user, tells it"),
    N_("a line is a day and its hours, such as 2026-12-24 08:00-12:00"),
    N_("this day is there twice: its hours stand on one line"),
    N_("is over already: is the year right?"),
    N_("must be minutes, 0 to 720"),
    N_("must be minutes, 1 to 720"),
    N_("must be a text of at most 16 characters"),
    N_('must be a list of intervals, such as ["08:00-18:30"]'),
    N_("must be a region with holidays of its own"),
    N_("has more than 2000 events"),
    N_("has more than 2000 times in the coming year"),
    N_("is larger than 256 KiB"),
    N_("is no iCalendar file that can be read"),
    N_("must be one VCALENDAR"),
    N_("has an EXRULE, which is obsolete: use EXDATE"),
    N_("may repeat daily at most, one event for each time"),
    N_("INTERVAL must be 1 to 1000"),
    N_("has an event without DTSTART"),
    N_("has a time that is not one from 2000 to 2200"),
    N_("has a time zone whose name is neither IANA's nor Windows'"),
    N_("has an event with more than one RRULE"),
    N_("may have so many repeated events: 50 at most, and 10 by the month's or the year's days"),
    N_("has repetitions that can't be followed"),
    N_("is somebody else's already: choose another"),
    N_("there is no such guard or maintenance firm"),
    N_("there is nobody of this firm with that id"),
    N_("is there twice"),
    N_("must be from-to, such as 08:00-18:30 or 22:00-06:00"),
    N_("a day begins at 00:00 and ends at 24:00"),
    N_("is empty: a whole day is 00:00-24:00"),
    N_("begins before the one ahead of it ends"),
    N_("must be a country's two letters, such as FR"),
    N_("must lie between 0 and 3600"),
    N_("must be a number of alarms, 0 to 1000"),
    N_("lies more than two years ahead"),
    N_("this site is in alarm: end it when the alarm is over"),
    N_("no contract becomes this from what it is then"),
    N_("nothing of this id is planned: look again"),
    N_("nobody of this id was called for this site: look again"),
    N_("this person is called for this site already"),
    N_("its site was terminated less than a year ago: its panel may send"),
    N_("a terminated site keeps its accounts for a year"),
    N_("this account has zones or panel users: remove them first"),
    N_("is there already"),
    N_("is too long"),
    N_("choose one of those in the list"),
    N_("must be a number"),
    N_("must be user:password"),
    N_("must lie between 5 and 604800"),
    N_("must lie between 0.001 and 744"),
    N_("must be hexadecimal"),
    N_("must be 32, 48 or 64 hexadecimal digits (AES-128, 192 or 256)"),
    N_("zone 0 is no zone: leave it empty for any"),
    N_("only an rtsp camera can be recorded all the time"),
    N_("the camera's host changed: give its user and password again"),
    N_("must have 4 to 8 digits"),
    N_("must differ from the code"),
    N_("is no IANA time zone, such as Europe/Paris"),
    N_("is missing"),
    N_("choose one of people, looked"),
    N_("1 to 1440 minutes"),
    N_("this alarm is closed with a reason: write it in the text"),
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
    N_("there is no plan of this id"),
    N_(
        "somebody else changed this plan meanwhile and yours is not saved: both versions stand"
        " below; do again what you still want"
    ),
    N_("another version was published meanwhile: compare it with this draft, then go on from it"),
    N_("it can't be published: its errors stand below"),
    N_("accept its warnings with a reason, or mend them"),
    N_("somebody removed this step meanwhile"),
    N_("this site follows another plan for these alarms: end that on that plan's page first"),
    N_("write a number"),
    N_("write a number of seconds, a week at most"),
    N_("this plan can't run as it is: what is wrong stands beside its steps"),
    N_("say that you know that these people are called"),
    N_("choose a version"),
    N_("choose a kind of alarm"),
    N_("does not fit this plan"),
    N_("an exercise runs at this site already: close it first"),
    N_("this site is in alarm: rehearse when it is over"),
    N_("name each step once"),
    N_("there is no such draft any more"),
    N_("say why it is published: it stands in the plan's history"),
    N_("say why it is rolled back: it stands in the plan's history"),
    N_("there is a plan of this id already"),
    N_("there is no site of this id or account"),
    N_("1 to 64 letters, digits or . _ -"),
    N_("there is no incident of this id"),
    N_("there is no recording of this id"),
    N_("this form comes from another site"),
    N_("this form is too old: reload the page"),
    N_("this incident is closed already"),
    N_("this contact is other sites' too, and would be changed there: say `shared`"),
    N_(
        "the site is not back to normal: have it restored and armed, open a protective measure"
        " with an end, or have a supervisor waive it"
    ),
    N_(
        "this takes a supervisor beside the operator: what you ask for is noted, the other"
        " person signs it with a written reason"
    ),
    N_("write why it is filed all the same"),
    N_("a guard is on the way already"),
    N_("no guard firm of this site is left to ask"),
    N_("this site has no maintenance firm that can be called"),
    N_("only a site in alarm is protected by a measure"),
    N_("say what protects the site"),
    N_("this is an exercise: nobody is called for it"),
    N_("this incident is no site's: nobody is known there"),
    N_("the police's reference closes the step: ask for it and write it down"),
    N_(
        "this incident was closed meanwhile, and waits to be back to normal: look at it again",
    ),
    N_("this incident is open again: look at it again"),
    N_("this incident is filed: there is nothing to take"),
    N_("this is no demo"),
    N_("this person waits for an operator already: answer the desk phone"),
    N_("this recording can't be drawn"),
    N_("the recording's file is missing"),
    N_("your role does not allow this"),
    N_("this is not your password: nothing was signed"),
    N_("log in again"),
    N_("the company's directory does not answer"),
    N_("the company's directory did not let you in"),
    N_("the company's directory gives you no role here"),
    N_("somebody here has your name: an administrator adds your identifier to it"),
    N_("this device did not prove who you are"),
    N_("this device is known already"),
    N_("this took too long: begin again"),
    N_("choose a password first: it signs what you do here"),
    N_("you come by the company's directory: an administrator gives you a password"),
    N_("add a second factor first"),
    N_("the two passwords differ"),
    N_("a password has at least 12 characters"),
    N_("a password has at most 256 characters"),
    N_("a password has at least 5 different characters"),
    N_("this password is one of those that are tried first: choose another one"),
    N_("this password is made of words of this trade: choose another one"),
    N_("choose another password than the one you have"),
    N_("choose a role"),
    N_("choose what was answered"),
    N_("say which of its answers is right, from 1"),
    N_("this alarm is no bank's opening: no conventional question is agreed for it"),
    N_("languages are two-letter codes, such as fr en"),
    N_("at most 20 skills of at most 32 characters, comma between"),
    N_("a name has 1 to 64 characters"),
    N_("there is a user of this name already"),
    N_("this is the machine's own name: choose another one"),
    N_("there is no user of this id"),
    N_("there is no such session"),
    N_("there is no such passkey"),
    N_("this is a role of programs, not of people"),
    N_("nobody shuts themselves out: ask another administrator"),
    N_("this is the last administrator: make another one first"),
    N_("this user is disabled: ask an administrator"),
    N_("an administrator's second factor is reset by an administrator"),
    N_("somebody else is this to the company's directory"),
    N_("too many attempts: wait before you try again"),
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
    N_("no camera of this site can be asked"),
    N_("no signal of this incident has this link"),
    N_("this incident is filed: no image is fetched any more"),
    N_("too many links were fetched for this incident: open the others yourself"),
    N_("choose the image or the clip that was looked at"),
    N_("choose the call in which it was heard"),
    N_("this incident has no such image"),
    N_("nobody answered a call of this incident by this id"),
    N_("what was seen or heard lies between the opening of the incident and now"),
    N_("choose a colleague who is on shift"),
    N_("choose at least one incident"),
    N_("choose what is to be done"),
    N_("there is nothing to undo"),
    N_("it is too late to undo this: act on the incident as it is now"),
    N_("something happened to this incident since: it can't be undone any more"),
    N_("this was undone already"),
    N_("choose a colleague: you hold this incident"),
    N_("this incident is of another site"),
    N_("this incident is no part of this storm any more: look at it alone"),
    N_("a vital alarm is handled alone"),
    N_("type the password as it was heard"),
    N_("no password is agreed with this person"),
    N_("too many wrong passwords: treat who speaks as a stranger"),
    N_("a password is shown for a reason: write it"),
    N_("choose dark or light"),
    N_("Not Found"),
    N_("Method Not Allowed"),
    N_("acknowledge every open alarm before you sign"),
    N_("this page was read too long ago: read it again, then sign"),
    N_("say who takes each alarm that you hold"),
    N_("a vital alarm is passed to a colleague on shift, not to the queue"),
    N_("only somebody on shift can take it"),
    N_(
        "nobody would be on shift: somebody takes up a shift first, or a supervisor"
        " signs with a written reason"
    ),
    N_("you are not on shift"),
    N_("this person is not on shift"),
    N_("write down why: the person didn't sign"),
    N_("you are on shift already"),
    N_("name a supervisor, who signs with their password"),
    N_("this is not the supervisor's password: nothing was signed"),
    N_("there is no such duty in the roster"),
    N_("the station says nothing of its own of this day"),
    N_("is over: what it was can't be changed any more"),
    N_("is a holiday there already"),
    N_("is no holiday there already"),
    N_("say why, in 1 to 200 characters"),
    N_("choose a day"),
    N_("must be 1 to 10"),
    N_("must lie within 2000 to 2200"),
    N_("must be 1: not every year has this day"),
    N_("the voice does not answer: try again"),
    N_("the language is one of fr, en"),
    N_("nothing is said here"),
    N_("there is no announcement of this name"),
    N_("there is no dialogue of this name"),
    N_("this walk is too long: begin again"),
    N_("this step can't be taken here"),
    N_("must be an hour, such as 08:00 or 19:30"),
    N_("must be a date"),
    N_("must be 1 to 53"),
    N_("must be 1: it lasts longer than a week"),
    N_("must be after the beginning: a night ends on the next day"),
    N_("must be within 31 days of the first"),
    N_("1 to 64 characters"),
    N_("an operator is one of the station's users"),
    N_("who is to be called needs a number"),
    N_("is no phone number: write +33… or 06 …"),
    N_("has too few or too many digits"),
)
