"""The sound of a desk, checked by who works at it: heard, and loud enough. Pure.

Levels in dB below full scale.
"""

from dataclasses import dataclass
from enum import StrEnum

#: A voice that the microphone hears more softly is not understood at the other end.
QUIETEST = -45.0
#: What a microphone can hear at all.
SILENT, LOUDEST = -120.0, 0.0


class Fault(StrEnum):
    """What is wrong with somebody's headset."""

    NOT_HEARD = "not_heard"
    NO_MICROPHONE = "no_microphone"  # none, or nobody measured it
    TOO_QUIET = "too_quiet"


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundCheck:
    """What somebody found out. ``level``: of their voice, None where it was not measured."""

    heard: bool
    level: float | None = None

    @property
    def fault(self) -> Fault | None:
        """What is wrong; None: all is well."""
        if not self.heard:
            return Fault.NOT_HEARD
        if self.level is None:
            return Fault.NO_MICROPHONE
        return Fault.TOO_QUIET if self.level < QUIETEST else None
