"""Something that somebody owes a site after its alarm: a word, an errand, what was left there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PromiseKind(StrEnum):
    """What is owed."""

    PROMISE = "promise"  # somebody was promised a call, or that something is done
    EQUIPMENT = "equipment"  # a guard or a technician left it there


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """One. ``who`` owes it, or left it there. Times are UTC."""

    id: str
    incident_id: str
    kind: PromiseKind
    text: str
    who: str
    noted_by: str
    at: datetime
    due_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bypass:
    """A zone that its panel leaves out since then (UTC), by which of its users."""

    account: str
    zone: str  # its key
    site_id: str
    since: datetime
    panel_user: str = ""
