"""One look at many things: what several of them ask for is read once."""

import contextlib
from collections.abc import Iterator

from callflow.storage.engine.store import Tx


@contextlib.contextmanager
def reading_once(tx: Tx) -> Iterator[None]:
    """A reader's transaction is of one moment: what it ``kept`` is true until it ends."""
    if "kept" in tx.info:  # a writer's, which puts right what it changes
        yield
        return
    tx.info["kept"] = {}
    try:
        yield
    finally:
        del tx.info["kept"]  # the connection outlives the transaction
