"""Ports of this machine that nobody has, and nobody else is given.

They lie above those that the kernel gives to whoever asks for any port (32768 to 60999), and each
process of tests has some of its own: one may be free for as long as a test wants it to be.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import socket
import tempfile
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path

_FIRST, _LAST, _OURS = 61_000, 65_500, 250
_HELD: list[TextIOWrapper] = []  # locks, for as long as this process lives


def free_port() -> int:
    """A port that is free for TCP and UDP; another one each time, as long as there are."""
    return next(port for port in itertools.islice(_PORTS, _OURS) if are_free(port))


def held_alone(name: str) -> TextIOWrapper | None:
    """What this process alone of the machine's tests has, until it is closed; None: another has."""
    lock = (Path(tempfile.gettempdir()) / f"callflow-test-{name}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def own_block(name: str, begins: Iterable[int]) -> int:
    """Where the first block of ports begins that no other process of tests has; this one has it for
    as long as it lives. Raises RuntimeError."""
    for first in begins:
        if (lock := held_alone(f"{name}-{first}")) is not None:
            _HELD.append(lock)
            return first
    raise RuntimeError(f"too many runs of tests side by side: no {name} are left")


def _given() -> Iterator[int]:
    """This process's ports, round and round."""
    first = own_block("ports", range(_FIRST, _LAST, _OURS))
    yield from itertools.cycle(range(first, first + _OURS))


def are_free(*ports: int) -> bool:
    """Whether nobody has any of them now, for TCP or UDP."""
    with contextlib.ExitStack() as held:
        try:
            for port, kind in itertools.product(ports, (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
                holder = held.enter_context(socket.socket(socket.AF_INET, kind))
                holder.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_PORTS = _given()
