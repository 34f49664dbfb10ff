"""Rows of letters' texts."""

from sqlalchemy import delete, select

from callflow.core.records.letters import Letter
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, found
from callflow.storage.sites.sites import upsert

_C = t.letter.c


def of_station(tx: Tx) -> dict[str, Letter]:
    """{id: text} of those that the station wrote itself."""
    return {one.id: one for one in found(tx, select(t.letter), Letter)}


def put(tx: Tx, letter: Letter) -> None:
    """It is sent from now on."""
    upsert(tx, t.letter, ["id"], columns(letter))


def drop(tx: Tx, letter_id: str) -> bool:
    """The standard one is sent again; False where it was already."""
    return bool(tx.execute(delete(t.letter).where(_C.id == letter_id)).rowcount)
