"""The store: truth is rows. The only package that knows SQL."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import SQLAlchemyError as SqlError

from callflow.storage.store import Store, StoreUnavailable, Tx

#: The database is away, busy, or ended a deadlock: nothing is wrong with what was asked.
Away = (OperationalError, InterfaceError)

__all__ = ["Away", "SqlError", "Store", "StoreUnavailable", "Tx"]
