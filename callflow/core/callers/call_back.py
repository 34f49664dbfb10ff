"""A caller whom nobody answered, or an instruction that somebody left: a task until it is done."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallBack:
    """A number that is to be called back, or an instruction to be heard. Times are UTC."""

    id: str
    number: str  # "": those beyond the bound, counted only; or an instruction's that showed none
    open_for: str | None  # the number, or the instruction, while it is open: one task of each
    incident_id: str | None  # of the caller's site, as it was then
    called: int  # how often they called
    first_at: datetime
    last_at: datetime
    due_at: datetime | None  # when it comes back louder
    instruction_id: str | None = None
    level: int = 0  # how often it came back
    holder: str | None = None
    tried: int = 0  # how often we called back
    call_id: str | None = None  # the last of those calls
    ended_at: datetime | None = None
    result: str = ""
    ended_by: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who has a number, at one of their sites: who may have called."""

    phone: str
    name: str
    language: str
    site: str
    place: str  # the site's name
