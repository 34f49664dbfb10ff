"""An end of a call that could not be stored, for a fault of ours in what follows from it.

Its row ends all the same: it would stand in the way of every other call to its number, until
somebody begins telephony again. A human is told.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from callflow.core.calls.call import CallState, Outcome
from callflow.core.interventions.directory import told_as
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.alarms.deciding import decide
from callflow.handling.alarms.group_calls import let_followers_go
from callflow.handling.base.telling import tell
from callflow.storage import AWAY, Tx, savepoint
from callflow.storage.calls import calls

log = logging.getLogger(__name__)

_DETAIL = "what follows from its end failed"


def call_end_failed(tx: Tx, call_id: str, *, outcome: Outcome, now: datetime) -> None:
    """The call ends with what its dialogue concluded, else with ``outcome``, whatever else of its
    end can't be done."""
    call = calls.get(tx, call_id, lock=True)
    if call is None or not call.live:
        return
    final, incident = call.result or outcome, call.incident_id
    calls.change(tx, call_id, state=CallState.ENDED, outcome=final, detail=_DETAIL, ended_at=now)

    def told() -> None:
        incident = calls.incident_of(tx, call, lock=True)
        fields = {"to": told_as(call), "outcome": final, "detail": _DETAIL, "call": call_id}
        tell(tx, "call_ended", now, incident, **fields)
        if incident is not None:
            hand_to_human(tx, incident, Outcome.ERROR.value, now)

    _if_it_can_be(tx, call_id, told)
    _if_it_can_be(tx, call_id, lambda: let_followers_go(tx, call))
    if incident:
        _if_it_can_be(tx, call_id, lambda: decide(tx, incident, now))


def _if_it_can_be(tx: Tx, call_id: str, work: Callable[[], None]) -> None:
    try:
        with savepoint(tx):
            work()
    except AWAY:
        raise
    except Exception:
        log.exception("what follows from the end of call %s failed", call_id)
