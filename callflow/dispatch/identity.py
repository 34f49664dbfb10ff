"""Who a process is among all of its role: on its machine the first, the second, and so on."""

import contextlib
import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from callflow import __version__, clock
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.people import users

#: Processes of one role in one data folder.
_MOST = 32
#: Seconds that one that is ending may take until the next has its place.
_WITHIN = 10.0


class NoPlaceError(Exception):
    """Another process has the place that this one would need; trying again doesn't help."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One process. ``name`` stays the same when it begins again in its place."""

    role: str
    node: str
    name: str
    host: str = field(default_factory=lambda: socket.gethostname()[:64])
    since: datetime = field(default_factory=clock.now)

    def beat(self, tx: Tx, now: datetime, state: dict[str, Any]) -> None:
        """Say that it lives, and how its part of the station is."""
        users.process_beat(
            tx,
            self.role,
            pid=os.getpid(),
            since=self.since,
            now=now,
            state={**state, "version": __version__},
            name=self.name,
            node=self.node,
            host=self.host,
        )


def only(settings: Settings, role: str) -> Identity:
    """Who is alone: nobody else of its role is looked for."""
    return Identity(role=role, node=settings.node, name=role)


@contextlib.contextmanager
def taken(settings: Settings, role: str) -> Iterator[Identity]:
    """A place of this role, ours until the process ends, however it does.

    Raises NoPlaceError where there is none: one telephony a node, and one engine on SQLite.
    """
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    sqlite = settings.database.startswith("sqlite")
    places = 1 if role == "telephony" or (role == "engine" and sqlite) else _MOST
    with contextlib.ExitStack() as held:
        place = _place(settings.run_dir, role, places, held)
        if place is None:
            raise NoPlaceError(_refusal(settings, role))
        me = only(settings, f"{role}{place or ''}")
        yield replace(me, role=role, name=f"{me.name}@{me.node}@{me.host}")


def _place(folder: Path, role: str, places: int, held: contextlib.ExitStack) -> int | None:
    deadline = clock.monotonic() + _WITHIN
    while True:
        for place in range(places):
            lock = (folder / f"{role}.{place}.lock").open("ab")
            if _lock(lock):
                held.enter_context(lock)
                return place
            lock.close()
        if clock.monotonic() > deadline:
            return None
        threading.Event().wait(0.1)


def _lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refusal(settings: Settings, role: str) -> str:
    if role == "engine":
        return (
            f"an engine works on the SQLite database in {settings.data_dir} already, which serves"
            " one: several need PostgreSQL (CALLFLOW_DATABASE_URL)"
        )
    return (
        f"a {role} process runs in {settings.data_dir} already: a node has one. Another node needs"
        " a folder of its own (CALLFLOW_DATA_DIR) and another name (CALLFLOW_NODE)"
    )
