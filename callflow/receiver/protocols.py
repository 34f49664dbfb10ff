"""The protocols that a line may speak: a module of ``callflow/signals/`` and a row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from callflow.signals import dc09, framing
from callflow.signals.protocol import Receive, Splitter


class Protocol(NamedTuple):
    """How a line's bytes are cut, and what one message amounts to (signals/protocol.py)."""

    splitter: Callable[[], Splitter]
    receive: Receive


PROTOCOLS = {
    "dc09": Protocol(framing.Splitter, dc09.receive),
}
