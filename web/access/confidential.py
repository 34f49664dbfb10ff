"""Who sees or hears what is confidential is told: once in a while, for pages and API."""

import contextlib
from collections.abc import Callable

from callflow.handling.records import visits
from callflow.storage import StoreUnavailable, Tx
from web.station import Station


async def site(station: Station, site_id: str | None, who: str) -> None:
    """``who`` sees a site that there is, with its people and their numbers; None: all of them."""
    now = station.clock()
    await once(
        station,
        lambda tx: visits.is_seeing(tx, site_id, who, now),
        lambda tx: visits.site_seen(tx, site_id, who, now),
    )


async def once(station: Station, is_told: Callable[[Tx], bool], tell: Callable[[Tx], None]) -> None:
    """``tell`` unless it was told already. While nothing can be stored, what is asked for is shown
    all the same."""
    if await station.store.read(is_told):
        return
    with contextlib.suppress(StoreUnavailable):
        await station.store.write(tell)
