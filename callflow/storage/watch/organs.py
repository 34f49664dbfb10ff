"""Since when each organ of the station is as it is, the alarm it raised, and who looks after it."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select

from callflow.core.watch.failures import Alarm, Noted
from callflow.core.watch.organs import State
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.sites.sites import upsert_all

_NOTED = Prepared(select(t.organ))


def noted(tx: Tx) -> dict[str, Noted]:
    """{an organ's key: as it was noted last}."""
    return {
        row["key"]: Noted(
            state=State(row["state"]),
            since=row["since"],
            alarm=Alarm(row["alarm"]),
            alarm_at=row["alarm_at"],
        )
        for row in _NOTED.all(tx, {})
    }


def note(tx: Tx, organs: Mapping[str, Noted]) -> None:
    """These are so."""
    rows = [
        {
            "key": key,
            "state": one.state.value,
            "since": one.since,
            "alarm": one.alarm.value,
            "alarm_at": one.alarm_at,
        }
        for key, one in organs.items()
    ]
    upsert_all(tx, t.organ, ["key"], rows)


def forget(tx: Tx, keys: Collection[str]) -> None:
    """These are there no more."""
    if keys:
        tx.execute(delete(t.organ).where(t.organ.c.key.in_(list(keys))))
