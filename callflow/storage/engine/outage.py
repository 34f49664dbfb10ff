"""The database that fails: what callers are told, and what the log is, once."""

from __future__ import annotations

import math

import structlog
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callflow.clock import monotonic

_log = structlog.get_logger(__name__)


class StoreUnavailable(Exception):
    """The database failed, or (``permanent``) refused what was asked; nothing was written.

    Trying again may help, unless it is permanent: then the fault is in what was asked.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent

    @property
    def reason(self) -> str:
        """What the database itself said, in one line."""
        said = getattr(self.__cause__, "orig", None) or self
        return str(said).strip().split("\n")[0]

    @classmethod
    def because(cls, error: BaseException) -> StoreUnavailable:
        """The error that SQLAlchemy's ``error`` is for callers."""
        if isinstance(error, StoreUnavailable):
            return error
        refused = isinstance(error, SQLAlchemyError) and not _is_away(error)
        failure = cls(str(error), permanent=refused)
        failure.__cause__ = error
        return failure


#: The database is away, busy, or ended a deadlock: nothing is wrong with what was asked.
AWAY = (OperationalError, InterfaceError, PoolTimeout, PendingRollbackError)
#: Classes of SQLSTATE that drivers don't count among these: read-only, out of order.
_AWAY_STATES = ("25", "58", "XX")


def _is_away(error: SQLAlchemyError) -> bool:
    if isinstance(error, AWAY):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    # SQLite has no class of its own for a file that is damaged, or none of its own.
    return error.connection_invalidated or type(error) is DatabaseError or state[:2] in _AWAY_STATES


class Outage:
    """Says once that the store fails, and once that it is over."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._written_at = -math.inf

    def begun(self, error: StoreUnavailable, *, waited: float = 0.0) -> None:
        """Something could not be written, for which ``waited`` seconds were waited; what was
        written meanwhile says that no outage is why."""
        if self._since is None and monotonic() - self._written_at >= waited:
            self._since = monotonic()
            _log.critical("store.away", reason=error.reason)

    def over(self) -> None:
        """Something was written."""
        self._written_at = monotonic()
        if self._since is not None:
            _log.warning("store.back", seconds=round(monotonic() - self._since, 1))
            self._since = None
