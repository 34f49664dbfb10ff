"""Calls that try something, to a number that the dial policy allows: a trunk with a call over it
alone, an announcement with a call that says it. A key of whoever answers proves both directions."""

from collections.abc import Mapping
from datetime import datetime

from callflow.core.calls.call import Call, Dialogue
from callflow.core.calls.purpose import Purpose
from callflow.handling.alarms.acting import request_call
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.calls import dialling
from callflow.storage import Tx
from callflow.storage.calls import calls

#: Calls of one test at a time wait for no channel of alarms.
_PRIORITY = 4
#: Tests of announcements among which those of one are looked for.
_LATELY = 100


def request_test(
    tx: Tx, trunk: str, number: str, by: str, now: datetime, *, language: str = "fr"
) -> str:
    """Ask for a call to ``number`` (E.164) over ``trunk``, in a language; its id.

    Raises NotFound, Refused. The gate just before the trunk asks again: what is refused here is
    said to whoever asks.
    """
    policy = load_policy(tx)
    known = {one.name: one for one in policy.trunks}
    if trunk not in known:
        raise NotFound("there is no such trunk")
    if not known[trunk].enabled:
        raise Refused("this trunk is switched off in the configuration: no call goes over it")
    call_id = _request(tx, policy, number, by, now, Purpose.TRUNK_TEST, {"language": language})
    # Every other one counts as tried: a trunk that fails its test hands the call on to none.
    calls.change(tx, call_id, tried=[name for name in known if name != trunk])
    tell(tx, "trunk_tested", now, by=by, who_did=by, trunk=trunk, to=number, call=call_id)
    return call_id


def say_announcement(
    tx: Tx,
    name: str,
    language: str,
    number: str,
    by: str,
    now: datetime,
    *,
    node: str,
    words: str,
) -> str:
    """Ask for a call from ``node``, which has the recording, that says an announcement to
    ``number`` (E.164); its id. ``words``: what it says, for the logbook. Raises Refused."""
    wanted = {"language": language, "announcement": name}
    call_id = _request(tx, load_policy(tx), number, by, now, Purpose.ANNOUNCEMENT_TEST, wanted)
    calls.change(tx, call_id, node=node)
    told = {"name": words, "language": language, "to": number, "call": call_id}
    tell(tx, "announcement_tried", now, None, by=by, who_did=by, **told)
    return call_id


def _request(
    tx: Tx,
    policy: Policy,
    number: str,
    by: str,
    now: datetime,
    step: str,
    wanted: Mapping[str, str],
) -> str:
    why, _ = dialling.tried(tx, number, policy, now, by_person=False)
    if why is not None:
        raise Refused(why)
    if calls.live_of(tx, number) is not None:
        raise Refused("this number is being called: try again when that call is over")
    call = request_call(
        tx,
        policy,
        None,
        now,
        step=step,
        to=number,
        attempt=1,
        dialogue=Dialogue.MESSAGE,
        ring_time=policy.ring_time,
        priority=_PRIORITY,
        requester=by,
        wanted=wanted,
    )
    return call.id


def last_tests(tx: Tx, *, limit: int) -> list[tuple[Call, str]]:
    """The newest tests of trunks, the newest first, each with the trunk that was asked for."""
    trunks = [trunk.name for trunk in load_policy(tx).trunks]
    return [
        (call, next((name for name in trunks if name not in call.tried), call.trunk))
        for call in calls.of_kind(tx, Purpose.TRUNK_TEST, limit=limit)
    ]


def last_said(tx: Tx, name: str, *, limit: int) -> list[Call]:
    """The newest calls that said an announcement to try it, the newest first."""
    lately = calls.of_kind(tx, Purpose.ANNOUNCEMENT_TEST, limit=_LATELY)
    return [call for call in lately if (call.wanted or {}).get("announcement") == name][:limit]
