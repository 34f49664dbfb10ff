"""Rows of filed incidents and of calls whose time is over, and the words of the logbook on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)

from callflow.core.alarms.incident import State
from callflow.core.calls.call import CallState
from callflow.core.messages.outbox import MessageState
from callflow.core.records.erasure import GONE
from callflow.core.records.logbook import COVERED, MACHINE, Entry, entry_hash
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found
from callflow.storage.records import words
from callflow.storage.records.logbook import of_incident
from callflow.storage.schema.alarms import ALONE
from callflow.storage.schema.logbook import UNCOVERED

#: What goes with an incident, whoever refers to another before it. Its signals have an end of
#: their own (``Kept.SIGNALS``).
PARTS: tuple[Table, ...] = (
    t.verification,
    t.service_call,
    t.service_report,
    t.image,
    t.proof,
    t.peer_notice,
    t.outbox,
    t.document,
    t.task,
    t.call_back,
    t.measure,
    t.visit,
    t.promise,
    t.signature,
    t.fault,
)
#: What was counted of an incident goes with it; these refer to it without a key.
FIGURES: tuple[Table, ...] = (t.operator_figure, t.incident_figure)
_ENDED = [
    state.value
    for state in (
        MessageState.SENT,
        MessageState.FAILED,
        MessageState.CANCELLED,
        MessageState.SHADOW,
    )
]
#: What goes with a call.
CALL_PARTS: tuple[Table, ...] = (t.recording, t.spoken, t.call_action)


def _is_over(incident: Any, before: datetime) -> ColumnElement[bool]:
    """True where an incident is filed since, and held by nobody. By its opening, which has an
    index: what was closed before then was opened before."""
    held = select(t.legal_hold.c.incident_id).where(t.legal_hold.c.lifted_at.is_(None))
    return and_(
        incident.c.opened_at < before,
        incident.c.state == State.FILED.value,
        or_(incident.c.closed_at.is_(None), incident.c.closed_at < before),
        incident.c.id.not_in(held),
    )


def due_incidents(before: datetime) -> Select[Any]:
    """Incidents that nothing keeps: ``id``. One of whose calls spoke for another incident (D10)
    goes when that one may go too."""
    c = t.incident.c
    call, led, other = t.call.alias(), t.call.alias(), t.incident.alias()
    spoke = exists().where(
        call.c.incident_id == c.id,
        led.c.leader == call.c.id,
        other.c.id == led.c.incident_id,
        ~_is_over(other, before),
    )
    query = select(c.id).where(_is_over(t.incident, before), ~spoke)
    return query.order_by(c.opened_at, c.id)


def due_calls(before: datetime) -> Select[Any]:
    """Calls of no incident that spoke for none, and of which nobody has something to listen to."""
    c, led, i = t.call.c, t.call.alias(), t.instruction.c
    unheard = exists().where(
        t.spoken.c.call_id == c.id,
        i.voice == t.spoken.c.name,
        i.transcriber.is_(None),
        i.withdrawn_at.is_(None),
    )
    query = select(c.id).where(ALONE, c.ended_at < before, c.state == CallState.ENDED.value)
    return query.where(~exists().where(led.c.leader == c.id), ~unheard).order_by(c.ended_at)


def due_call_backs(before: datetime) -> Select[Any]:
    """Who was called back, where it was of no incident."""
    c = t.call_back.c
    of_none = _none(c.incident_id)
    return select(c.id).where(c.ended_at < before, of_none).order_by(c.ended_at)


def due_messages(before: datetime) -> Select[Any]:
    """Messages of no incident that were sent, or given up."""
    c = t.outbox.c
    of_none = _none(c.incident_id), _none(c.task_id)
    return select(c.id).where(c.state.in_(_ENDED), c.due_at < before, c.ended_at < before, *of_none)


def _none(column: Column[str]) -> ColumnElement[bool]:
    """It is null. The concatenation keeps its index out of it: very many are."""
    return (column + "").is_(None)


def due_entries(before: datetime) -> Select[Any]:
    """Entries of no incident that still say something: ``number``."""
    return select(t.logbook.c.number).where(UNCOVERED, t.logbook.c.at < before)


def lock_incidents(tx: Tx, incident_ids: Sequence[str], before: datetime) -> list[str]:
    """Those of them that nothing keeps now, and nobody holds or changes until the commit."""
    c = t.incident.c
    tx.execute(select(c.id).where(c.id.in_(incident_ids)).order_by(c.id).with_for_update()).all()
    return list(tx.execute(due_incidents(before).where(c.id.in_(incident_ids))).scalars())


def calls_of(tx: Tx, incident_ids: Sequence[str]) -> list[str]:
    """The calls of these incidents."""
    query = select(t.call.c.id).where(t.call.c.incident_id.in_(incident_ids))
    return list(tx.execute(query).scalars())


def let_signals_go(tx: Tx, incident_ids: Sequence[str], limit: int) -> int:
    """So many signals are of no incident any more; how many."""
    c = t.signal.c
    some = select(c.number).where(c.incident_id.in_(incident_ids)).limit(limit)
    numbers = list(tx.execute(some).scalars())
    tx.execute(update(t.signal).where(c.number.in_(numbers)).values(incident_id=None))
    return len(numbers)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file by what it is kept as: a call's or an image's id, or the name of what was said."""

    name: str
    path: str  # relative to its folder; "": there is none
    node: str  # whose disk it is on; "": any machine's


