"""The proof that a message came from its panel (D31). Pure.

An account with a key is spoken for by that key alone; one that is declared on a line, or with a
number to call from, by what came by it. Anything else may open an alarm and never ends, restores,
cancels, arms or disarms one, nor does it show that a panel is alive.
"""

from typing import Protocol

from callflow.core.signals.signal import PHONE_LINE, UNBOUND, StoredSignal


class Declared(Protocol):
    """How an account is declared to speak."""

    @property
    def keyed(self) -> bool:
        """True where it has a key of DC-09."""

    @property
    def line(self) -> str | None: ...

    @property
    def phone(self) -> str | None:
        """The number that it calls from, E.164."""


def proves(signal: StoredSignal, declared: Declared) -> bool:
    """True where ``signal`` came by what its account is declared with."""
    if signal.of_station:
        return True
    if declared.keyed:
        return signal.encrypted
    line = signal.line
    if line == UNBOUND:
        return False
    if line == PHONE_LINE and declared.phone:
        return signal.caller == declared.phone
    return not declared.line or is_of(line, declared.line)


def is_of(line: str, declared: str) -> bool:
    """A declared line means all its receivers: "surgard" is also "surgard/01-03"."""
    return line == declared or line.startswith(f"{declared}/")
