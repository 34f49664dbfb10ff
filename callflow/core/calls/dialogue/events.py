"""What can happen in a dialogue, and what it can want done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue.table import CodeVerdict
from callflow.core.calls.dialogue.turns import Phrase


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed in this turn, ``#`` that ended it left out; ``""`` is a lone ``#``."""

    digits: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something was said after the tone. ``voice`` names its recording, which is stored already;
    ``Phrase("voice", {"voice": voice})`` plays it."""

    voice: str


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What became of a menu's deed: ``result`` is a key of its page's ``leads``.

    ``may`` and ``language``, where they are known better now, take the place of what was.
    ``served``: it is what somebody calls for. ``duress``: it was asked for under threat.
    """

    result: str
    say: tuple[Phrase, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)
    may: frozenset[str] | None = None
    language: str = ""
    served: bool = False
    duress: bool = False


Event = Typed | Spoken | CodeChecked | Done | Silence | Played | HungUp


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
