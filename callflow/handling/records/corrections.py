"""Charges by a person's hand: one more, or one taken back by a following row (D27)."""

from datetime import datetime

from callflow import ids
from callflow.core.plans.measure import Unit
from callflow.core.records import charges
from callflow.core.records.charges import UNIT_OF, Act, Charge, PricedBy, worth
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.records.charges import take_back
from callflow.storage import Tx
from callflow.storage.records import charges as rows
from callflow.storage.sites import sites


def correct(tx: Tx, charge_id: str, why: str, who: str, now: datetime) -> Charge:
    """Take a charge back by a following row, which is dated now, and given. Raises NotFound,
    Refused, BadField."""
    charge = rows.get(tx, charge_id)
    if charge is None:
        raise NotFound("there is no such charge", charge_id)
    if charge.corrects is not None:
        raise Refused("this row corrects another: add a row instead")
    if not why.strip():
        raise BadField("why", "write down why")
    back = take_back(tx, charge, who, why.strip(), now)
    if back is None:
        raise Refused("this row is corrected already")
    site = {"site": charge.site_id, "who_did": who, "by": who}
    tell(tx, "charge_corrected", now, **site, charge=charge.kind.value, because=why.strip())
    return back


def add(
    tx: Tx,
    site_id: str,
    kind: Act,
    quantity: int,
    price: int | None,
    why: str,
    who: str,
    now: datetime,
    *,
    at: datetime | None = None,
    incident_id: str | None = None,
) -> Charge:
    """A chargeable act by a person's hand: hundredths of a unit, at ``price`` cents, None: as the
    price list says. Raises NotFound, BadField."""
    site = sites.get(tx, site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    _check(kind, quantity, price, why, at or now, now)
    known = charges.in_force(
        kind, rows.prices(tx, site.client_id, site_id), site_id, site.client_id
    )
    listed = (known.price, known.scope) if known else (None, PricedBy.NOBODY)
    cents, by = listed if price is None else (price, PricedBy.PERSON)
    charge = Charge(
        id=ids.new(now),
        site_id=site_id,
        client_id=site.client_id,
        incident_id=incident_id,
        source=None,
        kind=kind,
        unit=UNIT_OF.get(kind, Unit.ACT),
        quantity=quantity,
        unit_price=cents,
        amount=worth(quantity, cents),
        priced_by=by,
        at=at or now,
        made_at=now,
        by=who,
        why=why.strip(),
        corrects=None,
    )
    rows.insert(tx, charge)
    tell(tx, "charge_added", now, site=site_id, who_did=who, by=who, charge=kind.value, because=why)
    return charge


def _check(
    kind: Act, quantity: int, price: int | None, why: str, at: datetime, now: datetime
) -> None:
    """Raises BadField."""
    if not why.strip():
        raise BadField("why", "write down why")
    if not 0 < quantity <= charges.MOST_QUANTITY:
        raise BadField("quantity", "more than 0, and 100 000 at most")
    if price is not None and not 0 <= price <= charges.MOST_PRICE:
        raise BadField("price", "0 to 1 000 000 euros")
    if at > now:
        raise BadField("at", "lies ahead: what is charged for was done")
