"""The protocols that a line may speak: a module of ``callflow/core/signals/`` and a row here."""

from collections.abc import Callable
from typing import NamedTuple

from callflow.core.signals import dc07, dc09, framing, surgard
from callflow.core.signals.protocol import Receive, Splitter


class Protocol(NamedTuple):
    """How a line's bytes are cut, and what one message amounts to (core/signals/protocol.py)."""

    splitter: Callable[[], Splitter]
    receive: Receive
    #: True where hardware receivers speak it, whose heartbeats are missed when they stop.
    hardware: bool


PROTOCOLS = {
    "dc09": Protocol(framing.Splitter, dc09.receive, hardware=False),
    "surgard": Protocol(surgard.Splitter, surgard.receive, hardware=True),
    "dc07": Protocol(framing.Splitter, dc07.receive, hardware=True),
}
