"""A published plan is withdrawn, with a reason, once no site follows it; and brought back."""

import json
from dataclasses import dataclass
from datetime import datetime

from callflow.core.plans import standing
from callflow.core.plans.standing import Standing
from callflow.core.plans.version import Withdrawal
from callflow.handling.base.refusals import Changed, NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.engine import locks
from callflow.storage.plans import plans
from callflow.storage.sites import instructions, sites

MOVED = "somebody published, withdrew or brought back this plan meanwhile: look at it as it is now"


class Moved(Changed):
    """The plan is not as whoever asks knew it; ``revision`` is its present one."""

    def __init__(self, revision: str) -> None:
        super().__init__(revision, MOVED)


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """Of a published plan: who withdrew it, and when (UTC); None of one in use."""

    state: Standing
    version: int  # the newest
    revision: str  # another after each change of these
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    because: str | None = None


def get_standing(tx: Tx, plan_id: str) -> PlanStanding:
    """The standing of a plan: in use, or withdrawn. Raises NotFound."""
    body = sites.plan_body(tx, plan_id)
    if body is None:
        raise NotFound(f"there is no plan {plan_id!r}")
    gone = plans.withdrawals(tx, [plan_id]).get(plan_id)
    if gone is None:
        return PlanStanding(Standing.IN_USE, body["version"], str(body["version"]))
    return PlanStanding(
        Standing.WITHDRAWN,
        body["version"],
        f"{body['version']}-{gone.withdrawn_at.timestamp():.6f}",
        gone.withdrawn_at,
        gone.withdrawn_by,
        gone.because,
    )


def withdraw(
    tx: Tx, plan_id: str, revision: str, why: str, who: str, now: datetime
) -> PlanStanding:
    """Nobody may follow the plan from now on; its standing.

    Refused where the station falls back on it, and while a site follows it: by its plans, its
    rules or an instruction, though it be suspended or to come back. Raises NotFound, Moved,
    Refused.
    """
    reason = _a_reason(why, "say why it is withdrawn: it stands in the audit")
    locks.hold(tx, locks.Lock.PLAN, plan_id)  # who has a site follow it now is waited for, and seen
    found = _unmoved(tx, plan_id, revision)
    if found.state is Standing.WITHDRAWN:
        raise Refused("this plan is withdrawn already")
    kept = why_kept(tx, plan_id, now)
    if kept is not None:
        raise kept
    plans.withdraw(tx, Withdrawal(plan_id, who, now, reason))
    _tell(tx, "plan_withdrawn", plan_id, found.state, reason, who, now)
    return get_standing(tx, plan_id)


def bring_back(
    tx: Tx, plan_id: str, revision: str, why: str, who: str, now: datetime
) -> PlanStanding:
    """The plan may be followed and changed again, as it was; its standing. Raises NotFound, Moved,
    Refused."""
    reason = _a_reason(why, "say why it is brought back: it stands in the audit")
    locks.hold(tx, locks.Lock.PLAN, plan_id)
    found = _unmoved(tx, plan_id, revision)
    if found.state is Standing.IN_USE:
        raise Refused("this plan is not withdrawn")
    plans.bring_back(tx, plan_id)
    _tell(tx, "plan_brought_back", plan_id, found.state, reason, who, now)
    return get_standing(tx, plan_id)


def why_kept(tx: Tx, plan_id: str, now: datetime) -> Refused | None:
    """What would refuse to withdraw a plan that is in use; None: it may be withdrawn."""
    names, count = _followers(tx, plan_id, now)
    kept = standing.why_kept(plan_id, names, count)
    return Refused(*kept) if kept is not None else None


def _a_reason(why: str, missing: str) -> str:
    if not why.strip():
        raise Refused(missing)
    return why.strip()


def _unmoved(tx: Tx, plan_id: str, revision: str) -> PlanStanding:
    found = get_standing(tx, plan_id)
    if found.revision != revision:
        raise Moved(found.revision)
    return found


def _followers(tx: Tx, plan_id: str, now: datetime) -> tuple[list[str], int]:
    """The names of the first sites that follow it or will, and how many do."""
    said = [
        (own, rules)
        for own, rules in plans.choices(tx, ever=True)
        if plan_id in standing.named(json.loads(own), json.loads(rules))
    ]
    agreed = instructions.naming(tx, plan_id, now)
    rows, count = plans.followers(tx, said, agreed, limit=standing.NAMED, ever=True)
    return [f"{row.name} ({row.id})" for row in rows], count


def _tell(
    tx: Tx, kind: str, plan_id: str, before: Standing, because: str, who: str, now: datetime
) -> None:
    after = Standing.WITHDRAWN if before is Standing.IN_USE else Standing.IN_USE
    fields = {"plan_state": [before.value, after.value]}
    tell(tx, kind, now, plan=plan_id, by=who, who_did=who, because=because, fields=fields)
