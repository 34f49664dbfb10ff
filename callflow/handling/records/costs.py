"""What protective measures cost until now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callflow.core.plans.measure import UNITS, ProtectiveMeasure, Report, Unit
from callflow.core.plans.measure import quantity as measure_quantity
from callflow.core.records import charges
from callflow.core.records.charges import worth
from callflow.storage import Tx
from callflow.storage.interventions import measures
from callflow.storage.records import charges as rows
from callflow.storage.sites import sites


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a measure came to until now: its quantity in hundredths, cents a unit and in all; None:
    no price is set."""

    reports: int
    last_report: datetime | None
    quantity: int
    unit: Unit
    price: int | None
    amount: int | None


def costs(tx: Tx, found: Iterable[ProtectiveMeasure], now: datetime) -> dict[str, Cost]:
    """{measure: what it came to until now}."""
    found = list(found)
    said = measures.reports(tx, [one.id for one in found])
    prices: dict[str, tuple[str, list[charges.Price]]] = {}
    return {one.id: _cost(tx, one, said.get(one.id, []), prices, now) for one in found}


def _cost(
    tx: Tx,
    measure: ProtectiveMeasure,
    said: list[Report],
    prices: dict[str, tuple[str, list[charges.Price]]],
    now: datetime,
) -> Cost:
    price = measure.rate
    if price is None:
        if measure.site_id not in prices:
            site = sites.get(tx, measure.site_id)
            client = site.client_id if site else ""
            prices[measure.site_id] = client, rows.prices(tx, client, measure.site_id)
        client, listed = prices[measure.site_id]
        act = charges.OF_MEASURE[measure.kind]
        known = charges.in_force(act, listed, measure.site_id, client)
        price = known.price if known else None
    quantity = measure_quantity(measure, len(said), now)
    return Cost(
        reports=len(said),
        last_report=said[-1].at if said else None,
        quantity=quantity,
        unit=UNITS.get(measure.kind, Unit.ACT),
        price=price,
        amount=worth(quantity, price),
    )
