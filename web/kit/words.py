"""What closed vocabularies are called on screen; ``N_`` marks what is translated later."""

from callflow.core.alarms.evidence import BY_MEANS, Reason
from callflow.core.calls.prompts import KINDS
from callflow.core.signals.signal import OF_STATION as OF_STATION_KINDS
from callflow.texts import OUTCOMES, REASONS, RECORDING_PROBLEMS, RESOLUTIONS, TASK_OUTCOMES, law
from callflow.texts import word as text_word
from callflow.texts.counts import agreed
from callflow.texts.evidence import SIGNS
from callflow.texts.outbox import CHANNELS, FAULTS
from callflow.texts.station import costs, organs
from callflow.texts.station.access import BY_COMMAND, CONSOLE

LANGUAGES = ("fr", "en")


def N_(text: str) -> str:  # noqa: N802 -- the name that message extraction looks for
    """Mark ``text`` for the catalogue; translated where it is shown."""
    return text


#: Kinds of alarms of the station itself.
OF_STATION = frozenset(kind.value for kind in OF_STATION_KINDS)
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
    "fax": N_("Document sent by fax"),
    "canary": N_("The station calls itself"),
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
    "patrol": N_("surveillance patrol"),
    "keys_moved": N_("keys moved"),
    "zone_out_of_service": N_("zone out of service"),
    "other": N_("other measure"),
}
#: What is still open after an alarm.
OPEN = {
    "zone": N_("zone in alarm"),
    "arming": N_("to be armed"),
    "bypass": N_("zone left out"),
    "measure": N_("measure to be lifted"),
    "guard": N_("guard's report"),
    "equipment": N_("to be fetched"),
    "promise": N_("promised"),
    "reference": N_("police reference"),
    "service": N_("emergency service not called"),
    "fault": N_("fault"),
    "call_back": N_("to be called back"),
    "police_never_called": N_("the police were never called"),
}
#: What is looked at before an alarm is filed, and what is found.
CHECKS = {
    "taken": N_("Taken within its target"),
    "step": N_("Step of the plan"),
    "verified": N_("Doubt verified"),
    "reference": N_("Reference of the police"),
    "report": N_("Guard's report"),
    "costs": N_("Chargeable acts counted"),
    "zones": N_("Zones restored"),
    "arming": N_("Site armed as it should be"),
}
CHECK_RESULTS = {
    "done": N_("done"),
    "not_needed": N_("not needed"),
    "missing": N_("missing"),
    "later": N_("the machine counts them by itself"),
}
MEASURE_ENDS = {
    "armed": N_("ends when the site is armed again"),
    "restored": N_("ends when its zone is restored"),
}
#: What a charge's price is for, where it comes from, and what is charged for.
CHARGE_UNITS = {"act": N_("act"), "hour": N_("hour"), "round": N_("round")}
CHARGE_ACTS = {
    "guard_sent": N_("guard sent"),
    "guard_hours": N_("guard's hours on site"),
    "guard_kept": N_("guard kept on site"),
    "patrol": N_("surveillance round"),
    "keys_moved": N_("keys moved"),
    "zone_out_of_service": N_("zone out of service"),
    "measure": N_("other measure"),
    "technician": N_("technician on site"),
    "false_alarm": N_("false alarm"),
    "letter": N_("letter"),
    "fax": N_("fax"),
    "sms": N_("SMS"),
    "other": N_("other act"),
}
PRICED_BY = {
    "measure": N_("agreed with the measure"),
    "site": N_("the site's contract"),
    "client": N_("the client's contract"),
    "station": N_("the station's price"),
    "person": N_("typed by hand"),
    "": N_("no price"),
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
    "latitude": N_("Latitude"),
    "longitude": N_("Longitude"),
    "timezone": N_("Time zone"),
    "language": N_("Language"),
    "state": N_("Contract"),
    "recognition_word": N_("Recognition word"),
    "role": N_("Role"),
    "phone": N_("Phone"),
    "fax": N_("Fax"),
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
    "maker": N_("Maker of the panel"),
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
    "gateway": N_("gateway (program)"),
    "screen": N_("room's screen"),
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
    "confirm": N_("Say what became of messages"),
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
    "webhooks": N_("Webhooks"),
    "trunks": N_("Trunks"),
    "prompts": N_("Announcements"),
    "events": N_("Event table"),
    "texts": N_("Coded texts"),
    "holidays": N_("Holidays"),
    "dialling": N_("Dial policy"),
    "retention": N_("Retention"),
    "letters": N_("Letters' texts"),
    "audit": N_("Audit"),
    "personal": N_("Personal data"),
    "configuration": N_("Configuration as text"),
    "shadow": N_("Beside another system"),
    "backup": N_("Backup"),
    "evidence": N_("Evidence files"),
}
SETTINGS_PAGES = {
    "roles": "/settings",
    "tokens": "/settings/tokens",
    "webhooks": "/settings/webhooks",
    "trunks": "/settings/trunks",
    "prompts": "/announcements",
    "events": "/settings/events",
    "texts": "/settings/texts",
    "holidays": "/holidays",
    "dialling": "/settings/dialling",
    "retention": "/settings/retention",
    "letters": "/settings/letters",
    "audit": "/audit",
    "personal": "/personal",
    "configuration": "/settings/configuration",
    "shadow": "/settings/shadow",
    "backup": "/settings/backup",
    "evidence": "/evidence",
}
#: Who says an announcement.
SPEAKERS = {"studio": N_("studio's recording"), "voice": N_("said by the voice")}
#: What speaks against moving a site over: callflow/core/station/commissioning.py.
COMMISSIONING = {
    "plan": N_("a plan that can't run there"),
    "numbers": N_("people without a number"),
    "test_call": N_("no test call answered by a key"),
    "heard": N_("panels not heard yet"),
    "days": N_("days compared without a difference, of those wanted"),
}
#: What differs of a signal: callflow/core/station/comparison.py.
DIFFERENCES = {
    "missing": N_("missing here"),
    "extra": N_("missing there"),
    "priority": N_("other priority"),
    "person": N_("other person first"),
    "time": N_("other time"),
}
#: What was done with a backup: callflow/core/station/backups.py.
BACKUPS = {"backup": N_("Backup"), "drill": N_("Drill: restored and verified")}
#: Checks of the station: callflow/core/watch/checks.py.
CHECK_PERIODS = {
    "day": N_("each day"),
    "week": N_("each week"),
    "month": N_("each month"),
    "year": N_("each year"),
}
CHECK_PROOFS = {
    "signature": N_("by signature"),
    "figure": N_("by a figure"),
    "file": N_("by a file"),
}
CHECK_SOURCES = {
    "backup": N_("a backup was made"),
    "restore": N_("a backup was restored and verified"),
    "reading": N_("organs were found well"),
    "signal": N_("a panel sent something"),
}
CHECK_STANDS = {
    "done": N_("up to date"),
    "due": N_("to be done"),
    "late": N_("late"),
    "failed": N_("it failed"),
}
#: Families of events that a program may be told of: callflow/texts FAMILIES.
FAMILIES = {
    "alarms.*": N_("Alarms: signals, calls, tasks, closures"),
    "interventions.*": N_("Interventions, verifications and emergency services"),
    "calls.*": N_("Telephone and callers"),
    "messages.*": N_("Messages, letters and images"),
    "sites.*": N_("Sites, contacts, contracts and instructions"),
    "plans.*": N_("Call plans"),
    "staff.*": N_("Shifts, users and log-ins"),
    "station.*": N_("Machines, trunks and settings"),
    "others.*": N_("Other events"),
}
#: Where a message stands: callflow/core/messages/outbox.py.
MESSAGE_STATES = {
    "waiting": N_("waits"),
    "sending": N_("is being sent"),
    "sent": N_("gone out"),
    "failed": N_("not delivered"),
    "cancelled": N_("withdrawn"),
    "shadow": N_("not sent: shadow"),
}
#: How far it came, as somebody else says: callflow/core/messages/proof.py.
STAGES = {
    "taken": N_("taken over"),
    "delivered": N_("arrived"),
    "posted": N_("stamped and posted"),
    "returned": N_("sent back"),
}
#: Where a subscription stands: callflow/core/messages/subscriptions.py.
SUBSCRIPTIONS = {
    "active": N_("takes events"),
    "paused": N_("paused"),
    "dead": N_("given up: it took nothing for a day"),
}
#: Views of the statistics: callflow/handling/records/statistics.py.
STATISTICS = {
    "delays": N_("Delays"),
    "hours": N_("Hours"),
    "operators": N_("Operators"),
    "false-alarms": N_("False alarms"),
    "trunks": N_("Calls out"),
    "handling": N_("Handling"),
    "reports": N_("Monthly reports"),
}
REPORT_SUBJECTS = {
    "station": N_("the whole station"),
    "client": N_("a client's sites"),
    "firm": N_("a firm's sites"),
}
STEPS_MEASURED = {
    "shown": N_("shown to an operator"),
    "claimed": N_("taken by an operator"),
    "called": N_("first call"),
    "acted": N_("first action"),
    "verified": N_("verification done"),
    "closed": N_("handled"),
}
FALSE_ALARMS_BY = {"site": N_("site"), "zone": N_("zone"), "maker": N_("maker of the panel")}
PERIODS = {
    "today": N_("Today"),
    "week": N_("7 days"),
    "month": N_("This month"),
    "last_month": N_("Last month"),
    "year": N_("This year"),
}
#: What of the event table is shown.
EVENT_STATES = {"own": N_("only what the station changed")}
#: Languages that letters are written in.
LANGUAGE_NAMES = {"fr": N_("French"), "en": N_("English")}
#: For whom an alarm's report is.
WIDTHS = {"client": N_("Client"), "firm": N_("Maintenance firm"), "full": N_("Complete")}
#: Letters, by what they go with.
LETTERS = {
    "report_client": N_("With a client's report"),
    "report_firm": N_("With a maintenance firm's report"),
    "report_full": N_("With a complete report"),
    "letterhead": N_("Letterhead"),
}
#: What a letter's blanks are filled with.
BLANKS = {
    "site": N_("the site's name"),
    "client": N_("the client's name"),
    "address": N_("the site's address"),
    "account": N_("the panel's account"),
    "alarm": N_("what the alarm is about"),
    "received": N_("when it was received"),
    "closed": N_("when it was closed"),
    "conclusion": N_("how it ended"),
    "reference": N_("the report's reference"),
    "station": N_("the station's name"),
}
#: What is kept for so many days: callflow/core/records/retention.py.
KEPT = {
    "recordings": N_("Recordings of calls, and what was said after a tone"),
    "images": N_("Images and clips"),
    "signals": N_("Signals of panels"),
    "people": N_("People whom no site has any more: they are erased everywhere"),
    "parts": N_("Accounts, zones, cameras and the like that were removed from sites"),
    "incidents": N_("Alarms with all that belongs to them, calls, notes and the logbook's words"),
}
#: Who asks for an evidence file, and whose data may be shown to them: core/records/masking.py.
REQUESTERS = {
    "police": N_("Police, gendarmerie"),
    "prefect": N_("Prefect"),
    "court": N_("Court"),
    "insurer": N_("Insurer"),
}
THIRDS = {
    "contacts": N_("people called at the site"),
    "staff": N_("the station's staff"),
    "members": N_("people of guards' and maintenance firms"),
    "services": N_("reserved numbers of services"),
    "others": N_("unknown numbers"),
}
#: Which recordings, or images, go into it, and why some don't: core/records/disclosure.py.
INCLUDES = {
    "rule": N_("those of people whom they may see"),
    "all": N_("all"),
    "none": N_("none"),
}
EVIDENCE_PARTS = {
    "report": N_("report"),
    "recording": N_("recordings of calls"),
    "voice": N_("messages left after a tone"),
    "image": N_("images and clips"),
}
LEFT_OUT = {
    "third_person": N_("of third persons"),
    "erased": N_("erased"),
    "covered": N_("kept no longer"),
    "choice": N_("by choice"),
    "retention": N_("kept no longer"),
    "elsewhere": N_("not on this machine"),
    "problem": N_("never received whole"),
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
    "not_allowed": N_("from an address that may not connect"),
    "unknown": N_("unknown sender"),
    "wrong_password": N_("password wrong"),
    "malformed": N_("malformed"),
    "handshake": N_("no TLS"),
    "no_number": N_("no number of ours"),
}
PHONE_MAKES = {"yealink": "Yealink", "snom": "Snom"}
TRUNK_STATES = {
    "up": N_("up"),
    "down": N_("down"),
    "unregistered": N_("not registered with its carrier"),
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
    | {"done", "all_clear", "service_comes", "faxed"}
)
GRAVE = frozenset(
    {"duress", "help", "wrong_code", "operator", "trunk_failure", "error", "overdue", "failed"}
    | {"traces", "service_declines"}
)


