"""The store: truth is rows. The only package that knows SQL."""

from sqlalchemy.exc import SQLAlchemyError as SqlError

from callflow.storage.engine.outage import AWAY, StoreUnavailable
from callflow.storage.engine.store import Store, Tx, savepoint
