"""Rows of plans: versions, which never change, and drafts, of which the second writer is told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, delete, func, select, update

from callflow.core.plans.version import Draft, PlanBody, Published, Version, Withdrawal
from callflow.core.sites.site import SiteState
from callflow.storage import schema as t
from callflow.storage.engine.folding import folded
from callflow.storage.engine.inserts import insert_into
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found
from callflow.storage.sites.search import holds

#: What a site says of its plans and its rules for them, as JSON texts.
Choice = tuple[str, str]

_PLANS, _RULES = cast(t.site.c.plans, Text), cast(t.site.c.plan_rules, Text)
_CHOICE = _PLANS.label("plans"), _RULES.label("plan_rules")
#: Sites of these states follow no plan: an operator has their alarms (D2).
_FOLLOWS = t.site.c.state.not_in([SiteState.SUSPENDED.value, SiteState.TERMINATED.value])
_K = t.contract_change.c
#: Sites that follow one, or will: suspended ones too, and terminated ones that are to come back.
_WILL_FOLLOW = (t.site.c.state != SiteState.TERMINATED.value) | t.site.c.id.in_(
    select(_K.site_id).where(_K.done_at.is_(None), _K.dropped_by.is_(None))
)


def insert_version(
    tx: Tx,
    body: PlanBody,
    *,
    who: str,
    now: datetime,
    why: str = "",
    accepted: Sequence[Mapping[str, Any]] = (),
    accepted_why: str = "",
) -> bool:
    """Store one immutable version of a plan; False where this version is there already."""
    statement = insert_into(tx.dialect.name, t.plan).values(
        id=body["id"],
        version=body["version"],
        body=body,
        published_by=who,
        published_at=now,
        why=why,
        accepted=list(accepted),
        accepted_why=accepted_why,
    )
    # PostgreSQL's driver tells no row count of an insert.
    return tx.execute(statement.on_conflict_do_nothing().returning(t.plan.c.id)).first() is not None


_C = t.plan.c
_HISTORY = (_C.version, _C.published_by, _C.published_at, _C.why, _C.accepted, _C.accepted_why)


def history(tx: Tx, plan_id: str) -> list[Version]:
    """Who published which version when and why, oldest first; without what it says."""
    query = select(*_HISTORY).where(_C.id == plan_id).order_by(_C.version)
    return found(tx, query, Version)


def draft(tx: Tx, plan_id: str) -> Draft | None:
    """What is being written of a plan, by whom, since when."""
    return first(tx, select(t.plan_draft).where(t.plan_draft.c.id == plan_id), Draft)


def write_draft(tx: Tx, written: Draft, *, replaces: str | None) -> bool:
    """Insert a draft (``replaces`` None), or put it in the place of this revision; whether it was
    still so."""
    if replaces is None:
        insert = insert_into(tx.dialect.name, t.plan_draft)
        statement: Any = insert.values(**columns(written)).on_conflict_do_nothing()
    else:
        c = t.plan_draft.c
        statement = update(t.plan_draft).where(c.id == written.id, c.revision == replaces)
        statement = statement.values(**columns(written))
    return tx.execute(statement.returning(t.plan_draft.c.id)).first() is not None


def drop_draft(tx: Tx, plan_id: str, revision: str) -> bool:
    """Delete a draft, if this is still its revision."""
    c = t.plan_draft.c
    done = tx.execute(delete(t.plan_draft).where(c.id == plan_id, c.revision == revision))
    return done.rowcount == 1


@dataclass(frozen=True, slots=True)
class SiteWithPlans:
    """What decides which plan a site follows, and what a plan may need there."""

    id: str
    plans: dict[str, str]
    plan_rules: list[dict[str, Any]]
    plan_overrides: dict[str, dict[str, Any]]
    postcode: str
    cameras: list[dict[str, Any]]
    state: SiteState


def sites_with_plans(tx: Tx) -> list[SiteWithPlans]:
    """Every site."""
    c = t.site.c
    query = select(
        *(c.id, c.plans, c.plan_rules, c.plan_overrides, c.postcode, c.cameras, c.state)
    ).order_by(c.id)
    return found(tx, query, SiteWithPlans)


_PUBLISHED = (
    *(_C.id, _C.body["name"].as_string().label("name")),
    *(_C.version, _C.published_by, _C.published_at, _C.why),
)


def newest(tx: Tx) -> list[Published]:
    """The newest version of each plan."""
    last = select(_C.id, func.max(_C.version).label("version")).group_by(_C.id).subquery()
    join = (last.c.id == _C.id) & (last.c.version == _C.version)
    return found(tx, select(*_PUBLISHED).join(last, join), Published)


def published_since(tx: Tx, since: datetime, *, limit: int) -> list[Published]:
    """Versions that were published since then, the newest first."""
    query = select(*_PUBLISHED).where(_C.published_at >= since)
    return found(tx, query.order_by(_C.published_at.desc(), _C.id).limit(limit), Published)


def drafts(tx: Tx) -> list[Draft]:
    """Every draft."""
    return found(tx, select(t.plan_draft), Draft)


def choices(tx: Tx, *, ever: bool = False) -> dict[Choice, int]:
    """How many sites decide alike which plans they follow: most have the same to say. ``ever``:
    whose contract is suspended, or to come back, too."""
    among = _WILL_FOLLOW if ever else _FOLLOWS
    query = select(*_CHOICE, func.count()).where(among).group_by(_PLANS, _RULES)
    return {(row[0], row[1]): row[2] for row in tx.execute(query)}


@dataclass(frozen=True, slots=True)
class Follower:
    """A site that follows a plan; its ``plans`` and ``plan_rules`` as a ``Choice``."""

    id: str
    name: str
    plan_overrides: dict[str, dict[str, Any]]
    plans: str
    plan_rules: str


def followers(
    tx: Tx,
    said: Collection[Choice],
    ids: Collection[str],
    *,
    text: str = "",
    offset: int = 0,
    limit: int,
    ever: bool = False,
) -> tuple[list[Follower], int]:
    """A page of the sites whose choice is one of ``said``, or whose id of ``ids``, and whose name
    or id has ``text``; and how many there are. ``ever`` as ``choices``."""
    c, among = t.site.c, _WILL_FOLLOW if ever else _FOLLOWS
    alike = (_PLANS + _RULES).in_({own + rules for own, rules in said})
    query = select(c.id, c.name, c.plan_overrides, *_CHOICE).where(among, alike | c.id.in_(ids))
    if text:
        query = query.where(holds(c.name, text) | holds(c.id, text))
    count = tx.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    query = query.order_by(folded(c.name), c.id).offset(offset).limit(limit)
    return found(tx, query, Follower), int(count)


# --- withdrawn ----------------------------------------------------------------------------

_W = t.plan_withdrawal.c


def withdrawals(tx: Tx, ids: Collection[str] | None = None) -> dict[str, Withdrawal]:
    """{plan: its withdrawal} of those (None: of all) that are withdrawn."""
    query = select(t.plan_withdrawal)
    if ids is not None:
        query = query.where(_W.id.in_(list(ids)))
    return {gone.id: gone for gone in found(tx, query, Withdrawal)}


def withdraw(tx: Tx, gone: Withdrawal) -> None:
    """Nobody follows it from now on."""
    tx.execute(t.plan_withdrawal.insert(), columns(gone))


def bring_back(tx: Tx, plan_id: str) -> None:
    """It may be followed again."""
    tx.execute(delete(t.plan_withdrawal).where(_W.id == plan_id))
