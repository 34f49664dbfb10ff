"""Rows of the station's own codes for the logbook."""

from sqlalchemy import delete, select

from callflow.core.records.mnemonics import Mnemonic
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, found
from callflow.storage.sites.sites import upsert

_C = t.mnemonic.c


def own(tx: Tx) -> list[Mnemonic]:
    """The station's, by their codes; one without a text takes the product's away."""
    return found(tx, select(t.mnemonic).order_by(_C.code), Mnemonic)


def write(tx: Tx, one: Mnemonic) -> None:
    """It stands instead of what was there."""
    upsert(tx, t.mnemonic, ["code"], columns(one))


def forget(tx: Tx, code: str) -> None:
    """The station has none of its own."""
    tx.execute(delete(t.mnemonic).where(_C.code == code))