def files_of_calls(tx: Tx, calls: Sequence[str]) -> tuple[list[KeptFile], list[KeptFile]]:
    """What was recorded in these calls, and what was said."""
    r, s, node = t.recording.c, t.spoken.c, t.call.c.node
    recorded = select(r.call_id.label("name"), r.path, node).join(t.call, t.call.c.id == r.call_id)
    said = select(s.name, s.path, node).join(t.call, t.call.c.id == s.call_id)
    return (
        found(tx, recorded.where(r.call_id.in_(calls)), KeptFile),
        found(tx, said.where(s.call_id.in_(calls)), KeptFile),
    )


def images_of(tx: Tx, incident_ids: Sequence[str]) -> list[KeptFile]:
    """The stills and clips of these incidents."""
    c = t.image.c
    query = select(c.id.label("name"), c.path, literal("").label("node"))
    return found(tx, query.where(c.incident_id.in_(incident_ids)), KeptFile)


def documents_of(tx: Tx, incident_ids: Sequence[str]) -> list[KeptFile]:
    """The documents of these incidents."""
    c = t.document.c
    query = select(c.id.label("name"), c.path, literal("").label("node"))
    return found(tx, query.where(c.incident_id.in_(incident_ids)), KeptFile)


_KEPT = t.document.c.path != ""


def due_documents(before: datetime) -> Select[Any]:
    """Documents of no incident that have a file."""
    c = t.document.c
    return _document_files(_KEPT, c.made_at < before, c.incident_id.is_(None))


def _document_files(*those: ColumnElement[bool]) -> Select[Any]:
    c = t.document.c
    query = select(c.id.label("name"), c.path, literal("").label("node"))
    return query.where(*those).order_by(c.made_at)


def documents_with_stills(before: datetime) -> Select[Any]:
    """Documents with images of cameras in them, which have an end of their own."""
    c = t.document.c
    return _document_files(_KEPT, c.stills > 0, c.made_at < before)


def documents_at(tx: Tx, site_ids: Sequence[str]) -> list[KeptFile]:
    """Documents about these sites that have a file."""
    c, i = t.document.c, t.incident.c
    there = select(i.id).where(i.site_id.in_(site_ids))
    about = or_(c.site_id.in_(site_ids), c.incident_id.in_(there))
    return found(tx, _document_files(_KEPT, about), KeptFile)


def forget_documents(tx: Tx, names: Sequence[str]) -> None:
    """Their rows name no file any more."""
    query = update(t.document).where(t.document.c.id.in_(names))
    tx.execute(query.values(path="", sha256=None))


