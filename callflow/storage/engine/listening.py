"""Wake-ups between the processes of several machines: PostgreSQL's NOTIFY, in each commit.

A hint only: every process also looks at the rows by itself, so a lost one costs a poll.
"""

import threading
from collections.abc import Callable, Iterable

import psycopg
from psycopg import sql
from sqlalchemy import text

from callflow.storage.engine.connections import connection_info
from callflow.storage.engine.store import Tx

#: A role's own channel: each wake-up costs whoever hears it.
_CHANNEL = "callflow_wake_{}"
_NOTIFY = text("SELECT pg_notify(channel, '') FROM unnest(CAST(:channels AS text[])) AS channel")
_LOOK = 0.5  # seconds until a listener notices that it is to stop
_AGAIN = 1.0  # seconds until a lost connection is tried again


def notify(tx: Tx, roles: Iterable[str]) -> None:
    """Wake these roles, wherever they run, once ``tx`` is committed."""
    tx.execute(_NOTIFY, {"channels": sorted(map(_CHANNEL.format, roles))})


class Listener:
    """A thread that calls ``heard`` for each wake-up of ``role``, until it is closed."""

    def __init__(self, url: str, role: str, heard: Callable[[], None]) -> None:
        self._url, self._role, self._heard = url, role, heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear nothing more; the thread ends by itself."""
        self._stopping.set()
        self._thread.join(timeout=2 * _LOOK)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error:  # the store says that the database is away
                self._stopping.wait(_AGAIN)

    def _listen(self) -> None:
        info, options = connection_info(self._url)
        with psycopg.connect(info, autocommit=True, **options) as connection:
            channel = sql.Identifier(_CHANNEL.format(self._role))
            connection.execute(sql.SQL("LISTEN {}").format(channel))
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=_LOOK, stop_after=1):
                    self._heard()
