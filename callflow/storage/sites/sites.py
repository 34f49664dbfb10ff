"""Rows of the world: clients, sites, accounts, zones, plans."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Float,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import PHONE_LINE, UNBOUND
from callflow.core.sites.declared import Account, Client, DeclaredSite, Zone
from callflow.core.sites.site import Site
from callflow.core.sites.zones import zone_key
from callflow.storage import schema as t
from callflow.storage.engine.inserts import insert_into
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, first, grouped
from callflow.storage.schema import UtcDateTime
from callflow.storage.sites import contacts


def upsert(tx: Tx, table: Any, key: Sequence[str], values: dict[str, Any]) -> None:
    """Insert ``values``, or update the row with the same ``key``."""
    statement = insert_into(tx.dialect.name, table).values(**values)
    changed = {name: value for name, value in values.items() if name not in key}
    if changed:
        tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))
    else:
        tx.execute(statement.on_conflict_do_nothing(index_elements=list(key)))


def upsert_all(tx: Tx, table: Any, key: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """``upsert`` of many rows with the same columns, in one statement."""
    if rows:
        _upsert(tx.dialect.name, table, tuple(key), tuple(rows[0])).change_all(tx, rows)


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Any, key: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    statement = insert_into(dialect, table)
    changed = {name: statement.excluded[name] for name in names if name not in key}
    return Prepared(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def site_of_accounts(tx: Tx, accounts: Iterable[str]) -> dict[str, str]:
    """{account: site id} of those accounts that belong to a site."""
    rows = tx.execute(
        select(t.account.c.account, t.account.c.site_id).where(
            t.account.c.account.in_(list(accounts)), t.account.c.site_id.is_not(None)
        )
    )
    return {row.account: row.site_id for row in rows}


_SITES = Reads(
    select(t.site, t.client.c.name.label("client_name"))
    .join(t.client, t.client.c.id == t.site.c.client_id)
    .where(t.site.c.id.in_(bindparam("sites", expanding=True)))
    .order_by(t.site.c.id),
    DeclaredSite,
)


def get(tx: Tx, site_id: str) -> DeclaredSite | None:
    """The site, as declared."""
    return _SITES.first(tx, {"sites": [site_id]})


def lock(tx: Tx, site_id: str) -> None:
    """Nobody else changes the site until the transaction ends; whoever does now is waited for."""
    tx.execute(select(t.site.c.id).where(t.site.c.id == site_id).with_for_update())


def of_ids(tx: Tx, site_ids: Iterable[str]) -> list[DeclaredSite]:
    """Those of these that there are, by id."""
    return _SITES.all(tx, {"sites": list(site_ids)})


def site_ids(tx: Tx, *, after: str = "", limit: int = 100) -> list[str]:
    """Site ids in order, for paging."""
    query = select(t.site.c.id).where(t.site.c.id > after).order_by(t.site.c.id).limit(limit)
    return list(tx.execute(query).scalars())


def changed_after(
    tx: Tx, last: tuple[datetime, str] | None, *, limit: int
) -> list[tuple[datetime, str]]:
    """(when it was last changed, id) of the sites changed after ``last``, in that order."""
    c = t.site.c
    query = select(c.changed_at, c.id).order_by(c.changed_at, c.id).limit(limit)
    if last is not None:
        at, site_id = last
        query = query.where(or_(c.changed_at > at, (c.changed_at == at) & (c.id > site_id)))
    return [(row.changed_at, row.id) for row in tx.execute(query)]


def client(tx: Tx, client_id: str) -> Client | None:
    """One client."""
    return first(tx, select(t.client).where(t.client.c.id == client_id), Client)


def has_sites(tx: Tx, client_id: str) -> bool:
    """True where any site is this client's."""
    query = select(t.site.c.id).where(t.site.c.client_id == client_id).limit(1)
    return tx.execute(query).first() is not None


def move_sites(tx: Tx, client_id: str, other_id: str, now: datetime) -> int:
    """A client's sites are another's from now on; how many."""
    query = update(t.site).where(t.site.c.client_id == client_id)
    return tx.execute(query.values(client_id=other_id, changed_at=now)).rowcount


def names_of(tx: Tx, site_ids: Iterable[str | None]) -> dict[str, str]:
    """{site id: name} of these; None is no site's."""
    wanted = {site_id for site_id in site_ids if site_id}
    if not wanted:
        return {}
    query = select(t.site.c.id, t.site.c.name).where(t.site.c.id.in_(wanted))
    return {row.id: row.name for row in tx.execute(query)}


def time_zones_of(tx: Tx, site_ids: Iterable[str | None]) -> dict[str, str]:
    """{site id: its time zone} of these; None is no site's."""
    wanted = {site_id for site_id in site_ids if site_id}
    if not wanted:
        return {}
    query = select(t.site.c.id, t.site.c.timezone).where(t.site.c.id.in_(wanted))
    return {row.id: row.timezone for row in tx.execute(query)}


