"""What one process of all does: a lock of its session on PostgreSQL, which falls when it dies."""

import contextlib
import threading

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from callflow.storage.engine.connections import make_engine
from callflow.storage.engine.locks import Lock

_TAKE = text("SELECT pg_try_advisory_lock(:kind, hashtext(:name))")
_LEAVE = text("SELECT pg_advisory_unlock(:kind, hashtext(:name))")
_LOOK = text("SELECT 1")
#: A holder that hangs, and asks no more, is one that died.
_HANGS = text("SET idle_session_timeout = '8s'")


class Duty:
    """A duty that only one process has at a time; the next takes it within a call of ``mine``.

    On a connection of its own: it is lost only with that, and given up where that is in doubt. So
    ``mine`` is to be asked every two seconds or oftener.
    On SQLite, which serves one process a role, it is always ours.
    """

    def __init__(self, url: str, name: str) -> None:
        self._key = {"kind": int(Lock.DUTY), "name": name}
        self._engine = None if url.startswith("sqlite") else make_engine(url, writer=True)
        self._session: Connection | None = None
        self._lock = threading.Lock()  # one call at a time

    @property
    def is_shared(self) -> bool:
        """True where another process may have it, so that ``mine`` asks the server: it blocks."""
        return self._engine is not None

    def mine(self) -> bool:
        """True where it is ours now; takes it where it is free. False where nobody can say."""
        if self._engine is None:
            return True
        with self._lock:
            try:
                if self._session is not None:
                    self._session.execute(_LOOK)
                    return True
                return self._take()
            except SQLAlchemyError:
                self._let_go()
                return False

    def _take(self) -> bool:
        assert self._engine is not None, "SQLite needs no session"
        self._session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._session.execute(_HANGS)
        if self._session.execute(_TAKE, self._key).scalar_one():
            return True
        self._session.close()
        self._session = None
        return False

    def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()  # the lock must not live on in the pool
            session.close()

    def close(self) -> None:
        """Leave it to others."""
        with self._lock:
            with contextlib.suppress(SQLAlchemyError):
                if self._session is not None:
                    self._session.execute(_LEAVE, self._key)
            self._let_go()
            if self._engine is not None:
                self._engine.dispose()
