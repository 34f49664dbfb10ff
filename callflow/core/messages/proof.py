"""What shows that a message left, and that it came: said by the far end, or by who stamped it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """How far a message came, as somebody else says."""

    TAKEN = "taken"  # a server, gateway or printer has it
    DELIVERED = "delivered"  # it is where it was to go: a receipt, sheets in the tray, a stamp
    POSTED = "posted"  # a letter is stamped and gone, as who stamped it says
    RETURNED = "returned"  # it came back, after it had been taken


#: Characters that are kept of what a far end says.
LONGEST = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What a far end said of a message. ``reference``: what it calls it, for a later word on it.

    ``final``: False where it must be asked again what became of it.
    """

    stage: Stage = Stage.TAKEN
    text: str = ""
    reference: str = ""
    final: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """One receipt, as it is kept (UTC). ``who``: the person who says so; "": the far end."""

    id: str
    message_id: str
    at: datetime
    stage: Stage
    incident_id: str | None = None
    text: str = ""
    reference: str = ""
    who: str = ""
