"""The store: truth is rows. The only package that knows SQL."""

from callflow.storage.store import Store, StoreUnavailable, Tx

__all__ = ["Store", "StoreUnavailable", "Tx"]
