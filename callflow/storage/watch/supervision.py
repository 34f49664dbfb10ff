"""Rows of what is watched: polls, tests, arming, panel users, sites on test."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    Integer,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql import Select

from callflow.core.signals.events import SiteOverride
from callflow.core.signals.signal import Kind, StoredSignal
from callflow.core.sites.arming import Arming, PanelUser, Partition
from callflow.core.sites.site import SiteState
from callflow.core.watch.supervision import Listening, OnTest, Overdue, Scheduled, Watched
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, first, found, grouped

Row = dict[str, Any]

#: Sites that the station watches: a suspended or terminated one is silent by agreement (D2).
_WATCHED = (SiteState.COMMISSIONING.value, SiteState.ACTIVE.value)

_A = t.account.c
_LIFT = exists().where(t.zone.c.account == _A.account, t.zone.c.kind == Kind.LIFT.value)


# --- a batch of signals -------------------------------------------------------------------


# Built once: it is asked for every batch.
_PARTITIONS = Prepared(
    select(_A.site_id, _A.account, t.partition.c.partition, t.partition.c.armed)
    .add_columns(t.partition.c.since, t.partition.c.panel_user)
    .outerjoin(t.partition, t.partition.c.account == _A.account)
    .where(_A.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(_A.account, t.partition.c.partition)
)


def arrivals(tx: Tx, accounts: Iterable[str]) -> set[str]:
    """Those of ``accounts`` that "arrived well" is awaited from."""
    query = select(_A.account).where(_A.account.in_(list(accounts)), _A.arrival_due.is_not(None))
    return set(tx.execute(query).scalars())


def watched(tx: Tx, accounts: Iterable[str]) -> dict[str, Scheduled]:
    """{account: how it and its site are watched}, of the declared ones of active sites."""
    query = (
        _accounts()
        .add_columns(t.site.c.schedule)
        .where(_A.account.in_(list(accounts)), t.site.c.state.in_(_WATCHED))
    )
    return {account.account: account for account in found(tx, query, Scheduled)}


def _accounts() -> Select[Any]:
    columns = (_A.account, _A.site_id, _A.last_heard, _A.poll_every, _A.poll_since, _A.silent)
    more = (_A.test_every, _A.test_due, _A.untested, _A.arrival_due, t.site.c.timezone)
    return select(*columns, *more).join(t.site, t.site.c.id == _A.site_id)


def arming(tx: Tx, sites: Collection[str]) -> dict[str, Arming]:
    """{site: its accounts, and what their panels told}, of each of ``sites``."""
    rows: dict[str, list[Row]] = {site: [] for site in sites}
    for row in _PARTITIONS.all(tx, {"sites": list(sites)}) if sites else ():
        rows[row.pop("site_id")].append(row)
    return {
        site: Arming(
            tuple(dict.fromkeys(row["account"] for row in of)),
            tuple(Partition(**row) for row in of if row["partition"] is not None),
        )
        for site, of in rows.items()
    }


def panel_users(tx: Tx, accounts: Iterable[str]) -> list[PanelUser]:
    """Whom the user numbers of these accounts stand for."""
    query = (
        select(t.panel_user, t.contact.c.name)
        .outerjoin(t.contact, t.contact.c.id == t.panel_user.c.contact_id)
        .where(t.panel_user.c.account.in_(list(accounts)))
        .order_by(t.panel_user.c.account, t.panel_user.c.number)
    )
    return found(tx, query, PanelUser)


def stored_keys(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these deduplication keys that a signal is stored under."""
    query = select(t.signal.c.deduplication).where(t.signal.c.deduplication.in_(list(keys)))
    return set(tx.execute(query).scalars())


def note_account(tx: Tx, account: str, **values: Any) -> None:
    """Write what is known of a watched account."""
    tx.execute(update(t.account).where(_A.account == account).values(**values))


# --- what falls due -----------------------------------------------------------------------


def _seconds(dialect: str, column: Column[datetime]) -> ColumnElement[Any]:
    """An instant as seconds since 1970, whole ones at least."""
    if dialect == "sqlite":
        return func.unixepoch(column)
    return func.extract("epoch", column)


_SHARE_END = (
    select(_A.account)
    .where(_A.account > bindparam("after"))
    .order_by(_A.account)
    .offset(bindparam("before", type_=Integer))
    .limit(1)
)


def share_end(tx: Tx, after: str, *, size: int) -> str | None:
    """The last of the ``size`` accounts that follow ``after``; None: there are fewer."""
    return tx.execute(_SHARE_END, {"after": after, "before": size - 1}).scalar()


