"""The meaning of codes: the table of events (``events.csv``, data and not code) and its reading.

Codes are SIA DC-03's two letters, and Contact ID's (DC-05) three digits behind the qualifier:
1 new or opening, 3 restore or closing, 6 still present.
"""

import csv
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources

from callflow.core.signals.signal import PERSONAL, STATION, Category, Kind

#: Formats whose codes are Contact ID's, and those with tables of their own.
CONTACT_ID = frozenset({"ADM-CID", "contact-id"})
_OWN_TABLE = frozenset({"SIA-DCS", STATION})
_NEW, _RESTORE, _STILL_PRESENT = "1", "3", "6"
# Codes that tell of a zone's alarm, and of its end: not troubles, tampers, tests, system faults.
_SYSTEM = r"(?!37|4[1-57]|56)"
_ZONE_ALARM = re.compile(rf"[BFGHKMPQSUWZ][AGMV]|D[FL]|[16]1{_SYSTEM}\d\d")
_ZONE_RESTORE = re.compile(rf"[BFGHKMPQSUWZ][HR]|DR|31{_SYSTEM}\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One meaning. ``priority`` is 1 (first) to 4; ``restores`` the kind that a restore ends."""

    kind: Kind
    category: Category
    priority: int
    opens: bool
    restores: Kind | None = None
    en: str
    fr: str

    def label(self, language: str) -> str:
        """The meaning for people, in French ("fr…") or English."""
        return self.fr if language.startswith("fr") else self.en


@dataclass(frozen=True, slots=True)
class Override:
    """What is said of a code instead of the table; None leaves it as it is."""

    code: str
    kind: Kind | None
    category: Category | None
    priority: int | None
    opens: bool | None


@dataclass(frozen=True, slots=True)
class StationRule(Override):
    """For the whole station."""

    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class SiteOverride(Override):
    """For a site, or one of its zones, by its key; "": any."""

    site_id: str
    zone: str


#: A code that nobody declared: never dropped, a human looks at it.
UNKNOWN = EventRow(
    kind=Kind.UNKNOWN,
    category=Category.SECURITY,
    priority=2,
    opens=True,
    en="Unknown event",
    fr="Événement inconnu",
)


@lru_cache(maxsize=4096)
def lookup(format_name: str, code: str) -> EventRow:
    """The meaning of ``code`` in a format; ``UNKNOWN`` where the table has none.

    For "webhook" and other formats without a table of their own, codes of both are understood.
    """
    event = table().get((format_name, code))
    if event is not None:
        return event
    if format_name in CONTACT_ID:
        return _contact_id(code)
    if format_name in _OWN_TABLE:
        return UNKNOWN
    return table().get(("SIA-DCS", code)) or _contact_id(code)


def classify(format_name: str, code: str, zone_kind: Kind | None = None) -> EventRow:
    """What a code is about at its site: the table's meaning, bent by the kind of its zone.

    A zone declared as, say, lift makes a lift alarm of whatever alarm its panel sends for it, and
    of that alarm's end. It changes neither openings and tests nor faults, nor an unknown code.
    """
    event = lookup(format_name, code)
    if zone_kind is None or event is UNKNOWN:
        return event
    if event.restores is not None:
        bent = _ZONE_RESTORE.fullmatch(code)
        return replace(event, restores=zone_kind) if bent else event
    if not _ZONE_ALARM.fullmatch(code):
        return event
    category, priority = usual(zone_kind)
    return replace(event, kind=zone_kind, category=category, priority=priority, opens=True)


def overridden(event: EventRow, said: Override) -> EventRow:
    """``event`` as an administrator changed it.

    Another kind brings its usual category and priority, and opens. A personal alarm, whether its
    code or its zone says so, stays one and waits behind no others (D19).
    """
    if event.kind in PERSONAL:
        kind = said.kind if said.kind in PERSONAL else event.kind
        return replace(
            event, kind=kind, priority=min(said.priority or event.priority, event.priority)
        )
    if said.kind is not None and said.kind is not event.kind:
        category, priority = usual(said.kind)
        opens = said.kind not in _OPEN_NOTHING
        event = replace(
            event, kind=said.kind, category=category, priority=priority, opens=opens, restores=None
        )
    return replace(
        event,
        category=said.category or event.category,
        priority=said.priority or event.priority,
        opens=event.opens if said.opens is None else said.opens,
    )


#: Kinds that tell of no alarm.
_OPEN_NOTHING = frozenset(
    {Kind.OPENING, Kind.CLOSING, Kind.TEST, Kind.CANCEL, Kind.RESTORE, Kind.BYPASS}
)


def _contact_id(code: str) -> EventRow:
    """The row of Q and XYZ, such as "3130": the end of an intrusion."""
    qualifier, number = code[:1], code[1:]
    event = table().get(("ADM-CID", number))
    if event is None or qualifier not in (_NEW, _RESTORE, _STILL_PRESENT):
        return UNKNOWN
    if event.kind is Kind.OPENING and qualifier == _NEW:
        return _named(event, "Opening", "Mise à l’arrêt")
    if qualifier != _RESTORE or event.kind in (Kind.CLOSING, Kind.TEST, Kind.CANCEL):
        return event
    if event.kind is Kind.OPENING:
        return _closing(event)
    return replace(
        event,
        kind=Kind.RESTORE,
        category=Category.INFORMATION,
        priority=4,
        opens=False,
        restores=event.kind,
        en=f"Restored: {event.en[:1].lower()}{event.en[1:]}",
        fr=f"Rétabli : {event.fr[:1].lower()}{event.fr[1:]}",
    )


def _closing(event: EventRow) -> EventRow:
    """DC-05 gives openings and closings one number: the qualifier tells them apart."""
    event = _named(event, "Closing", "Mise en marche")
    return replace(event, kind=Kind.CLOSING, category=Category.INFORMATION, priority=4, opens=False)


def _named(event: EventRow, en: str, fr: str) -> EventRow:
    def swap(pattern: str, name: str, label: str) -> str:
        return re.sub(
            pattern, lambda m: name if m.start() == 0 else name.lower(), label, flags=re.IGNORECASE
        )

    return replace(
        event,
        en=swap("opening/closing", en, event.en),
        fr=swap("mise à l’arrêt/en marche", fr, event.fr),
    )


@cache
def usual(kind: Kind) -> tuple[Category, int]:
    """Category and priority that most alarms of a kind have."""
    events = [event for event in table().values() if event.kind is kind and event.opens]
    if not events:
        # No code says it: lifts are declared by their zone.
        return (Category.VITAL, 1) if kind is Kind.LIFT else (Category.SECURITY, 2)
    meanings = [(event.category, event.priority) for event in events]
    return max(meanings, key=meanings.count)


@cache
def table() -> dict[tuple[str, str], EventRow]:
    """Every row of the data, by format and code; Contact ID without its qualifier."""
    text = resources.files("callflow.core.signals").joinpath("events.csv").read_text("utf-8")
    return {
        (line["format"], line["code"]): _row(line) for line in csv.DictReader(text.splitlines())
    }


def _row(line: dict[str, str]) -> EventRow:
    return EventRow(
        kind=Kind(line["kind"]),
        category=Category(line["category"]),
        priority=int(line["priority"]),
        opens=line["opens"] == "yes",
        restores=Kind(line["restores"]) if line["restores"] else None,
        en=line["en"],
        fr=line["fr"],
    )
