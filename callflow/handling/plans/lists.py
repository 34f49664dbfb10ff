"""The station's plans in a list, and the sites that follow one: what an administrator looks at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from callflow.core.folding import folded
from callflow.core.plans import choice as plan_choice
from callflow.core.plans import standard as standard_plans
from callflow.core.plans.choice import PlanRule
from callflow.core.signals.signal import Kind
from callflow.core.time.hours import CalendarError
from callflow.storage import Tx
from callflow.storage.plans import plans
from callflow.storage.plans.plans import Choice
from callflow.storage.sites import instructions

Row = dict[str, Any]

#: By what a list of plans is sorted, each with the name as the last word.
SORTS = ("name", "state", "version", "sites", "changed")
STATES = ("draft", "published", "withdrawn")


def listed(
    tx: Tx, *, text: str, state: str, sort: str, descending: bool, offset: int, limit: int
) -> tuple[list[Row], int]:
    """A page of the plans whose name or id has ``text``, and how many do.

    Each with ``id, name, version`` (0: never published), ``draft`` (whether one is being written),
    ``withdrawn`` (whether it is), ``changed_by, changed_at`` and ``sites``, how many follow it
    as they are set up. ``state`` is one of ``STATES`` ("": any but withdrawn ones), ``sort`` one of
    ``SORTS``.
    """
    gone = plans.withdrawals(tx)
    drafts = {row["id"]: row for row in plans.draft_rows(tx)}
    newest = {row["id"]: row for row in plans.newest_rows(tx)}
    followers = _followers(tx)
    rows = [
        _listed(plan_id, newest.get(plan_id), drafts.get(plan_id), gone.get(plan_id))
        | {"sites": followers[plan_id]}
        for plan_id in {**newest, **drafts}
        if (plan_id in gone) == (state == "withdrawn")
    ]
    asked = folded(text)
    found = [
        row
        for row in rows
        if (asked in folded(row["name"]) or asked in folded(row["id"]))
        and (not state or row[_STATE[state]])
    ]
    found.sort(key=lambda row: (folded(row["name"]), row["id"]))
    found.sort(key=_KEYS[sort], reverse=descending)
    return found[offset : offset + limit], len(found)


#: What says that a plan is in a state.
_STATE = {"draft": "draft", "published": "version", "withdrawn": "withdrawn"}
_KEYS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: (folded(row["name"]), row["id"]),
    "state": lambda row: (not row["draft"], row["version"] > 0),
    "version": lambda row: row["version"],
    "sites": lambda row: row["sites"],
    "changed": lambda row: row["changed_at"],
}


def _listed(plan_id: str, newest: Row | None, draft: Row | None, gone: Row | None) -> Row:
    shown = newest or draft or {}
    by, at = shown.get("published_by"), shown.get("published_at")
    if draft is not None:
        by, at = draft["changed_by"], draft["changed_at"]
    if gone is not None:
        by, at = gone["withdrawn_by"], gone["withdrawn_at"]
    return {
        "id": plan_id,
        "name": str(shown["name"] or plan_id),
        "version": newest["version"] if newest else 0,
        "draft": draft is not None,
        "withdrawn": gone is not None,
        "changed_by": by,
        "changed_at": at,
    }


def _followers(tx: Tx) -> Counter[str]:
    """{plan: how many sites follow it as they are set up}."""
    found: Counter[str] = Counter()
    for (own, rules), count in plans.choices(tx).items():
        for plan_id in _followed(own, rules):
            found[plan_id] += count
    return found


def _followed(own: str, rules: str) -> frozenset[str]:
    read = _rules(rules)
    return frozenset() if read is None else plan_choice.followed(json.loads(own), read)


def _rules(text: str) -> tuple[PlanRule, ...] | None:
    """None: not as they were checked, so every alarm of the site is a human's."""
    try:
        return plan_choice.rules_from_json(json.loads(text))
    except CalendarError:
        return None


def followers(
    tx: Tx, plan_id: str, now: datetime, *, text: str, offset: int, limit: int
) -> tuple[list[Row], int]:
    """A page of the sites that follow a plan and whose name or id has ``text``, and how many do.

    Each with ``id, name``; ``kinds`` of alarm that may get it; and why: ``standard`` (nothing else
    is said), ``own`` (the kinds, categories or "*" for which the site names it), ``rules`` (how
    many of the site's name it), ``agreed`` (kinds, for a while). ``otherwise`` are the settings
    that the site has of its own, as ``step.setting``.
    """
    agreed = instructions.naming(tx, plan_id, now)
    why = {
        (own, rules): said
        for own, rules in plans.choices(tx)
        if (said := _why(plan_id, json.loads(own), _rules(rules))) is not None
    }
    rows, count = plans.followers(
        tx,
        [choice for choice, said in why.items() if said["kinds"]],
        agreed,
        text=text,
        offset=offset,
        limit=limit,
    )
    return [_follows(plan_id, row, why, agreed.get(row["id"], ())) for row in rows], count


#: What rules say that are not as they were checked.
_NOTHING: Row = {"kinds": [], "own": [], "rules": 0, "standard": False}


def _follows(plan_id: str, row: Row, why: Mapping[Choice, Row], meanwhile: Collection[str]) -> Row:
    said = why.get((row["plans"], row["plan_rules"]), _NOTHING)
    own = row["plan_overrides"].get(plan_id, {})
    return {
        **said,
        "id": row["id"],
        "name": row["name"],
        "kinds": sorted({*said["kinds"], *meanwhile}),
        "agreed": sorted(meanwhile),
        "otherwise": [f"{step}.{name}" for step, names in own.items() for name in names],
    }


def _why(plan_id: str, own: dict[str, str], rules: Sequence[PlanRule] | None) -> Row | None:
    if rules is None:
        return None
    alarms = plan_choice.serves(own, rules, plan_id)
    standard = any(
        standard_plans.plan_id({}, *alarm) == standard_plans.plan_id(own, *alarm) == plan_id
        for alarm in alarms
    )
    return {
        "kinds": sorted({Kind(kind) for kind, _ in alarms}),
        "own": sorted(name for name, plan in own.items() if plan == plan_id),
        "rules": sum(rule.plan == plan_id for rule in rules),
        "standard": standard,
    }