_OUTCOMES = {**TASK_OUTCOMES, **OUTCOMES}
_REASONS = {**REASONS, "plan": ("à traiter selon la consigne", "left by the plan")}


def _pair(pair: tuple[str, str] | None, language: str, other: str) -> str:
    return pair[LANGUAGES.index(language)] if pair else other


#: The law's vocabularies, by the name that a template gives them.
LAW = {**law.WORDS, "reason": law.GATE_REASONS}


def of_law(name: str, table: str, language: str) -> str:
    """A word of the law, with a capital."""
    return _capital(_pair(LAW[table].get(name), language, name))


def evidence(reason: Reason, language: str) -> str:
    """What speaks for or against an intrusion, with its source."""
    source = reason.source
    if reason.sign in BY_MEANS:
        source = of_law(source, "means", language)
    said = agreed(SIGNS[reason.sign][LANGUAGES.index(language)], {"source": source}, language)
    return _capital(said.format(source=source))


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


def short_kind(name: str, language: str) -> str:
    """What an alarm is about, where all are alarms: "Intrusion"."""
    words = kind(name, language)
    short = words.removeprefix("Alarme ") if language == "fr" else words.removesuffix(" alarm")
    return words if short.startswith("d'") else _capital(short)


def resolution(code: str, language: str) -> str:
    """What a resolution code stands for, with a capital; one of another time as it is."""
    pair = RESOLUTIONS.get(code)
    return _capital(pair[LANGUAGES.index(language)]) if pair else code


