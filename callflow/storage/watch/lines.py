"""Reads of the lines page: panels that need a look, and what came by which line lately.

Every query has a limit: a station may have 100,000 accounts and millions of signals.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found
from callflow.storage.sites.sites import site_of_accounts

#: So many of the newest signals are looked at for what came lately.
RECENT = 10_000

_ACCOUNT = t.account.c
#: Where a panel is declared to be heard, or a part of it ("surgard" has "surgard/01-03").
_WRONG_LINE = and_(
    _ACCOUNT.line.is_not(None),
    _ACCOUNT.last_line != "",
    _ACCOUNT.last_line != _ACCOUNT.line,
    _ACCOUNT.last_line.not_like(_ACCOUNT.line + "/%"),
)


@dataclass(frozen=True, slots=True)
class DeclaredPanel:
    """An account as declared and as heard: ``wrong_clock`` and ``wrong_line`` by its columns."""

    account: str
    site_id: str | None
    last_heard: datetime | None
    last_line: str
    line: str | None
    skew: float | None
    poll_every: float | None
    silent: bool
    test_every: float | None
    test_due: datetime | None
    untested: bool
    site_name: str | None
    keyed: bool
    wrong_clock: bool
    wrong_line: bool


#: Of the account itself.
_SHOWN = [_ACCOUNT[name] for name in list(DeclaredPanel.__dataclass_fields__)[:11]]


def _troubles(skew: float, keyless: Collection[str]) -> dict[str, ColumnElement[bool]]:
    """What can be wrong with a panel; its clock by more than ``skew`` seconds."""
    return {
        "silent": _ACCOUNT.silent.is_(true()),
        "untested": _ACCOUNT.untested.is_(true()),
        "wrong_clock": or_(_ACCOUNT.skew > skew, _ACCOUNT.skew < -skew),
        "wrong_line": _WRONG_LINE,
        "key": _ACCOUNT.account.in_(list(keyless)),
    }


def panels(
    tx: Tx,
    *,
    skew: float,
    keyless: Collection[str],
    begins: str | None = None,
    after: str = "",
    limit: int,
) -> list[DeclaredPanel]:
    """Accounts with a trouble, by number; with ``begins`` all whose number begins so.

    ``keyless``: accounts that the receiver could not decrypt.
    """
    troubles = _troubles(skew, keyless)
    query = (
        select(
            *_SHOWN,
            t.site.c.name.label("site_name"),
            _ACCOUNT.dc09_key.is_not(None).label("keyed"),
            func.coalesce(troubles["wrong_clock"], False).label("wrong_clock"),
            func.coalesce(troubles["wrong_line"], False).label("wrong_line"),
        )
        .join_from(t.account, t.site, t.site.c.id == _ACCOUNT.site_id, isouter=True)
        .where(_ACCOUNT.account > after)
        .order_by(_ACCOUNT.account)
        .limit(limit)
    )
    if begins is None:
        query = query.where(or_(*troubles.values()))
    else:
        query = query.where(_ACCOUNT.account.startswith(begins, autoescape=True))
    return found(tx, query, DeclaredPanel)


def declared_lines(tx: Tx) -> dict[str, int]:
    """{line: how many accounts are declared to be heard there}."""
    query = select(_ACCOUNT.line, func.count()).where(_ACCOUNT.line != "").group_by(_ACCOUNT.line)
    return {line: int(count) for line, count in tx.execute(query)}


def declared(tx: Tx, accounts: Collection[str]) -> set[str]:
    """Those of ``accounts`` that belong to a site."""
    return set(site_of_accounts(tx, accounts)) if accounts else set()


def count_troubles(tx: Tx, *, skew: float) -> dict[str, int]:
    """{trouble: how many accounts have it}, and ``accounts``: how many there are."""
    troubles = {k: v for k, v in _troubles(skew, ()).items() if k != "key"}
    sums = [
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name)
        for name, condition in troubles.items()
    ]
    row = tx.execute(select(func.count().label("accounts"), *sums).select_from(t.account)).one()
    return {name: int(count) for name, count in row._mapping.items()}


@dataclass(frozen=True, slots=True)
class PanelClock:
    """A panel's clock, so many seconds ahead of ours when it was heard last."""

    account: str
    site_name: str | None
    skew: float
    last_heard: datetime | None


def worst_clocks(tx: Tx, *, limit: int) -> list[PanelClock]:
    """Those that are wrong the most, the worst first."""
    query = (
        select(
            _ACCOUNT.account, t.site.c.name.label("site_name"), _ACCOUNT.skew, _ACCOUNT.last_heard
        )
        .join_from(t.account, t.site, t.site.c.id == _ACCOUNT.site_id, isouter=True)
        .where(_ACCOUNT.skew.is_not(None))
        .order_by(func.abs(_ACCOUNT.skew).desc(), _ACCOUNT.account)
        .limit(limit)
    )
    return found(tx, query, PanelClock)


def skews(tx: Tx, since: datetime, *, limit: int = 1000) -> list[float]:
    """By how many seconds the clocks of some panels heard since then are ahead of ours."""
    query = (
        select(_ACCOUNT.skew)
        .where(_ACCOUNT.skew.is_not(None), _ACCOUNT.last_heard >= since)
        .limit(limit)
    )
    return [float(skew) for skew in tx.execute(query).scalars()]


def _recent() -> Any:
    c = t.signal.c
    newest = select(c.account, c.line, c.format, c.received_at).order_by(c.number.desc())
    return newest.limit(RECENT).subquery("recent")


def heard_by_line(tx: Tx, names: Collection[str], since: datetime) -> dict[str, tuple[Any, int]]:
    """{line: (its last signal's time, its signals since then)} among the newest signals."""
    recent = _recent()
    late = func.sum(case((recent.c.received_at >= since, 1), else_=0))
    query = (
        select(recent.c.line, func.max(recent.c.received_at), late)
        .where(recent.c.line.in_(list(names)))
        .group_by(recent.c.line)
    )
    return {line: (last, int(count)) for line, last, count in tx.execute(query)}


@dataclass(frozen=True, slots=True)
class Unknown:
    """An account of no site that is heard; ``signals``: how many of the newest are its."""

    account: str
    line: str
    last_heard: datetime
    signals: int


def unknown_accounts(tx: Tx, *, limit: int) -> list[Unknown]:
    """Accounts of no site among the newest signals, the last heard first."""
    recent = _recent()
    last = func.max(recent.c.received_at)
    query = (
        select(
            recent.c.account,
            func.max(recent.c.line).label("line"),
            last.label("last_heard"),
            func.count().label("signals"),
        )
        .join_from(recent, t.account, _ACCOUNT.account == recent.c.account, isouter=True)
        .where(_ACCOUNT.site_id.is_(None), recent.c.account != "", recent.c.format != "station")
        .group_by(recent.c.account)
        .order_by(last.desc())
        .limit(limit)
    )
    return found(tx, query, Unknown)
