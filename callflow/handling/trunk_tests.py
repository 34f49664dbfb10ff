"""A trunk tried with a real call: over this one alone, to a number that the dial policy allows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callflow.call import TRUNK_STEP
from callflow.handling import dialling
from callflow.handling.acting import request_call
from callflow.handling.policy import load_policy
from callflow.handling.refusals import NotFound, Refused
from callflow.handling.telling import tell
from callflow.storage import Tx, calls

Row = dict[str, Any]

#: What the person who answers hears; a key of theirs then proves both directions.
SITE, TEXT = (
    "essai d'un lien opérateur",
    "Cet appel essaie un lien opérateur de la station. Il n'y a pas d'alarme.",
)
#: Calls of one test at a time wait for no channel of alarms.
_PRIORITY = 4


def request_test(tx: Tx, trunk: str, number: str, by: str, now: datetime) -> str:
    """Ask for a call to ``number`` (E.164) over ``trunk``; its id. Raises NotFound, Refused.

    The gate just before the trunk asks again: what is refused here is said to whoever asks.
    """
    policy = load_policy(tx)
    known = {one.name: one for one in policy.trunks}
    if trunk not in known:
        raise NotFound("there is no such trunk")
    if not known[trunk].enabled:
        raise Refused("this trunk is switched off in the configuration: no call goes over it")
    why, _ = dialling.tried(tx, number, policy, now, by_person=False)
    if why is not None:
        raise Refused(why)
    if calls.live_of(tx, number) is not None:
        raise Refused("this number is being called: try again when that call is over")
    call_id = request_call(
        tx,
        policy,
        None,
        now,
        step=TRUNK_STEP,
        to=number,
        attempt=1,
        dialogue="message",
        ring_time=policy.ring_time,
        priority=_PRIORITY,
        requester=by,
    )
    # Every other one counts as tried: a trunk that fails its test hands the call on to none.
    calls.change(tx, call_id, tried=[name for name in known if name != trunk])
    tell(tx, "trunk_tested", now, by=by, who_did=by, trunk=trunk, to=number, call=call_id)
    return call_id


def last_tests(tx: Tx, *, limit: int) -> list[Row]:
    """The newest tests, the newest first, each with the ``asked`` trunk."""
    policy = load_policy(tx)
    return [
        {
            **row,
            "asked": next((t.name for t in policy.trunks if t.name not in row["tried"]), "")
            or row["trunk"],
        }
        for row in calls.of_kind(tx, TRUNK_STEP, limit=limit)
    ]
