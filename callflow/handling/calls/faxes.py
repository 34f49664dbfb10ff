"""A document by fax: the call that takes it to the machine, and what becomes of the message.

A message of channel *fax* is claimed by a telephony process, which draws its pages and asks for a
call here. While that call lives the message is *sending*; the call's end, or before it what its fax
session said, is the try's. One try is one call (and those that it goes on as over other trunks).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow.core.calls.call import Call, Dialogue, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.messages.fax import PRIORITY, Manner, Report, Sending, manner
from callflow.core.messages.outbox import (
    Channel,
    Claimed,
    Fault,
    Message,
    MessageState,
    Undelivered,
)
from callflow.core.messages.proof import Receipt, Stage
from callflow.core.records.documents import Document
from callflow.handling.alarms.acting import request_call
from callflow.handling.base.policy import STATION_NAME, load_policy
from callflow.handling.base.telling import storable
from callflow.handling.messages import delivery
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.interventions import services
from callflow.storage.messages import outbox
from callflow.storage.records import documents
from callflow.storage.sites import contacts

#: To draw its pages in; whoever dies of it leaves the message to the next one.
DRAWN_WITHIN = timedelta(minutes=3)
#: A message whose call is under way is looked at again after so long.
_CALL_LIVES = timedelta(minutes=10)
#: A fax machine may ring so many times as long as a person's phone: some stand behind one.
_RINGS = 2.0
#: The waits are long and few: none is varied.
_JITTER = 0.5

_FAULTS: Mapping[Outcome, Fault] = {
    Outcome.BUSY: Fault.BUSY,
    Outcome.NO_ANSWER: Fault.TIMEOUT,
    Outcome.REFUSED: Fault.REFUSED,
    Outcome.UNREACHABLE: Fault.UNREACHABLE,
    Outcome.NO_NUMBER: Fault.FORBIDDEN,  # the dial policy
    Outcome.TRUNK_FAILURE: Fault.NO_LINE,
    Outcome.UNKNOWN: Fault.UNKNOWN,
    Outcome.ERROR: Fault.INTERNAL,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fax:
    """What a call that was answered by a fax machine is to send, and how. ``number``: what it says
    it comes from (E.164)."""

    message: str
    manner: Manner
    number: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressed:
    """What its cover says of a fax. ``number``: of the station, to be called back (E.164);
    ``name``: whose machine it is, "" where nobody's any more; ``document``: what follows."""

    station: str
    number: str
    name: str
    reference: str
    document: Document | None


