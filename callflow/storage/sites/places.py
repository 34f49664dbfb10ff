"""Where sites are, as far as their coordinates and postcodes say it."""

from collections.abc import Collection

from sqlalchemy import func, select

from callflow.core.sites.departments import Whereabouts
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

_S = t.site.c


def counted(tx: Tx) -> dict[str, int]:
    """{postcode: how many active sites have it}."""
    many = select(_S.postcode, func.count().label("sites")).where(_S.state == "active")
    return {row.postcode: row.sites for row in tx.execute(many.group_by(_S.postcode))}


def spread(tx: Tx, parts: int) -> list[tuple[float, float]]:
    """Latitude and longitude of where active sites are, those in one of so many ``parts`` of a
    degree once."""
    near = func.round(_S.latitude * parts), func.round(_S.longitude * parts)
    query = select(*near).where(_S.state == "active", _S.latitude.is_not(None)).distinct()
    return [(north / parts, east / parts) for north, east in tx.execute(query)]


def of_sites(tx: Tx, ids: Collection[str]) -> dict[str, Whereabouts]:
    """{site: what is known of where it is} of these."""
    query = select(_S.id, _S.postcode, _S.latitude, _S.longitude).where(_S.id.in_(sorted(ids)))
    return {site: Whereabouts(*where) for site, *where in tx.execute(query)} if ids else {}