def due_accounts(
    tx: Tx,
    certain: datetime | None,
    heard: Listening | None,
    *,
    after: str,
    until: str | None,
    limit: int,
) -> list[Overdue]:
    """Accounts that have something due: unheard, heard again, untested, not arrived.

    A scan of those after ``after``, up to ``until``: what polls move has no index. ``heard`` None:
    nobody listens. ``certain``: until when what is not there did not come. The core looks again.
    """
    if certain is None and heard is None:
        return []
    asked: Row = {"after": after, "limit": limit}
    if until is not None:
        asked["until"] = until
    if certain is not None:
        asked["certain"] = certain
    if heard is not None:
        asked["heard"] = heard.until.timestamp()
        asked["listened"] = (heard.until - heard.since).total_seconds()
    return _due_accounts(tx.dialect.name, frozenset(asked)).all(tx, asked)


@cache
def _due_accounts(dialect: str, asked: frozenset[str]) -> Reads[Overdue]:
    conditions: list[ColumnElement[bool]] = []
    if "certain" in asked:
        certain = bindparam("certain", type_=t.UtcDateTime)
        conditions += [and_(_A.untested.is_(False), _A.test_due <= certain)]
        conditions += [_A.arrival_due <= certain]
    if "heard" in asked:
        conditions += [_unheard(dialect), _heard_again(dialect)]
    share = _A.account > bindparam("after")
    if "until" in asked:
        share = and_(share, _A.account <= bindparam("until"))
    query = _accounts().add_columns(_LIFT.label("lift"))
    watched = share, or_(*conditions), t.site.c.state.in_(_WATCHED)
    return Reads(query.where(*watched).limit(bindparam("limit")), Overdue)


#: Seconds since 1970 until when all is written down that was heard, and how long that was listened.
_UNTIL, _LISTENED = bindparam("heard", type_=Float), bindparam("listened", type_=Float)


def _unheard(dialect: str) -> ColumnElement[bool]:
    """As ``supervision.is_silent``."""
    patience = 1.5 * _A.poll_every + 5.0
    latest = _UNTIL - patience
    return and_(
        _A.poll_every.is_not(None),
        _A.silent.is_(False),
        patience < _LISTENED,
        _seconds(dialect, _A.poll_since) < latest,
        or_(_A.last_heard.is_(None), _seconds(dialect, _A.last_heard) < latest),
    )


def _heard_again(dialect: str) -> ColumnElement[bool]:
    """Silent, and heard within its time; or no longer expected to be."""
    latest = _UNTIL - 1.5 * _A.poll_every
    again = or_(_A.poll_every.is_(None), _seconds(dialect, _A.last_heard) >= latest)
    return and_(_A.silent.is_(True), again)


_WAITING = Prepared(
    select(t.signal.c.account).where(t.signal.c.correlated_at.is_(None)).limit(bindparam("limit"))
)


def waiting_accounts(tx: Tx, *, most: int) -> set[str] | None:
    """Accounts with signals not yet correlated; None: more than ``most`` signals."""
    rows = _WAITING.all(tx, {"limit": most + 1})
    return None if len(rows) > most else {row["account"] for row in rows}


def set_silent(tx: Tx, account: Watched, *, silent: bool) -> bool:
    """Compare-and-set: false where it was heard, or said, meanwhile."""
    heard = account.last_heard
    unheard = _A.last_heard.is_(None) if heard is None else _A.last_heard == heard
    here = _A.account == account.account
    mine = and_(here, _A.silent.is_(not silent), unheard if silent else here)
    return tx.execute(update(t.account).where(mine).values(silent=silent)).rowcount == 1


def set_untested(tx: Tx, account: Watched) -> bool:
    """Compare-and-set: false where the test came, or was missed, meanwhile."""
    mine = (_A.account == account.account, _A.test_due == account.test_due)
    changed = update(t.account).where(*mine, _A.untested.is_(False)).values(untested=True)
    return tx.execute(changed).rowcount == 1


def end_arrival(tx: Tx, account: Watched) -> bool:
    """Compare-and-set: false where they arrived meanwhile."""
    mine = (_A.account == account.account, _A.arrival_due == account.arrival_due)
    return tx.execute(update(t.account).where(*mine).values(arrival_due=None)).rowcount == 1


_S = t.site.c


@dataclass(frozen=True, slots=True)
class DueSite:
    """A site whose arming is to be looked at since ``schedule_due``."""

    id: str
    state: SiteState
    timezone: str
    schedule: Mapping[str, Any] | None  # as stored
    schedule_due: datetime

    @property
    def watched(self) -> bool:
        """True where the site's contract lets the station watch it."""
        return self.state in _WATCHED


_DUE_SITES = Reads(
    select(_S.id, _S.state, _S.timezone, _S.schedule, _S.schedule_due)
    .where(_S.schedule_due <= bindparam("now"))
    .order_by(_S.schedule_due)
    .limit(bindparam("limit")),
    DueSite,
)


def due_sites(tx: Tx, now: datetime, *, limit: int) -> list[DueSite]:
    """Sites whose arming is to be looked at, the longest due first."""
    return _DUE_SITES.all(tx, {"now": now, "limit": limit})


