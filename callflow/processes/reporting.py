"""A month's reports are made at night, one after the other, and sent: each is tried once."""

from datetime import datetime

import structlog

from callflow.core.records.logbook import MACHINE
from callflow.core.records.monthly import Subscription, due, number_of
from callflow.handling.base.policy import STATION_ZONE, load_policy
from callflow.handling.records import monthly
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.records import monthly as rows

log = structlog.get_logger(__name__)


def _next_due(tx: Tx, month: int) -> Subscription | None:
    """The next one; none while nothing may leave: it would only lie in the outbox."""
    return None if load_policy(tx).withheld else rows.next_due(tx, month)


async def report(store: Store, settings: Settings, now: datetime) -> bool:
    """Make the next one; False where there is none, or it is day. Raises StoreUnavailable."""
    from callflow.paper.monthly import keep  # noqa: PLC0415 -- an engine begins without it
    from callflow.paper.press import Unprintable  # noqa: PLC0415

    days = due(now, STATION_ZONE)
    if days is None:
        return False
    first, last = days
    wanted = await store.read(lambda tx: _next_due(tx, number_of(first)))
    if wanted is None:
        return False
    said = await store.read(lambda tx: monthly.content(tx, wanted, first, last, settings, now))
    document, problem = None, ""
    try:
        document = (await keep(store, settings, said, MACHINE, now)).id
    except (OSError, Unprintable) as error:
        problem = str(error)
        log.warning("report.failed", subscription=wanted.id, problem=problem)
    await store.write(
        lambda tx: monthly.made(tx, wanted, first, now, document=document, problem=problem)
    )
    return True
