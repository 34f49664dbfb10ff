"""Locks between processes on PostgreSQL. On SQLite whoever writes is alone anyway: all are free.

They are ours until the commit, and fall with the connection of whoever dies.
"""

from collections.abc import Collection
from enum import IntEnum

from sqlalchemy import text

from callflow.storage.engine.store import Tx


class Lock(IntEnum):
    """What is locked; with a name, PostgreSQL's two keys of an advisory lock."""

    PLACE = 0x0CA11  # a site, or an account without one: its signals are correlated in order
    STORM = 0x0CA12  # a storm's name: two batches don't both open it
    NUMBER = 0x0CA13  # a phone number: two nodes don't both call it
    CALLERS = 0x0CA15  # who waits on the line: one at a time says whom to ring for them
    DUTY = 0x0CA14  # what one process of all does (storage/engine/duty.py)
    GUESS = 0x0CA16  # a site whose codes are guessed: its guesses are counted one by one
    SHIFT = 0x0CA15  # who is on shift: two who leave at once don't leave nobody
    PLAN = 0x0CA17  # a plan: shared by whoever has a site follow it, alone while it is withdrawn


_TRY = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name"
    " WHERE pg_try_advisory_xact_lock(:kind, hashtext(name))"
)
_SHARE = text(
    "SELECT pg_advisory_xact_lock_shared(:kind, hashtext(name))"
    " FROM unnest(CAST(:names AS text[])) AS name"
)
_HOLD = text("SELECT pg_advisory_xact_lock(:kind, hashtext(:name))")


def try_all(tx: Tx, kind: Lock, names: Collection[str]) -> set[str]:
    """Those of ``names`` that nobody else has, now ours; waits for nobody.

    What the next statement reads has all that the one before us committed.
    """
    if tx.dialect.name == "sqlite" or not names:
        return set(names)
    values = {"names": sorted(names), "kind": int(kind)}
    return set(tx.execute(_TRY, values).scalars())


def hold(tx: Tx, kind: Lock, name: str) -> None:
    """Wait until this is ours."""
    if tx.dialect.name != "sqlite":
        tx.execute(_HOLD, {"name": name, "kind": int(kind)})


def share(tx: Tx, kind: Lock, names: Collection[str]) -> None:
    """Wait until nobody holds any of ``names``; whoever shares them too is not in the way."""
    if tx.dialect.name != "sqlite" and names:
        tx.execute(_SHARE, {"names": sorted(names), "kind": int(kind)})