def set_schedule_due(tx: Tx, site: str, was: datetime | None, due: datetime | None) -> bool:
    """Compare-and-set of when the site's arming is looked at next."""
    mine = (_S.id == site, _S.schedule_due == was)
    return tx.execute(update(t.site).where(*mine).values(schedule_due=due)).rowcount == 1


def write_schedule(
    tx: Tx, site_id: str, schedule: Row, due: datetime | None, now: datetime
) -> None:
    """Another schedule of a site, and when its arming is looked at next."""
    values: Row = {"schedule": schedule, "schedule_due": due, "changed_at": now}
    tx.execute(update(t.site).where(_S.id == site_id).values(**values))


# --- on test (D17) ------------------------------------------------------------------------

_T = t.on_test.c


def insert_test(tx: Tx, test: OnTest) -> None:
    """A site, or some of its zones, is on test from now on."""
    tx.execute(t.on_test.insert(), columns(test))


_RUNNING = Reads(
    select(t.on_test).where(
        _T.site_id.in_(bindparam("sites", expanding=True)),
        _T.ended_at.is_(None),
        _T.ends_at > bindparam("now", type_=t.UtcDateTime),
    ),
    OnTest,
)


def running_tests(tx: Tx, sites: Iterable[str], now: datetime) -> dict[str, list[OnTest]]:
    """{site: its tests that run}."""
    running = _RUNNING.all(tx, {"sites": list(sites), "now": now})
    return grouped(running, lambda test: test.site_id)


def tests_of(tx: Tx, site_id: str, *, limit: int) -> list[OnTest]:
    """A site's tests, the newest first: those that run, and what was."""
    query = (
        select(t.on_test).where(_T.site_id == site_id).order_by(_T.began_at.desc(), _T.id.desc())
    )
    return found(tx, query.limit(limit), OnTest)


def get_test(tx: Tx, test_id: str) -> OnTest | None:
    """One test."""
    return first(tx, select(t.on_test).where(_T.id == test_id), OnTest)


_DUE_TESTS = Reads(
    select(t.on_test)
    .where(_T.ended_at.is_(None), _T.ends_at <= bindparam("now"))
    .order_by(_T.ends_at)
    .limit(bindparam("limit")),
    OnTest,
)


def due_tests(tx: Tx, now: datetime, *, limit: int) -> list[OnTest]:
    """Tests whose time is over."""
    return _DUE_TESTS.all(tx, {"now": now, "limit": limit})


def change_test(tx: Tx, test: OnTest, **changes: Any) -> OnTest | None:
    """The test then; None where it was ended, or extended, meanwhile."""
    mine = (_T.id == test.id, _T.ended_at.is_(None), _T.ends_at == test.ends_at)
    changed = tx.execute(update(t.on_test).where(*mine).values(**changes)).rowcount == 1
    return replace(test, **changes) if changed else None


def signals_since(tx: Tx, site_id: str, since: datetime) -> list[StoredSignal]:
    """What the site's accounts sent since then and was correlated, in the order it came."""
    c = t.signal.c
    query = (
        select(t.signal)
        .join(t.account, _A.account == c.account)
        .where(_A.site_id == site_id, c.received_at >= since, c.correlated_at.is_not(None))
        .order_by(c.number)
    )
    return found(tx, query, StoredSignal)


def correlate_again(tx: Tx, signal_ids: Sequence[str]) -> None:
    """These signals belong to the backlog again: what silenced them is over."""
    again = update(t.signal).where(t.signal.c.id.in_(list(signal_ids)))
    tx.execute(again.values(correlated_at=None, treatment=""))


def first_account(tx: Tx, site_id: str) -> str | None:
    """The account under which the station speaks of the whole site."""
    return tx.execute(select(func.min(_A.account)).where(_A.site_id == site_id)).scalar()


def sites_of(tx: Tx, accounts: Iterable[str]) -> set[str]:
    """The sites that these accounts belong to."""
    query = select(_A.site_id).where(_A.account.in_(list(accounts)), _A.site_id.is_not(None))
    return set(tx.execute(query).scalars())


# --- what is agreed for a site ------------------------------------------------------------


def replace_overrides(tx: Tx, site_id: str, overrides: Sequence[SiteOverride]) -> None:
    """Write all of a site's anew."""
    tx.execute(delete(t.event_override).where(t.event_override.c.site_id == site_id))
    if overrides:
        tx.execute(t.event_override.insert(), list(map(columns, overrides)))


def replace_panel_users(tx: Tx, accounts: Sequence[str], users: Sequence[PanelUser]) -> None:
    """Write all users of these accounts anew."""
    tx.execute(delete(t.panel_user).where(t.panel_user.c.account.in_(list(accounts))))
    if users:
        tx.execute(t.panel_user.insert(), [columns(user, t.panel_user) for user in users])
