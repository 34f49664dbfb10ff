"""A signal: one message of a panel, as it arrived and as it was understood."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from callflow.core.signals import blocks


class Kind(StrEnum):
    """What a signal, and the incident it opens, is about
    (docs/explanation/signals.md#event-table)."""

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
    UNPROVED = "unproved"  # what did not come from the panel for certain would end something (D31)
    MISSING_POLL = "missing_poll"  # a supervised path has gone silent
    MISSING_TEST = "missing_test"  # the test that was due did not come
    PATHS_LOST = "paths_lost"  # every path of an armed site is lost: as grave as an intrusion (D9)
    LATE_TO_CLOSE = "late_to_close"  # not armed when its schedule says so
    OFF_HOURS = "off_hours"  # opened early, or out of hours
    PANEL_USER = "panel_user"  # a revoked or unknown user opened (D4)
    BANK_OPENING = "bank_opening"  # "arrived well" did not come in time (D18)
    MISMATCH = "mismatch"  # not from the line, or the number, that the panel is declared with
    ON_TEST = "on_test"  # a test ended, or was abused (D17)
    TERMINATED = (
        "terminated"  # an alarm of a site whose contract is over: no client's any more (D30)
    )
    RUNAWAY = "runaway"  # a panel that does not stop
    SWINGER = "swinger"  # the same zone again and again
    STORM = "storm"  # one fault, many sites (D10)
    RECEIVER = "receiver"  # a hardware receiver, or a line of our own, is lost
    TRUNK = "trunk"  # a trunk carries no calls, or nobody answers them (D16)
    ORGAN = "organ"  # a part of the station fails, or is to be looked at
    PEER = "peer"  # another station's alarm that nobody takes there: we are its backup station
    DEAD_MAN = "dead_man"  # the operator alone on shift gives no sign of presence
    GUESSING = "guessing"  # somebody tries codes on the phone, one after the other
    LOGBOOK = "logbook"  # somebody without the key wrote in it
    UNATTENDED = "unattended"  # nobody is on shift at night
    UNKNOWN = "unknown"  # a code, or an account, that nobody declared


class Category(StrEnum):
    """How an incident ranks before its priority is looked at."""

    VITAL = "vital"  # lives: in the human queue from receipt (D5)
    SECURITY = "security"
    TECHNICAL = "technical"
    INFORMATION = "information"


#: The format of what the station itself finds out (a missing poll, a late closing).
STATION = "station"

#: The station's line that panels call on (Contact ID by phone).
PHONE_LINE = "phone"

#: Where a program's message came by whose token names no account: it may open, never end (D31).
WEBHOOK, UNBOUND = "webhook", "webhook/unbound"

#: Personal alarms: mute, no key or code cancels them (D7).
PERSONAL = frozenset({Kind.HOLD_UP, Kind.PANIC, Kind.DURESS})
#: About the station, or many sites: no site's.
OF_STATION = frozenset(
    {
        Kind.STORM,
        Kind.RECEIVER,
        Kind.TRUNK,
        Kind.ORGAN,
        Kind.PEER,
        Kind.DEAD_MAN,
        Kind.UNATTENDED,
        Kind.GUESSING,
        Kind.LOGBOOK,
    }
)
#: A part of the station failed: of these the organs are (core/watch).
FAILURES = frozenset({Kind.ORGAN, Kind.TRUNK, Kind.RECEIVER})
#: These always open an incident of their own (D6).
ALWAYS_OWN = PERSONAL | {Kind.FIRE, Kind.MEDICAL, Kind.LIFT, Kind.PEER}


class Treatment(StrEnum):
    """What became of a signal when it was correlated."""

    OPENED = "opened"  # an incident of its own
    JOINED = "joined"
    RESTORED = "restored"
    CANCELLED = "cancelled"  # it cancelled an alarm by code, in time
    NOTED = "noted"  # nothing is to be done
    COUNTED = "counted"  # one of a runaway panel's: only counted
    SHUNTED = "shunted"  # its zone was taken out: a swinger
    TESTED = "tested"  # the site was on test (D17)
    UNPROVED = "unproved"  # it would end something, and nothing proves where it comes from (D31)


#: The account of what the station sends to itself on its lines (``callflow/probes/canary.py``).
CANARY = "CANARY"


class Signal(NamedTuple):
    """One decoded message; a tuple, as a flood makes thousands a second.

    ``received_at`` is the station's clock, ``panel_time`` the panel's.
    ``code`` is the event code of its format ("BA", "1130"), ``zone`` and ``text`` are as sent
    (text from outside: never trusted), ``raw`` the frame in clear for people to read. ``line`` is
    the station's line it came on, ``caller`` the number that called (Contact ID by phone), and
    ``extra`` the further data blocks as sent, brackets included ("[V…][X…]").
    ``deduplication`` is equal for two deliveries of one message and different otherwise.
    """

    account: str
    format: str  # "SIA-DCS", "ADM-CID", "webhook", "contact-id", "station"
    code: str
    received_at: datetime
    deduplication: str
    zone: str = ""
    partition: str = ""
    text: str = ""
    user: str = ""
    raw: str = ""
    panel_time: datetime | None = None
    line: str = ""
    caller: str = ""
    extra: str = ""
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """A signal as it is kept: what ``Signal`` says of it, and what became of it. Times are UTC.

    ``treatment`` is None until it is correlated, ``kind`` the event table's until then and its
    site's from then on.
    """

    number: int  # in the order of storing
    id: str
    deduplication: str
    account: str
    format: str
    line: str
    code: str
    zone: str
    partition: str
    panel_user: str
    text: str
    raw: str
    caller: str
    extra: str
    encrypted: bool
    kind: Kind
    rank: int  # 0 vital, 1 opens an incident, 2 the rest
    received_at: datetime
    panel_time: datetime | None
    correlated_at: datetime | None
    treatment: Treatment | None
    deferred: bool  # delivered late: it happened at ``panel_time``
    incident_id: str | None

    @property
    def of_station(self) -> bool:
        """True where the station itself found it out."""
        return self.format == STATION

    @property
    def of_canary(self) -> bool:
        """True where the station sent it to itself: nobody else has that account's key."""
        return self.account == CANARY and self.encrypted

    @property
    def happened_at(self) -> datetime:
        """By the panel's clock where it was delivered late, else when it came."""
        return self.panel_time if self.deferred and self.panel_time else self.received_at

    @property
    def links(self) -> list[str]:
        """That a person may follow."""
        return blocks.links(self.extra)

    @property
    def other_blocks(self) -> list[tuple[str, str]]:
        """(letter, content) of its further blocks."""
        return blocks.others(self.extra)
