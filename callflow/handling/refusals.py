"""What a person is told when an act can't be done."""

from __future__ import annotations


class Refused(Exception):
    """The act makes no sense now; the message says why and what to do."""


class Held(Refused):
    """Another operator has it; ``holder`` says who."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} holds this incident: ask for a transfer")
        self.holder = holder


class NotFound(Refused):
    """There is no such incident, contact or plan."""
