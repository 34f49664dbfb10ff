"""Plans that are withdrawn: no site is made to follow one, and nobody writes it anew.

Each check counts until its transaction ends: whoever withdraws the plan waits for that, and then
sees who follows it.
"""

from collections.abc import Collection

from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.storage import Tx
from callflow.storage.engine import locks
from callflow.storage.plans import plans

NOT_CHOSEN = "this plan is withdrawn: choose another one, or have it brought back first"
NOT_CHANGED = "this plan is withdrawn: bring it back first"


def must_be_in_use(tx: Tx, plan_id: str) -> None:
    """Raises Refused where the plan is withdrawn."""
    locks.share(tx, locks.Lock.PLAN, [plan_id])
    if plans.withdrawals(tx, [plan_id]):
        raise Refused(NOT_CHANGED, plan_id)


def check_chosen(tx: Tx, chosen: Collection[tuple[str, str]]) -> None:
    """``chosen`` are (field, plan): plans that a site is to follow, each with the field that names
    it. Raises BadField where one is withdrawn."""
    ids = frozenset(plan_id for _, plan_id in chosen)
    locks.share(tx, locks.Lock.PLAN, ids)
    gone = plans.withdrawals(tx, ids) if ids else {}
    for field, plan_id in chosen:
        if plan_id in gone:
            raise BadField(field, NOT_CHOSEN, plan_id)