def names_of_zones(
    tx: Tx, accounts: Iterable[str], only: Iterable[str] | None = None
) -> dict[tuple[str, str], str]:
    """{(account, zone's key): name} of the declared zones of these; ``only``: of these zones."""
    c = t.zone.c
    query = select(c.account, c.zone, c.name).where(c.account.in_(set(accounts)))
    if only is not None:
        query = query.where(func.ltrim(c.zone, "0").in_({zone_key(zone) for zone in only}))
    return {(row.account, zone_key(row.zone)): row.name for row in tx.execute(query)}


_ACCOUNTS = Reads(
    select(t.account)
    .where(t.account.c.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(t.account.c.account),
    Account,
)


def accounts(tx: Tx, site_id: str) -> list[Account]:
    """The accounts of a site."""
    return _ACCOUNTS.all(tx, {"sites": [site_id]})


def accounts_of(tx: Tx, site_ids: Iterable[str]) -> dict[str | None, list[Account]]:
    """{site: its accounts}."""
    return grouped(_ACCOUNTS.all(tx, {"sites": list(site_ids)}), lambda one: one.site_id)


_ZONES = Reads(
    select(t.zone, t.account.c.site_id)
    .join(t.account, t.account.c.account == t.zone.c.account)
    .where(t.account.c.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(t.zone.c.account, t.zone.c.zone),
    Zone,
)


def zones(tx: Tx, site_id: str) -> list[Zone]:
    """The declared zones of a site's accounts."""
    return _ZONES.all(tx, {"sites": [site_id]})


def zones_of(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[Zone]]:
    """{site: the declared zones of its accounts}."""
    return grouped(_ZONES.all(tx, {"sites": list(site_ids)}), lambda one: one.site_id)


def zone_names(tx: Tx, site_id: str) -> dict[tuple[str, str], str]:
    """{(account, zone's key): name} of the declared zones of a site's accounts."""
    return {(zone.account, zone_key(zone.zone)): zone.name for zone in zones(tx, site_id)}


def load_site(
    tx: Tx,
    site_id: str,
    *,
    clear: Callable[[bytes], str | None] | None = None,
    declared: DeclaredSite | None = None,
) -> Site | None:
    """The site as deciding needs it. ``clear`` reads its recognition word, left out without it.
    ``declared``: what ``get`` gave, where this transaction has read it already."""
    found = of_ids(tx, [site_id]) if declared is None else [declared]
    return next(_sites(tx, found, clear), None)


def load_sites(tx: Tx, site_ids: Sequence[str]) -> Iterator[Site]:
    """``load_site`` of those of these that there are, by id: in as many statements as of one."""
    return _sites(tx, of_ids(tx, site_ids), None)


def _sites(
    tx: Tx, found: Sequence[DeclaredSite], clear: Callable[[bytes], str | None] | None
) -> Iterator[Site]:
    people = contacts.of_sites(tx, {one.id: one.postcode for one in found})
    for one in found:
        word, theirs = one.recognition_word, people[one.id]
        yield Site(
            id=one.id,
            name=one.name,
            client=one.client_name,
            address=one.address,
            timezone=one.timezone,
            language=one.language,
            state=one.state,
            recognition_word=clear(word) if clear and word else None,
            contacts=theirs,
            others=contacts.standing_in(tx, theirs),
        )


def drop_links(tx: Tx, site_id: str, keep_accounts: Sequence[str]) -> None:
    """Before a site is written anew: its contact links, zones and accounts no longer named go. Of
    an account only the key stays, with which its panel may still be heard."""
    tx.execute(delete(t.site_contact).where(t.site_contact.c.site_id == site_id))
    mine = select(t.account.c.account).where(t.account.c.site_id == site_id)
    tx.execute(delete(t.zone).where(t.zone.c.account.in_(mine)))
    gone = (t.account.c.site_id == site_id) & t.account.c.account.not_in(list(keep_accounts))
    users = select(t.account.c.account).where(gone)
    tx.execute(delete(t.panel_user).where(t.panel_user.c.account.in_(users)))
    tx.execute(
        update(t.account).where(gone).values(site_id=None, phone=None, line=None, maker=None)
    )


def free_account(tx: Tx, account: str) -> None:
    """What was declared of an account, and known of its panel, at a site that is no more."""
    for table in (t.zone, t.panel_user, t.partition, t.zone_trips):
        tx.execute(delete(table).where(table.c.account == account))
    nothing = {"site_id": None, "dc09_key": None, "phone": None, "line": None, "maker": None}
    tx.execute(update(t.account).where(t.account.c.account == account).values(**nothing))


def account_keys(tx: Tx) -> dict[str, bytes]:
    """{account: encrypted DC-09 key} of every account that has one."""
    query = select(t.account.c.account, t.account.c.dc09_key).where(
        t.account.c.dc09_key.is_not(None)
    )
    return {row.account: row.dc09_key for row in tx.execute(query)}


ACCOUNTS_VERSION = "accounts_version"
_VERSION = Prepared(select(t.setting.c.value).where(t.setting.c.name == ACCOUNTS_VERSION))


def accounts_version(tx: Tx) -> str | None:
    """Differs after each ``accounts_changed``; None before the first."""
    row = _VERSION.first(tx, {})
    return None if row is None else str(row["value"])


def accounts_changed(tx: Tx) -> None:
    """Whoever keeps the accounts' keys in memory must read them again."""
    upsert(tx, t.setting, ["name"], {"name": ACCOUNTS_VERSION, "value": secrets.token_hex(8)})


# As ``proof.proves`` says it; what proves nothing is no sign of life (D31).
_LINE = bindparam("b_line", type_=String())
_NO_LINE = or_(t.account.c.line.is_(None), t.account.c.line == "")
_ITS_LINE = or_(t.account.c.line == _LINE, t.account.c.line.startswith(_LINE + "/"))
_ITS_NUMBER = and_(_LINE == PHONE_LINE, t.account.c.phone == bindparam("b_caller", type_=String()))
_PROVEN = and_(
    or_(t.account.c.dc09_key.is_(None), bindparam("b_keyed", type_=Boolean())),
    or_(_NO_LINE, t.account.c.dc09_key.is_not(None), _ITS_LINE, _ITS_NUMBER),
    or_(t.account.c.phone.is_(None), _LINE != PHONE_LINE, _ITS_NUMBER),
)
_AT = func.coalesce(bindparam("b_at", type_=UtcDateTime()), t.account.c.last_heard)
_SKEW = func.coalesce(bindparam("b_skew", type_=Float()), t.account.c.skew)
_HEARD = Prepared(
    update(t.account)
    .where(t.account.c.account == bindparam("b_account"))
    .values(
        last_heard=case((_PROVEN, _AT), else_=t.account.c.last_heard),
        skew=case((_PROVEN, _SKEW), else_=t.account.c.skew),
        last_line=_LINE,  # wherever that was: the pages say when it is not the declared one
    )
)


def note_heard(tx: Tx, heard: Mapping[str, Heard]) -> None:
    """Write when, and on which line, each account was last heard, and how its clock is.

    Accounts nobody declared are left alone; of one that is declared to speak otherwise only the
    line is. In their order: two writers must not lock each other.
    """
    rows = [
        {
            "b_account": account,
            "b_at": one.at,
            "b_line": one.line[:32],
            "b_skew": one.skew,
            "b_keyed": one.keyed,
            "b_caller": one.caller,
        }
        for account, one in sorted(heard.items())
        if one.line != UNBOUND
    ]
    _HEARD.change_all(tx, rows)


_NEWEST_PLAN = Prepared(
    select(t.plan.c.body)
    .where(t.plan.c.id == bindparam("id"))
    .order_by(t.plan.c.version.desc())
    .limit(1)
)


def plan_body(tx: Tx, plan_id: str) -> dict[str, Any] | None:
    """The newest version of a plan."""
    row = _NEWEST_PLAN.first(tx, {"id": plan_id})
    return dict(row["body"]) if row else None


_PLAN_VERSION = select(t.plan.c.body).where(
    t.plan.c.id == bindparam("id"), t.plan.c.version == bindparam("version")
)


def plan_version(tx: Tx, plan_id: str, version: int) -> dict[str, Any] | None:
    """One version of a plan, as it was published."""
    row = tx.execute(_PLAN_VERSION, {"id": plan_id, "version": version}).first()
    return dict(row.body) if row else None


def plan_bodies(tx: Tx, *, withdrawn: bool | None = None) -> list[dict[str, Any]]:
    """The newest version of each plan, by id; of those that are ``withdrawn``, or are not (None: of
    all)."""
    newest = (
        select(t.plan.c.id, func.max(t.plan.c.version).label("version"))
        .group_by(t.plan.c.id)
        .subquery()
    )
    query = (
        select(t.plan.c.body)
        .join(newest, (newest.c.id == t.plan.c.id) & (newest.c.version == t.plan.c.version))
        .order_by(t.plan.c.id)
    )
    if withdrawn is not None:
        gone = t.plan.c.id.in_(select(t.plan_withdrawal.c.id))
        query = query.where(gone if withdrawn else ~gone)
    return [dict(row.body) for row in tx.execute(query)]
