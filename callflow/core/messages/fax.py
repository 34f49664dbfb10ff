"""A document by fax: how each try is made, and what its end means. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from callflow.core.messages.outbox import Fault

#: A fax is the least of all calls: every other one that waits for a channel goes first.
PRIORITY = 5
#: Pages of one fax, its cover included; who has more to say sends mail.
MOST_PAGES = 100
#: A fax of unknown fate may have arrived: it is sent once more, and never a third time.
MOST_UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Manner:
    """How a try is made. ``rate``: the fastest that it may choose, bit/s. ``audio``: as sound, not
    by T.38, which some networks spoil."""

    rate: int = 14_400
    audio: bool = False


#: Each try that was answered and did not get through is followed by another manner; busy lines and
#: machines that don't answer change nothing.
_MANNERS = (Manner(), Manner(9600), Manner(14_400, audio=True), Manner(4800))


def manner(bad: int) -> Manner:
    """How the next try is made, after so many ``bad`` ones."""
    return _MANNERS[min(bad, len(_MANNERS) - 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What the fax session of a call said when it was over. ``pages``: confirmed by the other
    machine. ``remote``: what that machine calls itself, ``error`` why it failed."""

    passed: bool
    pages: int = 0
    rate: int = 0  # bit/s
    mode: str = ""  # T38 or audio
    remote: str = ""
    error: str = ""

    def text(self, of: int) -> str:
        """As it is kept, in every language alike; ``of``: the pages that were to pass."""
        rate = f"{self.rate} bit/s" if self.rate else ""
        mode = "T.38" if self.mode == "T38" else self.mode
        said = (f"{self.pages}/{of} p.", rate, mode, self.remote, self.error)
        return ", ".join(part for part in said if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """What is known of a message's tries, kept in its data.

    ``pages`` of what is sent, its cover included; ``bad``: tries that were answered and did not get
    through; ``unknown``: tries of which nobody knows. ``by``: the person who asked; "": the plan.
    """

    pages: int = 0
    bad: int = 0
    unknown: int = 0
    by: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Sending:
        """From a message's data."""
        kept = data.get("fax") or {}
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__ if name in kept})

    def into(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """A message's data with this in it."""
        mine = {name: getattr(self, name) for name in type(self).__dataclass_fields__}
        return {**data, "fax": mine}

    def after(self, fault: Fault) -> Sending:
        """With one more try, which failed so."""
        return replace(
            self,
            bad=self.bad + (fault is Fault.BAD_LINE),
            unknown=self.unknown + (fault is Fault.UNKNOWN),
        )

    def is_last(self, fault: Fault) -> bool:
        """True where a try that failed so is followed by none."""
        return fault is Fault.UNKNOWN and self.unknown + 1 >= MOST_UNKNOWN
