"""Which dispatcher an instance has: the store decides."""

from callflow.dispatch.ports import Dispatch
from callflow.dispatch.rows import RowDispatch
from callflow.storage import Store, Tx


def open_dispatch(store: Store) -> Dispatch[Tx]:
    """Who has incidents decided when they fall due: see ``ports.Dispatch``."""
    if store.sqlite:
        return RowDispatch(store)
    # A station on one machine starts without the job engine.
    from callflow.dispatch.jobs import JobDispatch  # noqa: PLC0415

    return JobDispatch(store)