def channel(name: str, language: str) -> str:
    """What a message goes out on."""
    return text_word(CHANNELS, name, language)


def organ(part: str, name: str, language: str) -> str:
    """What an organ of the station is called; a name of its own is as it was set."""
    return organs.named(part, name, "", LANGUAGES.index(language))


def organ_cost(part: str, name: str, language: str) -> str:
    """What its failure costs, where the station did not write it itself."""
    return costs.cost(part, name, LANGUAGES.index(language))


#: How a probe asks; {name: what it is called} is translated later.
PROBE_MEANS = {
    "http": N_("Web page"),
    "tcp": N_("TCP port"),
    "ping": N_("Echo (ping)"),
    "snmp": N_("SNMP"),
    "command": N_("Program of the probes' folder"),
    "prometheus": N_("Prometheus query"),
    "signal": N_("Zone of a panel"),
}


def unit(name: str, language: str) -> str:
    """The unit of a figure."""
    return text_word(organs.UNITS, name, language)


def organ_state(state: str, language: str) -> str:
    """How it is."""
    return text_word(organs.STATES, state, language)


def organ_reason(reason: str, language: str) -> str:
    """Why it isn't well."""
    return text_word(organs.REASONS, reason, language)


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
#: What somebody found out about their headset.
SOUND = {
    "": N_("headset well"),
    "not_heard": N_("headset: sound not heard"),
    "no_microphone": N_("headset: microphone not measured"),
    "too_quiet": N_("headset: microphone too quiet"),
}
CALL_BACK_RESULTS = {
    "reached": N_("Reached"),
    "unreachable": N_("Unreachable"),
    "not_needed": N_("Not needed"),
    "called_again": N_("Called again"),
}
