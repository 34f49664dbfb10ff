"""What each reader of a report may see: closed lists, so that what is new is hidden until somebody
has thought of it. Pure.

The client sees what was done for them, never other clients, the station's own notes, the names of
its staff, whole telephone numbers, reserved lines or anybody's codes. The maintenance firm sees
what its installation did and what its technicians did, and nobody else. The complete report is the
station's own.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from callflow.core.alarms.filing import What
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Role


class Width(StrEnum):
    """For whom a report is."""

    CLIENT = "client"
    FIRM = "firm"
    FULL = "full"


#: Entries of the logbook that a call, a signal or an image stands for in a report.
FOLDED = frozenset(
    {
        *("signal", "call_requested", "call_cancelled", "call_placed", "call_answered"),
        *("call_result", "call_ended", "call_incoming", "recording", "image_fetched"),
        *("clip_fetched", "link_fetched", "restored"),
    }
)

#: What the maintenance firm is told of an entry: {kind: the fields of its data that it may show}.
_TECHNICAL: Mapping[str, frozenset[str]] = {
    "incident_opened": frozenset({"alarm"}),
    "incident_confirmed": frozenset(),
    "incident_reopened": frozenset(),
    "runaway": frozenset(),
    "technician_accepted": frozenset({"who"}),
    "technician_on_site": frozenset({"who"}),
    "technician_left": frozenset({"who"}),
    "test_set": frozenset({"until", "zones"}),
    "test_extended": frozenset({"until"}),
    "test_ended": frozenset(),
    "closed": frozenset({"resolution"}),
    "awaiting_normal": frozenset({"zones"}),
    "overdue": frozenset(),
    "filed": frozenset(),
    "filed_by_hand": frozenset(),
    "reopened": frozenset(),
    "fault_began": frozenset({"zone", "note"}),
    "fault_changed": frozenset({"zone", "note", "cause", "who", "until"}),
    "fault_ended": frozenset({"zone", "note"}),
}

#: The same for the client. Of a text that people typed, ``redacted`` takes numbers and codes.
_FOR_CLIENT: Mapping[str, frozenset[str]] = {
    **_TECHNICAL,
    "human": frozenset(),
    "claimed": frozenset({"by"}),
    "desk_taken": frozenset(),
    "resumed": frozenset({"by"}),
    "verification": frozenset({"means", "finding", "person", "note"}),
    "service_asked": frozenset({"service"}),
    "service_report": frozenset({"service", "answer", "reference"}),
    "counter_order": frozenset({"service"}),
    "guard_by_hand": frozenset({"who"}),
    "guard_accepted": frozenset({"who", "until"}),
    "guard_on_site": frozenset({"who"}),
    "guard_report": frozenset({"who", "outcome", "where", "armed", "note"}),
    "guard_left": frozenset({"who"}),
    "guard_recalled": frozenset({"who"}),
    "guard_asks_police": frozenset({"who"}),
    "measure_opened": frozenset({"until", "note"}),
    "measure_lifted": frozenset({"note"}),
    "measure_report": frozenset({"note", "text"}),
    "measure_extended": frozenset({"note", "until", "text"}),
    "measure_over": frozenset({"note"}),
    "message_sent": frozenset({"channel"}),
    "arrived": frozenset(),
    "closed": frozenset({"resolution", "text"}),
    "awaiting_arming": frozenset(),
}

#: Of the complete report: who looked at what is the audit's.
NOT_OF_THE_ALARM = frozenset(
    {
        *("images_seen", "image_opened", "clip_played", "recording_heard", "spoken_heard"),
        *("document_made", "document_opened", "report_seen", "line_revealed", "erased", "purged"),
        *("evidence_asked", "evidence_made", "evidence_taken"),
    }
)

#: What no client's and no firm's report tells: of a storm, other clients' sites; of the station
#: itself, nobody's.
_ABOUT_OTHERS = frozenset({Kind.STORM})


def may_have(width: Width, kind: Kind) -> bool:
    """True where a report of this alarm may leave the station in this width."""
    return width is Width.FULL or kind not in _ABOUT_OTHERS


def shown(width: Width, kind: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an entry of this kind tells in a report; None: nothing."""
    if width is Width.FULL:
        left_out = kind in FOLDED or kind in NOT_OF_THE_ALARM
        return None if left_out else dict(data)
    fields = (_FOR_CLIENT if width is Width.CLIENT else _TECHNICAL).get(kind)
    if fields is None:
        return None
    told = {name: freed(value) for name, value in data.items() if name in fields}
    if "resolution" in told:
        told["resolution"] = resolution(width, told["resolution"])
    return told


#: How an alarm ended, as far as that says something of the installation.
_OF_INSTALLATION = frozenset(
    {
        *("false_alarm", "operating_error", "technical", "restored", "test", "exercise"),
        *("cancelled", "known_cause"),
    }
)


def resolution(width: Width, code: str | None) -> str:
    """How an alarm ended, as this reader is told; "": nothing of it."""
    told = width is not Width.FIRM or code in _OF_INSTALLATION
    return (code or "") if told else ""


def sees_people(width: Width) -> bool:
    """True where the people who were called are anybody of this reader's."""
    return width is not Width.FIRM


#: What is still open as far as it is of the installation, and as far as it is done for the client.
_OPEN_FOR_FIRM = frozenset({What.ZONE, What.BYPASS, What.FAULT})
_OPEN_FOR_CLIENT = _OPEN_FOR_FIRM | {What.ARMING, What.MEASURE, What.GUARD}


def sees_open(width: Width, what: What) -> bool:
    """Say whether a line of what is still open is told."""
    if width is Width.FULL:
        return True
    return what in (_OPEN_FOR_CLIENT if width is Width.CLIENT else _OPEN_FOR_FIRM)


def sees_call(width: Width, role: Role | None) -> bool:
    """True where a call to somebody of this ``role`` is told."""
    return width is not Width.FIRM or role is Role.MAINTENANCE


def sees_signal(width: Width, kind: Kind) -> bool:
    """True where a signal of this ``kind`` is told: who comes and goes is no firm's business."""
    return width is not Width.FIRM or kind not in (Kind.OPENING, Kind.CLOSING, Kind.DURESS)


def freed(value: Any) -> Any:
    """``redacted`` of what is text."""
    return redacted(value) if isinstance(value, str) else value


_CODE = re.compile(
    r"(?i)\b(codes?|mots? de passe|passwords?|pin)\b(\s*(?:d'accès|d’accès|est|is|:|=|n°)?\s*)"
    r"(?:«\s*[^»]*»|\"[^\"]*\"|(?=\w*\d)\w{2,})"
)
_NUMBER = re.compile(r"(?<![\w/-])(?:\+|00)?\d(?:[ .\-\u00a0\u202f]?\d){7,14}(?![\w/-])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.]+)?")
HIDDEN = "•••"


def redacted(text: str) -> str:
    """``text`` without telephone numbers, mail addresses and codes that somebody typed into it."""
    if _ISO.match(text):
        return text  # an instant, which the page says in the site's time
    text = _CODE.sub(lambda found: found[1] + found[2] + HIDDEN, text)
    return _NUMBER.sub(HIDDEN, _MAIL.sub(HIDDEN, text))


def masked(number: str) -> str:
    """A telephone number of which nobody learns more than which of theirs it is."""
    digits = [place for place, letter in enumerate(number) if letter.isdigit()]
    hidden = set(digits[3:-2]) if number.startswith("+") else set(digits[2:-2])
    return "".join("•" if place in hidden else letter for place, letter in enumerate(number))
