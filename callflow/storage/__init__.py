"""The store: truth is rows. The only package that knows SQL."""

from sqlalchemy.exc import SQLAlchemyError as SqlError

from callflow.storage.store import Store, StoreUnavailable, Tx

__all__ = ["SqlError", "Store", "StoreUnavailable", "Tx"]
