"""A service's call: the operator's desk first, the service's line once somebody took it (D23).

Both meet in a conference. Nothing is played to the service: it hears a person, or nobody.
"""

from collections.abc import Sequence
from datetime import datetime

from callflow import ids
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, Dialogue, Outcome
from callflow.core.calls.phones import is_phone
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions.directory import ServiceCall, ServiceLine, masked
from callflow.core.interventions.law import Gate, Service
from callflow.handling.alarms.acting import let_go, request_call
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.calls.phones import phone_of
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.interventions import services

#: Seconds that a desk phone rings; that a service is given to answer: it may have a queue.
_DESK_RING, _SERVICE_RING = 25.0, 120.0


def ask(
    tx: Tx,
    incident: Incident,
    line: ServiceLine,
    who: str,
    gate: Gate,
    override_reason: str,
    now: datetime,
) -> str:
    """Ring ``who``'s desk, to be put through to ``line``; the request's id. Raises Refused."""
    desks = _desks(tx, who)
    if not desks:
        raise Refused("no desk phone is set: the service can't be put through to anybody")
    made = calls.of_incident(tx, incident.id)
    if any(call.meaning.service and call.ended_at is None for call in made):
        raise Refused("a service is being called for this incident: end that call first")
    asked = ServiceCall(
        id=ids.new(now),
        incident_id=incident.id,
        service=line.service,
        line_name=line.name,
        number=line.number,
        requester=who,
        gate=gate.reason,
        override_reason=override_reason,
        requested_at=now,
    )
    services.insert_call(tx, asked)
    told = {"service": line.service.value, "line": line.name, "gate": gate.reason.value}
    tell(tx, "service_asked", now, incident, who_did=who, note=override_reason, **told)
    _ring(tx, incident, asked, desks, now)
    return asked.id


def _desks(tx: Tx, who: str) -> list[str]:
    """Where whoever asked is rung: their own phone first, then the desks'."""
    own = phone_of(tx, who)
    return [*([own.name] if own else []), *load_policy(tx).desk.desk_phones]


def _ring(
    tx: Tx, incident: Incident, asked: ServiceCall, desks: Sequence[str], now: datetime
) -> bool:
    """Ring the first desk that was not rung for this, a free one where there is any."""
    tried = {call.to for call in calls.for_room(tx, asked.id)}
    busy = calls.live_to(tx, desks)
    left = sorted((desk for desk in desks if desk not in tried), key=lambda desk: desk in busy)
    if not left:
        return False
    request_call(
        tx,
        load_policy(tx),
        incident,
        now,
        step=Purpose.SERVICE_DESK,
        to=left[0],
        attempt=len(tried) + 1,
        dialogue=Dialogue.PHONE if is_phone(left[0]) else Dialogue.DESK,
        ring_time=_DESK_RING,
        priority=0,
        room=asked.id,
        requester=asked.requester,
    )
    return True


def asked_service(tx: Tx, call: Call) -> Service | None:
    """The service that a desk phone rings for."""
    asked = services.call(tx, call.room or "") if call.purpose is Purpose.SERVICE_DESK else None
    return asked.service if asked else None


def desk_took(tx: Tx, desk: Call, now: datetime) -> None:
    """Somebody at the desk is there: the service is dialled into the same conference, once."""
    asked = services.call(tx, desk.room or "")
    incident = calls.incident_of(tx, desk)
    if asked is None or incident is None:
        return
    tell(tx, "desk_taken", now, incident, to=desk.operator or desk.to)
    if incident.state is not State.OPEN:
        let_go(tx, desk, now)
        return
    call_id = ids.of_call(now)
    if not services.dialled(tx, asked.id, call_id):
        return
    request_call(
        tx,
        load_policy(tx),
        incident,
        now,
        step=Purpose.SERVICE,
        to=asked.number,
        attempt=1,
        dialogue=Dialogue.SERVICE,
        ring_time=_SERVICE_RING,
        priority=0,
        room=asked.id,
        call_id=call_id,
        requester=asked.requester,
    )
    told = {"line": asked.line_name, "to": masked(asked.number), "call": call_id}
    tell(tx, "service_dialled", now, incident, who_did=asked.requester, **told)


def leave(tx: Tx, call: Call, now: datetime) -> None:
    """One of the two went: the other is let go; a desk that nobody took hands on to the next."""
    if call.purpose is Purpose.SERVICE_DESK and call.result is not Outcome.OPERATOR:
        _next_desk(tx, call, now)
        return
    for other in calls.for_room(tx, call.room):
        if other.id != call.id:
            let_go(tx, other, now)


def _next_desk(tx: Tx, call: Call, now: datetime) -> None:
    asked = services.call(tx, call.room or "")
    incident = calls.incident_of(tx, call)
    if asked is None or incident is None or incident.state is not State.OPEN:
        return
    if not _ring(tx, incident, asked, _desks(tx, asked.requester), now):
        tell(tx, "service_untaken", now, incident, line=asked.line_name)
