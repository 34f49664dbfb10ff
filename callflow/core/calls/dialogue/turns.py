"""One turn of a dialogue: what is said, and what is read meanwhile and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callflow.core.calls.dialogue.table import LONGEST_CODE

#: The longest that somebody speaks after the tone, and the pause that ends it, seconds.
LONGEST_VOICE_S, VOICE_PAUSE_S = 60.0, 2.0


class Input(StrEnum):
    """What is read after, and already during, the words of a turn."""

    CODE = "code"  # up to ``Turn.digits`` digits, # ends; fewer than a code's end by themselves
    KEY = "key"  # one key
    ZERO = "zero"  # only a 0 during the words counts
    VOICE = "voice"  # after a tone: speech until #, a pause, or ``Turn.longest_s``
    ANY = "any"  # any key ends the words, and means nothing
    NONE = "none"  # nothing can be asked for: a key pressed twice must not cost the words


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing to say: a key of callflow/core/calls/prompts.py and its values."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """Say this, then read that. ``timeout_s``: silence after the words, between two digits, and
    after speech. ``longest_s``: of speech."""

    say: tuple[Phrase, ...]
    read: Input
    digits: int = LONGEST_CODE
    timeout_s: float = 5.0
    longest_s: float = LONGEST_VOICE_S
    record_muted: bool = False
