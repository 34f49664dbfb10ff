"""Since when each organ of the station is as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from callflow.core.watch.organs import State
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.sites.sites import upsert_all

_NOTED = Prepared(select(t.organ.c.key, t.organ.c.state, t.organ.c.since))


def noted(tx: Tx) -> dict[str, tuple[State, datetime]]:
    """{an organ's key: (its state when it was noted last, since when)}."""
    return {row["key"]: (State(row["state"]), row["since"]) for row in _NOTED.all(tx, {})}


def note(tx: Tx, organs: Mapping[str, tuple[State, datetime]]) -> None:
    """These are so since then."""
    rows = [
        {"key": key, "state": state.value, "since": since} for key, (state, since) in organs.items()
    ]
    upsert_all(tx, t.organ, ["key"], rows)


def forget(tx: Tx, keys: Collection[str]) -> None:
    """These are there no more."""
    if keys:
        tx.execute(delete(t.organ).where(t.organ.c.key.in_(list(keys))))
