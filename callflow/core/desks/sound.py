"""The sound of a desk, checked by who works at it: heard, and loud enough. Pure.

Levels in dB below full scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: A voice that the microphone hears more softly is not understood at the other end.
QUIETEST = -45.0
#: What a microphone can hear at all.
SILENT, LOUDEST = -120.0, 0.0


class Device(StrEnum):
    """What was checked."""

    BROWSER = "browser"  # the headset of the browser's telephone
    DESK = "desk"  # a telephone on the desk, which heard its own echo


class Fault(StrEnum):
    """What is wrong with a desk's sound."""

    NOT_HEARD = "not_heard"  # the tone, or the echo
    NOT_MEASURED = "not_measured_sound"  # no microphone, or nobody tried it
    TOO_QUIET = "too_quiet"


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundCheck:
    """What somebody found out. ``level``: of their voice, None where it was not measured."""

    device: Device
    heard: bool
    level: float | None = None

    @property
    def fault(self) -> Fault | None:
        """What is wrong; None: all is well. Who hears their own echo is loud enough."""
        if not self.heard:
            return Fault.NOT_HEARD
        if self.device is Device.DESK:
            return None
        if self.level is None:
            return Fault.NOT_MEASURED
        return Fault.TOO_QUIET if self.level < QUIETEST else None