def delete_calls(tx: Tx, calls: Sequence[str]) -> None:
    """These calls and what belongs to them; where others name them they name nothing."""
    theirs = select(t.spoken.c.name).where(t.spoken.c.call_id.in_(calls))
    names = list(tx.execute(theirs).scalars())
    tx.execute(update(t.instruction).where(t.instruction.c.voice.in_(names)).values(voice=None))
    named = update(t.verification).where(t.verification.c.call_id.in_(calls))
    tx.execute(named.values(call_id=None))
    for part in CALL_PARTS:
        tx.execute(delete(part).where(part.c.call_id.in_(calls)))
    words.voices_changed(tx, names)
    tx.execute(delete(t.call).where(t.call.c.id.in_(calls)))


def delete_parts(tx: Tx, incident_ids: Sequence[str], now: datetime) -> None:
    """What belongs to these incidents, but for their calls; what goes on is of none any more."""
    m, b = t.measure, t.call_back
    goes_on = (
        (m, m.c.lifted_at.is_(None) & (m.c.ends_at > now)),
        (b, b.c.ended_at.is_(None)),
        (t.fault, t.fault.c.ended_at.is_(None)),
    )
    for table, so in goes_on:
        of_them = update(table).where(table.c.incident_id.in_(incident_ids), so)
        tx.execute(of_them.values(incident_id=None))
    gone = select(m.c.id).where(m.c.incident_id.in_(incident_ids))
    tx.execute(delete(t.measure_report).where(t.measure_report.c.measure_id.in_(gone)))
    for part in (*PARTS, *FIGURES):
        tx.execute(delete(part).where(part.c.incident_id.in_(incident_ids)))


def delete_incidents(tx: Tx, incident_ids: Sequence[str]) -> None:
    """These incidents, and holds that were lifted."""
    hold = t.legal_hold.c
    lifted = delete(t.legal_hold).where(hold.incident_id.in_(incident_ids))
    tx.execute(lifted.where(hold.lifted_at.is_not(None)))
    tx.execute(delete(t.incident).where(t.incident.c.id.in_(incident_ids)))


def delete_rows(tx: Tx, table: Table, ids: Sequence[str]) -> None:
    """These rows, and the proofs of messages among them."""
    if table is t.outbox:
        tx.execute(delete(t.proof).where(t.proof.c.message_id.in_(ids)))
    tx.execute(delete(table).where(table.c.id.in_(ids)))


def forget_notes(tx: Tx, before: datetime) -> None:
    """What a shift left for the next, and what could be taken back for some seconds."""
    s, u = t.shift.c, t.undo.c
    tx.execute(update(t.shift).where(s.ended_at < before, s.note != "").values(note=""))
    tx.execute(delete(t.undo).where(u.at < before))


def entries_of(tx: Tx, incident_ids: Sequence[str], limit: int) -> list[Entry]:
    """Entries of these incidents that still say something."""
    query = select(t.logbook).where(of_incident(incident_ids))
    return found(tx, query.order_by(t.logbook.c.number).limit(limit), Entry)


def old_entries(tx: Tx, before: datetime, limit: int) -> list[Entry]:
    """Entries of no incident that still say something, the oldest first."""
    some = due_entries(before).order_by(t.logbook.c.at).limit(limit)
    return found(tx, select(t.logbook).where(t.logbook.c.number.in_(some)), Entry)


def cover(tx: Tx, said: Sequence[Entry]) -> dict[str, list[str]]:
    """These entries say nothing any more: {its id: [its hash, what is left's]}."""
    left: dict[str, Any] = {"site": None, "incident": None, "who": MACHINE, "kind": COVERED}
    left |= {"text": GONE, "data": {}, "salt": ""}
    numbers = [entry.number for entry in said]
    tx.execute(update(t.logbook).where(t.logbook.c.number.in_(numbers)).values(**left))
    words.again(tx, numbers)
    return {each.id: [each.hash, entry_hash(replace(each, **left))] for each in said}
