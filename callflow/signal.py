"""A signal: one message of a panel, as it arrived and as it was understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a signal, and the incident it opens, is about (signals.md, Event table)."""

    INTRUSION = "intrusion"
    HOLD_UP = "hold_up"
    PANIC = "panic"
    DURESS = "duress"
    FIRE = "fire"
    MEDICAL = "medical"
    GAS = "gas"
    FLOOD = "flood"
    LIFT = "lift"
    TAMPER = "tamper"
    TECHNICAL = "technical"
    POWER = "power"
    BATTERY = "battery"
    LINE = "line"
    TEST = "test"
    OPENING = "opening"
    CLOSING = "closing"
    BYPASS = "bypass"
    CANCEL = "cancel"
    RESTORE = "restore"
    UNENCRYPTED = "unencrypted"  # an account with a key sent in clear
    UNKNOWN = "unknown"  # a code, or an account, that nobody declared


class Category(StrEnum):
    """How an incident ranks before its priority is looked at."""

    VITAL = "vital"  # lives: in the human queue from receipt (D5)
    SECURITY = "security"
    TECHNICAL = "technical"
    INFORMATION = "information"


#: Personal alarms: mute, no key or code cancels them (D7).
PERSONAL = frozenset({Kind.HOLD_UP, Kind.PANIC, Kind.DURESS})
#: These always open an incident of their own (D6).
ALWAYS_OWN = PERSONAL | {Kind.FIRE, Kind.MEDICAL, Kind.LIFT}


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One decoded message. ``received_at`` is the station's clock, ``panel_time`` the panel's.

    ``code`` is the event code of its format ("BA", "1130"), ``zone`` and ``text`` are as sent
    (text from outside: never trusted), ``raw`` the frame in clear for people to read.
    ``deduplication`` is equal for two deliveries of one message and different otherwise.
    """

    account: str
    format: str  # "SIA-DCS", "ADM-CID", "webhook", "contact-id"
    code: str
    zone: str = ""
    partition: str = ""
    text: str = ""
    user: str = ""
    raw: str = ""
    received_at: datetime
    panel_time: datetime | None = None
    line: str = ""
    encrypted: bool = False
    deduplication: str
