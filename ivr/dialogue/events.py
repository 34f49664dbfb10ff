"""What can happen in a dialogue, and what it can want done."""

from __future__ import annotations

from dataclasses import dataclass

from callflow.call import Outcome
from ivr.dialogue.table import CodeVerdict


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed in this turn, ``#`` that ended it left out; ``""`` is a lone ``#``."""

    digits: str


@dataclass(frozen=True, slots=True)
class CodeChecked:
    """The verdict on the code that ``code_to_check`` named."""

    verdict: CodeVerdict


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was typed before the time was up."""


@dataclass(frozen=True, slots=True)
class Played:
    """The words of a turn that reads nothing were said."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The call ended. The end of an AGI session isn't one: a redirect looks the same."""


Event = Typed | CodeChecked | Silence | Played | HungUp


@dataclass(frozen=True, slots=True)
class Conclude:
    """Commit this result now, before the next word. A later one replaces it."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Bridge:
    """After the dialogue the call goes on in a conference with a human."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The dialogue is at its end: hang up, or, after a Bridge, the conference."""


Effect = Conclude | Bridge | Finish
