"""A published plan's standing: in use or withdrawn, and what keeps it from being withdrawn. Pure.

A withdrawn plan is offered nowhere and can't be followed; its versions stay, and the incidents that
were opened with it go on with their own copy (invariant 7).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from callflow.core.plans import standard

#: Sites that are named where a plan can't be withdrawn; the others are only counted.
NAMED = 3

STANDARD = "alarms fall back on this plan wherever nothing else is chosen: it stays"
FOLLOWED = "sites follow this plan: have them follow another one first"


class Standing(StrEnum):
    """What a published plan is."""

    IN_USE = "in_use"
    WITHDRAWN = "withdrawn"  # nobody may follow it until it is brought back


def named(site_plans: Mapping[str, str], rules: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The ids of the plans that a site names, whatever the alarm, the hour and the zone; its
    ``rules`` as they are kept."""
    return frozenset(site_plans.values()) | {str(rule.get("plan", "")) for rule in rules}


def why_kept(plan_id: str, followers: Sequence[str], count: int) -> tuple[str, str] | None:
    """Why a plan can't be withdrawn, and on account of what; None: it can be.

    ``followers`` are names of sites that follow it, the first ones of ``count``.
    """
    if plan_id in standard.FALLBACKS or plan_id in {plan.id for plan in standard.EDITED}:
        return STANDARD, plan_id
    if count:
        return FOLLOWED, few(followers, count)
    return None


def few(names: Sequence[str], count: int) -> str:
    """The first of ``names``, and how many there are where that is more."""
    shown = ", ".join(names[:NAMED])
    return shown if count <= len(names[:NAMED]) else f"{shown}, … ({count})"
