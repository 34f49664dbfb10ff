"""The station's plans in a list, and the sites that follow one: what an administrator looks at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.folding import folded
from callflow.core.plans import choice
from callflow.core.plans import standard as standard_plans
from callflow.core.plans.choice import PlanRule
from callflow.core.plans.version import Draft, Published, Withdrawal
from callflow.core.signals.signal import Kind
from callflow.core.time.hours import CalendarError
from callflow.storage import Tx
from callflow.storage.engine.listing import Page
from callflow.storage.plans import plans
from callflow.storage.sites import instructions

#: By what a list of plans is sorted, each with the name as the last word.
SORTS = ("name", "state", "version", "sites", "changed")
STATES = ("draft", "published", "withdrawn")


@dataclass(frozen=True, slots=True)
class PlanListed:
    """A plan in the list. ``changed_at`` (UTC) is when it was withdrawn, else when its draft was
    saved, else when it was published."""

    id: str
    name: str
    version: int  # 0: never published
    draft: bool  # one is being written
    withdrawn: bool
    changed_by: str
    changed_at: datetime
    sites: int  # that follow it as they are set up


def listed(tx: Tx, page: Page) -> tuple[list[PlanListed], int]:
    """A page of the plans whose name or id has its text, and how many do. Its state is one of
    ``STATES`` ("": any but withdrawn ones), its sort one of ``SORTS``."""
    gone = plans.withdrawals(tx)
    drafts = {draft.id: draft for draft in plans.drafts(tx)}
    newest = {version.id: version for version in plans.newest(tx)}
    followers = _followers(tx)
    every = (
        _listed(id, newest.get(id), drafts.get(id), gone.get(id), followers[id])
        for id in {**newest, **drafts}
        if (id in gone) == (page.state == "withdrawn")
    )
    asked = folded(page.text)
    found = [
        plan
        for plan in every
        if (asked in folded(plan.name) or asked in folded(plan.id))
        and (not page.state or getattr(plan, _STATE[page.state]))
    ]
    found.sort(key=_by_name)
    found.sort(key=_KEYS[page.sort], reverse=page.descending)
    return found[page.offset : page.offset + page.limit], len(found)


def _by_name(plan: PlanListed) -> tuple[str, str]:
    return folded(plan.name), plan.id


#: What says that a plan is in a state.
_STATE = {"draft": "draft", "published": "version", "withdrawn": "withdrawn"}
_KEYS: dict[str, Callable[[PlanListed], Any]] = {
    "name": _by_name,
    "state": lambda plan: (not plan.draft, plan.version > 0),
    "version": lambda plan: plan.version,
    "sites": lambda plan: plan.sites,
    "changed": lambda plan: plan.changed_at,
}


def _listed(
    id: str, newest: Published | None, draft: Draft | None, gone: Withdrawal | None, sites: int
) -> PlanListed:
    by, at = _last_act(newest, draft, gone)
    name = newest.name if newest else draft.body["name"] if draft else ""
    return PlanListed(
        id=id,
        name=str(name or id),
        version=newest.version if newest else 0,
        draft=draft is not None,
        withdrawn=gone is not None,
        changed_by=by,
        changed_at=at,
        sites=sites,
    )


def _last_act(
    newest: Published | None, draft: Draft | None, gone: Withdrawal | None
) -> tuple[str, datetime]:
    if gone is not None:
        return gone.withdrawn_by, gone.withdrawn_at
    if draft is not None:
        return draft.changed_by, draft.changed_at
    assert newest is not None, "listed for one of the three"
    return newest.published_by, newest.published_at


def _followers(tx: Tx) -> Counter[str]:
    """{plan: how many sites follow it as they are set up}."""
    found: Counter[str] = Counter()
    for (own, rules), count in plans.choices(tx).items():
        for plan_id in _followed(own, rules):
            found[plan_id] += count
    return found


def _followed(own: str, rules: str) -> frozenset[str]:
    read = _rules(rules)
    return frozenset() if read is None else choice.followed(json.loads(own), read)


def _rules(text: str) -> tuple[PlanRule, ...] | None:
    """None: not as they were checked, so every alarm of the site is a human's."""
    try:
        return choice.rules_from_json(json.loads(text))
    except CalendarError:
        return None


@dataclass(frozen=True, slots=True)
class Follower:
    """A site that follows a plan, and why."""

    id: str
    name: str
    why: Why
    kinds: list[Kind]  # of alarm that may get it
    agreed: list[Kind]  # for a while
    otherwise: list[str]  # settings that the site has of its own, as ``step.setting``


@dataclass(frozen=True, slots=True)
class Why:
    """Why sites of one choice follow a plan, for good."""

    kinds: frozenset[Kind] = frozenset()
    own: tuple[str, ...] = ()  # kinds, categories or "*" for which they name it
    rules: int = 0  # that name it
    standard: bool = False  # nothing else is said


#: What rules say that are not as they were checked.
_NOTHING = Why()


def followers(
    tx: Tx, plan_id: str, now: datetime, *, text: str, offset: int, limit: int
) -> tuple[list[Follower], int]:
    """A page of the sites that follow a plan and whose name or id has ``text``, and how many do."""
    agreed = instructions.naming(tx, plan_id, now)
    why = {
        (own, rules): said
        for own, rules in plans.choices(tx)
        if (said := _why(plan_id, json.loads(own), _rules(rules))) is not None
    }
    found, count = plans.followers(
        tx,
        [choice for choice, said in why.items() if said.kinds],
        agreed,
        text=text,
        offset=offset,
        limit=limit,
    )
    return [
        _follows(plan_id, site, why.get((site.plans, site.plan_rules), _NOTHING), agreed)
        for site in found
    ], count


def _follows(
    plan_id: str, site: plans.Follower, why: Why, agreed: Mapping[str, Collection[Kind]]
) -> Follower:
    meanwhile = agreed.get(site.id, ())
    own = site.plan_overrides.get(plan_id, {})
    return Follower(
        id=site.id,
        name=site.name,
        why=why,
        kinds=sorted({*why.kinds, *meanwhile}),
        agreed=sorted(meanwhile),
        otherwise=[f"{step}.{name}" for step, names in own.items() for name in names],
    )


def _why(plan_id: str, own: dict[str, str], rules: Sequence[PlanRule] | None) -> Why | None:
    if rules is None:
        return None
    alarms = choice.serves(own, rules, plan_id)
    standard = any(
        standard_plans.plan_id({}, *alarm) == standard_plans.plan_id(own, *alarm) == plan_id
        for alarm in alarms
    )
    return Why(
        kinds=frozenset(Kind(kind) for kind, _ in alarms),
        own=tuple(sorted(name for name, plan in own.items() if plan == plan_id)),
        rules=sum(rule.plan == plan_id for rule in rules),
        standard=standard,
    )
