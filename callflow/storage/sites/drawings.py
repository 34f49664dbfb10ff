"""Rows of floor plans and photographs; their pictures, encrypted, are read one at a time."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select, update

from callflow.core.sites.drawings import Drawing, Place
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, first, found

_D = t.site_drawing.c
_DRAWINGS = select(*columns_of(t.site_drawing, Drawing))


def of_site(tx: Tx, site_id: str) -> list[Drawing]:
    """A site's, the first one first."""
    query = _DRAWINGS.where(_D.site_id == site_id).order_by(_D.added_at, _D.id)
    return found(tx, query, Drawing)


def get(tx: Tx, site_id: str, drawing_id: str) -> Drawing | None:
    """One of a site."""
    return first(tx, _DRAWINGS.where(_D.site_id == site_id, _D.id == drawing_id), Drawing)


def picture(tx: Tx, site_id: str, drawing_id: str) -> bytes | None:
    """Its picture, encrypted."""
    query = select(_D.picture).where(_D.site_id == site_id, _D.id == drawing_id)
    return tx.execute(query).scalar()


def insert(tx: Tx, drawing: Drawing, picture: bytes) -> None:
    """One more, with its encrypted picture."""
    row = {**columns(drawing), "places": _kept(drawing.places), "picture": picture}
    tx.execute(t.site_drawing.insert(), row)


def place(tx: Tx, drawing_id: str, places: Sequence[Place]) -> None:
    """Where its zones are, in place of what was."""
    tx.execute(update(t.site_drawing).where(_D.id == drawing_id).values(places=_kept(places)))


def remove(tx: Tx, drawing_id: str) -> None:
    """It is gone, with its picture."""
    tx.execute(delete(t.site_drawing).where(_D.id == drawing_id))


def forget_sites(tx: Tx, site_ids: Sequence[str]) -> None:
    """Nothing shows these sites any more."""
    tx.execute(delete(t.site_drawing).where(_D.site_id.in_(site_ids)))


def _kept(places: Sequence[Place]) -> list[dict[str, object]]:
    return [asdict(place) for place in places]
