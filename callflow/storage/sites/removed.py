"""Rows of what was taken away from sites, and may come back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select

from callflow.core.sites.removed import Removed
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found
from callflow.storage.sites import sites

_R, _A = t.removed_part.c, t.account.c
_ACCOUNTS, _USERS = "accounts", "panel_users"


def insert(tx: Tx, gone: Sequence[Removed]) -> None:
    """They are taken away."""
    tx.execute(t.removed_part.insert(), list(map(columns, gone)))


def of_site(tx: Tx, site_id: str, parts: Collection[str]) -> list[Removed]:
    """What of these parts was taken away from a site; the newest first."""
    query = (
        select(t.removed_part)
        .where(_R.site_id == site_id, _R.part.in_(parts))
        .order_by(_R.removed_at.desc(), _R.part, _R.place, _R.id)
    )
    return found(tx, query, Removed)


def get(tx: Tx, site_id: str, removed_id: str) -> Removed | None:
    """One of them; None: it is none of the site's, or is back."""
    query = select(t.removed_part).where(_R.id == removed_id, _R.site_id == site_id)
    return first(tx, query, Removed)


def drop(tx: Tx, removed_ids: Sequence[str]) -> None:
    """They are back, or gone for good."""
    tx.execute(delete(t.removed_part).where(_R.id.in_(removed_ids)))


def let_go(tx: Tx, removed_ids: Sequence[str]) -> None:
    """They come back no more. Of an account that no site has nothing is known any more, its key
    included, but where it was taken away again since."""
    again = select(_R.known_by).where(_R.part == _ACCOUNTS, _R.id.not_in(removed_ids))
    _free_accounts(tx, _R.id.in_(removed_ids) & _R.known_by.not_in(again))
    drop(tx, removed_ids)


def due(before: datetime) -> Select[Any]:
    """What was taken away before then: its ``id``."""
    return select(_R.id).where(_R.removed_at < before).order_by(_R.removed_at)


# --- accounts of no site ------------------------------------------------------------------


def clear_accounts(tx: Tx, sites_of: Mapping[str, str]) -> None:
    """{account: the site that declares it}: of those that no site has, and that were not that
    site's last, nothing is known any more, neither another site's key nor its panel's state."""
    query = select(_A.account).where(_A.account.in_(list(sites_of)), _A.site_id.is_(None))
    nobodys = list(tx.execute(query).scalars())
    last = _last_sites(tx, nobodys) if nobodys else {}
    for account in nobodys:
        if last.get(account) != sites_of[account]:
            sites.free_account(tx, account)


def _last_sites(tx: Tx, accounts: Sequence[str]) -> dict[str, str]:
    """{account: the site that it was taken away from last}, as far as that is known."""
    query = select(_R.known_by, _R.site_id).where(_R.part == _ACCOUNTS, _R.known_by.in_(accounts))
    rows = tx.execute(query.order_by(_R.removed_at))
    return {row.known_by: row.site_id for row in rows}


def _free_accounts(tx: Tx, taken_away: ColumnElement[bool]) -> None:
    """Nothing is known of these of the accounts that no site has."""
    theirs = select(_R.known_by).where(_R.part == _ACCOUNTS, taken_away)
    nobodys = select(_A.account).where(_A.account.in_(theirs), _A.site_id.is_(None))
    for account in list(tx.execute(nobodys).scalars()):
        sites.free_account(tx, account)


# --- people and clients who are forgotten -------------------------------------------------


def forget_sites(tx: Tx, site_ids: Sequence[str]) -> None:
    """Nothing of what was taken away from these sites is kept, nor what accounts of no site had."""
    _free_accounts(tx, _R.site_id.in_(site_ids))
    tx.execute(delete(t.removed_part).where(_R.site_id.in_(site_ids)))


def forget_user(tx: Tx, contact_id: str) -> None:
    """No panel's user that was taken away stands for this contact."""
    query = select(_R.id, _R.item).where(_R.part == _USERS)
    theirs = [row.id for row in tx.execute(query) if row.item.get("contact") == contact_id]
    drop(tx, theirs)