def addressed(tx: Tx, message: Message) -> Addressed:
    """What is said on its cover, and what follows that."""
    names = contacts.names_of_faxes(tx, [message.to]) or services.names_of_faxes(tx, [message.to])
    return Addressed(
        station=STATION_NAME,
        number=load_policy(tx).trunks[0].human_number,
        name=", ".join(names),
        reference=str(message.data.get("account") or ""),
        document=documents.get(tx, message.document_id) if message.document_id else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A declared fax machine (E.164)."""

    name: str
    number: str


def fax_machines(tx: Tx, site_id: str | None) -> list[Machine]:
    """Those of a site's people and firms, then the services'."""
    people = contacts.called(tx, site_id) if site_id else []
    own = [Machine(name=one.name, number=one.fax) for one in people if one.fax]
    lines = [Machine(name=name, number=number) for name, number in services.with_fax(tx)]
    return list(dict.fromkeys([*own, *lines]))


def claim(tx: Tx, now: datetime, limit: int) -> list[Claimed]:
    """Faxes that are due, for ``DRAWN_WITHIN`` the caller's to draw. None whose call lives."""
    found = delivery.claim_messages(tx, now, {Channel.FAX: limit}, lease=DRAWN_WITHIN)
    claimed = []
    for message in found:
        if _call_of(tx, message) is None:
            claimed.append(message)
        else:  # that claim was none
            kept = replace(message, attempts=message.attempts - 1)
            outbox.hold(tx, kept, now + _CALL_LIVES)
    return claimed


def _call_of(tx: Tx, message: Message) -> Call | None:
    """The live call that a message waits for."""
    live = calls.live_to_number(tx, message.to)
    return next((call for call in live if _message_id(call) == message.id), None)


def _message_id(call: Call) -> str:
    """The message that a call takes; "" where it takes none."""
    return str((call.wanted or {}).get("fax", "")) if call.purpose is Purpose.FAX else ""


def under_way(tx: Tx, node: str) -> int:
    """How many faxes a node's calls take now, or are to take next."""
    return calls.live_of_step(tx, node, Purpose.FAX)


def request(tx: Tx, message: Claimed, pages: int, now: datetime, *, node: str) -> str | None:
    """Its ``pages`` are drawn, on ``node``: ask for the call; its id. None: somebody else has the
    message by now."""
    current = outbox.get(tx, message.id)
    if current is None or not _is_mine(current, message):
        return None
    sending = replace(Sending.of(current.data), pages=pages)
    held = replace(current, data=sending.into(current.data))
    outbox.hold(tx, held, now + _CALL_LIVES)
    incident = incidents.get(tx, current.incident_id) if current.incident_id else None
    policy = load_policy(tx)
    call = request_call(
        tx,
        policy,
        incident,
        now,
        step=Purpose.FAX,
        to=current.to,
        attempt=current.attempts,
        dialogue=Dialogue.FAX,
        ring_time=_RINGS * policy.ring_time,
        priority=PRIORITY,
        requester=sending.by,
        wanted={"fax": current.id},
    )
    calls.change(tx, call.id, node=node)
    return call.id


def _is_mine(current: Message, message: Claimed) -> bool:
    return current.state is MessageState.SENDING and current.attempts == message.attempts


def not_drawn(tx: Tx, message: Claimed, failure: Undelivered, now: datetime) -> None:
    """Its pages could not be drawn."""
    _failed(tx, message, Sending.of(message.data), failure, now)


def to_send(tx: Tx, call_id: str) -> Fax | None:
    """What a call takes that was answered; None: nothing (any more)."""
    call = calls.get(tx, call_id)
    message = outbox.get(tx, _message_id(call)) if call else None
    if call is None or message is None or message.state is not MessageState.SENDING:
        return None
    trunks = {trunk.name: trunk for trunk in load_policy(tx).trunks}
    used = trunks.get(call.trunk)
    return Fax(
        message=message.id,
        manner=manner(Sending.of(message.data).bad),
        number=used.machine_number if used else "",
    )


def reported(tx: Tx, call_id: str, report: Report, now: datetime) -> None:
    """A call's fax session is over. Said once."""
    call = calls.get(tx, call_id, lock=True)
    if call is None or call.purpose is not Purpose.FAX or call.result is not None:
        return
    message = outbox.get(tx, _message_id(call))
    pages = Sending.of(message.data).pages if message else 0
    passed = report.passed and report.pages >= pages
    result = Outcome.FAXED if passed else Outcome.NOT_FAXED
    calls.change(tx, call_id, result=result)
    if message is not None:
        _settle(tx, message, call, result, storable(report.text(pages)), now)


def call_over(tx: Tx, call: Call, now: datetime, *, goes_on: bool = False) -> None:
    """A call has ended: where it took a fax, that try has, unless it goes on over another trunk.
    What its session said before that counts."""
    if call.purpose is not Purpose.FAX or goes_on or call.result is not None:
        return
    message = outbox.get(tx, _message_id(call))
    if message is not None:
        _settle(tx, message, call, call.outcome or Outcome.UNKNOWN, call.detail, now)


def _settle(
    tx: Tx, message: Message, call: Call, outcome: Outcome, text: str, now: datetime
) -> None:
    if outcome is Outcome.FAXED:
        receipt = Receipt(stage=Stage.DELIVERED, text=text, reference=call.id)
        delivery.message_sent(tx, message.id, now, receipt)
        return
    fault = _FAULTS.get(outcome, Fault.BAD_LINE)  # answered, and no page, or not each, passed
    _failed(tx, message, Sending.of(message.data), Undelivered(fault, text), now)


def _failed(
    tx: Tx, message: Message, sending: Sending, failure: Undelivered, now: datetime
) -> None:
    if message.state is not MessageState.SENDING:
        return
    after = sending.after(failure.fault)
    outbox.hold(tx, replace(message, data=after.into(message.data)), message.due_at)
    delivery.message_failed(
        tx,
        message.id,
        message.attempts,
        failure,
        now,
        jitter=_JITTER,
        last=sending.is_last(failure.fault),
        fax_wait=timedelta(seconds=load_policy(tx).fax_wait),
    )
