"""Rows of contracts: how they changed, what is planned, and who was called once."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, exists, select, update

from callflow.core.sites.contract import ContractChange, Former
from callflow.core.sites.site import SiteState
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found

_C, _F = t.contract_change.c, t.former_contact.c
_TO_COME = _C.done_at.is_(None) & _C.dropped_by.is_(None)


def set_state(tx: Tx, site_id: str, state: SiteState, now: datetime) -> None:
    """The contract is so from now on."""
    query = update(t.site).where(t.site.c.id == site_id)
    tx.execute(query.values(state=state.value, state_since=now, changed_at=now))


def insert_change(tx: Tx, change: ContractChange) -> None:
    """A change that was made, or is planned."""
    tx.execute(t.contract_change.insert(), columns(change))


def changes(tx: Tx, site_id: str) -> list[ContractChange]:
    """A site's changes, made, planned and dropped, by when they count from."""
    query = select(t.contract_change).where(_C.site_id == site_id)
    return found(tx, query.order_by(_C.effective_at, _C.made_at, _C.id), ContractChange)


def drop_change(tx: Tx, site_id: str, change_id: str, who: str) -> ContractChange | None:
    """A planned change is not made; None: it is none of the site's planned ones."""
    planned = (_C.id == change_id) & (_C.site_id == site_id) & _TO_COME
    change = first(tx, select(t.contract_change).where(planned), ContractChange)
    if change is None:
        return None
    tx.execute(update(t.contract_change).where(_C.id == change_id).values(dropped_by=who))
    return replace(change, dropped_by=who)


_ANY_DUE = select(
    exists().where(_TO_COME, _C.effective_at <= bindparam("now", type_=t.UtcDateTime()))
)


def any_due(tx: Tx, now: datetime) -> bool:
    """True where a planned change is to be made."""
    return bool(tx.execute(_ANY_DUE, {"now": now}).scalar())


def due(tx: Tx, now: datetime) -> list[ContractChange]:
    """The planned changes to be made, in their order."""
    query = select(t.contract_change).where(_TO_COME, _C.effective_at <= now)
    return found(tx, query.order_by(_C.effective_at, _C.made_at), ContractChange)


def change_made(tx: Tx, change_id: str, now: datetime) -> bool:
    """It is made; False where it was already: two engines."""
    query = update(t.contract_change).where((_C.id == change_id) & _TO_COME)
    return tx.execute(query.values(done_at=now)).rowcount == 1


# --- who was called once ------------------------------------------------------------------


def insert_former(tx: Tx, former: Former) -> None:
    """Somebody is called no more."""
    tx.execute(t.former_contact.insert(), columns(former, t.former_contact))


def former(tx: Tx, site_id: str) -> list[Former]:
    """Who was called for a site once and was not restored, with their name; the newest first."""
    query = (
        select(t.former_contact, t.contact.c.name)
        .join(t.contact, t.contact.c.id == _F.contact_id)
        .where(_F.site_id == site_id, _F.restored_at.is_(None))
        .order_by(_F.closed_at.desc(), _F.id)
    )
    return found(tx, query, Former)


def restored(tx: Tx, former_id: str, now: datetime) -> None:
    """They are called again."""
    tx.execute(update(t.former_contact).where(_F.id == former_id).values(restored_at=now))
