"""Rows of the probes that administrators set, and of who looks after the organs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update

from callflow.core.watch.care import Care
from callflow.core.watch.probes import Probe
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, columns_of, first, found
from callflow.storage.sites.sites import upsert_all

_PROBES = select(*columns_of(t.probe, Probe)).order_by(t.probe.c.part, t.probe.c.name)
_CARES = Reads(select(t.organ_care), Care)


def every(tx: Tx) -> list[Probe]:
    """All of them, by part and name."""
    return found(tx, _PROBES, Probe)


def get(tx: Tx, probe_id: str) -> Probe | None:
    """One of them."""
    return first(tx, _PROBES.where(t.probe.c.id == probe_id), Probe)


def secrets(tx: Tx) -> dict[str, str]:
    """{probe's id: its secret, encrypted} of those that have one."""
    c = t.probe.c
    return {row.id: row.secret for row in tx.execute(select(c.id, c.secret).where(c.secret != ""))}


def insert(tx: Tx, probe: Probe, secret: str) -> None:
    """A new one; of one part each name is there once."""
    tx.execute(t.probe.insert(), {**columns(probe), "secret": secret})


def change(tx: Tx, probe: Probe, secret: str | None) -> None:
    """The same one is so from now on; None leaves its secret as it is."""
    values: Mapping[str, Any] = columns(probe) | ({} if secret is None else {"secret": secret})
    tx.execute(update(t.probe).where(t.probe.c.id == probe.id).values(**values))


def remove(tx: Tx, probe_id: str) -> None:
    """It is there no more."""
    tx.execute(delete(t.probe).where(t.probe.c.id == probe_id))


def cares(tx: Tx) -> list[Care]:
    """Who looks after what."""
    return _CARES.all(tx, {})


def put_care(tx: Tx, care: Care) -> None:
    """So it is of this organ, or part, from now on."""
    upsert_all(tx, t.organ_care, ["part", "name"], [columns(care)])


def remove_care(tx: Tx, care: Care) -> None:
    """Nothing is said of it any more."""
    c = t.organ_care.c
    tx.execute(delete(t.organ_care).where(c.part == care.part.value, c.name == care.name))
