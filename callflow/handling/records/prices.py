"""Prices of chargeable acts: the station's, a client's, a site's."""

from collections.abc import Callable, Mapping
from datetime import datetime

from callflow.core.records import charges
from callflow.core.records.charges import Act, PricedBy
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.records import charges as rows
from callflow.storage.sites import sites


def set_price(
    tx: Tx,
    kind: Act,
    scope: PricedBy,
    owner: str,
    price: int | None,
    included: int,
    who: str,
    now: datetime,
) -> None:
    """An act costs so many cents a unit there, after ``included`` units of a month; ``price`` None:
    as is said further off. What was charged for stays as it is. Raises NotFound, BadField."""
    if scope not in _OWNERS:
        raise BadField("scope", "site, client or station")
    if scope is not PricedBy.STATION and not _OWNERS[scope](tx, owner):
        raise NotFound("there is no such site or client", owner)
    owner = "" if scope is PricedBy.STATION else owner
    before = next((one for one in rows.prices_of(tx, scope, owner) if one.kind is kind), None)
    if price is None:
        after = None
        rows.remove_price(tx, kind, scope, owner)
    else:
        if not 0 <= price <= charges.MOST_PRICE:
            raise BadField("price", "0 to 1 000 000 euros")
        if not 0 <= included <= 10_000:
            raise BadField("included", "0 to 10 000 a month")
        after = charges.Price(kind, scope, owner, price, included, who, now)
        rows.set_price(tx, after)
    if _said(before) != _said(after):
        at = {"owner": owner or "station"} | ({"site": owner} if scope is PricedBy.SITE else {})
        fields = {f"price.{kind.value}": [_said(before), _said(after)]}
        tell(tx, "price_set", now, who_did=who, by=who, fields=fields, **at)


def _said(price: charges.Price | None) -> str | None:
    return f"{price.price / 100:.2f} € / {price.included}" if price else None


_OWNERS: Mapping[PricedBy, Callable[[Tx, str], object]] = {
    PricedBy.STATION: lambda tx, owner: True,
    PricedBy.CLIENT: sites.client,
    PricedBy.SITE: sites.get,
}
