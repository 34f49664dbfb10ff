"""Rows of what is kept how long, of legal holds, and of what is due to go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, literal, or_, select, update

from callflow.core.alarms.incident import State
from callflow.core.records.retention import Kept, LegalHold, Rule
from callflow.core.signals.signal import Kind
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, first, found
from callflow.storage.records import past, words
from callflow.storage.records.past import KeptFile
from callflow.storage.schema.alarms import KEPT_FILE
from callflow.storage.sites import removed

_R, _H, _I = t.retention.c, t.legal_hold.c, t.incident.c


_RULES = Reads(select(t.retention).order_by(_R.since.desc(), _R.set_at.desc()), Rule)


def rules(tx: Tx) -> list[Rule]:
    """Every rule that was set and not replaced before it began, the newest first."""
    return _RULES.all(tx, {})


def set_rule(tx: Tx, rule: Rule, now: datetime) -> None:
    """A new rule; one for the same that has not begun yet never will."""
    tx.execute(delete(t.retention).where(_R.what == rule.what.value, _R.since > now))
    tx.execute(t.retention.insert().values(**columns(rule)))


# --- legal holds ----------------------------------------------------------------------------


def insert_hold(tx: Tx, hold: LegalHold) -> None:
    """A new legal hold."""
    tx.execute(t.legal_hold.insert().values(**columns(hold)))


def hold(tx: Tx, hold_id: str) -> LegalHold | None:
    """One of them."""
    return first(tx, select(t.legal_hold).where(_H.id == hold_id), LegalHold)


@dataclass(frozen=True, slots=True)
class HeldAlarm:
    """An alarm with the legal hold ``id`` on it."""

    id: str
    incident_id: str
    reason: str
    placed_by: str
    placed_at: datetime
    kind: Kind
    site_id: str | None
    account: str
    opened_at: datetime


def holds(tx: Tx, *, incident_id: str | None = None, limit: int = 500) -> list[HeldAlarm]:
    """Those that hold (of one alarm), the newest first."""
    query = (
        select(
            *(_H.id, _H.incident_id, _H.reason, _H.placed_by, _H.placed_at),
            *(_I.kind, _I.site_id, _I.account, _I.opened_at),
        )
        .join(t.incident, _I.id == _H.incident_id)
        .where(_H.lifted_at.is_(None))
        .order_by(_H.placed_at.desc())
        .limit(limit)
    )
    if incident_id is not None:
        query = query.where(_H.incident_id == incident_id)
    return found(tx, query, HeldAlarm)


def lift_hold(tx: Tx, hold_id: str, by: str, now: datetime) -> None:
    """It holds no more."""
    tx.execute(update(t.legal_hold).where(_H.id == hold_id).values(lifted_by=by, lifted_at=now))


# --- what is due ------------------------------------------------------------------------------


def _bound(incident_id: Any) -> ColumnElement[bool]:
    """True where the alarm keeps what belongs to it: it is not filed, or somebody holds it."""
    held = select(_H.incident_id).where(_H.lifted_at.is_(None))
    kept = or_(_I.state != State.FILED.value, _I.id.in_(held))
    return exists().where(_I.id == incident_id, kept)


def _of_call(call: Any) -> ColumnElement[bool]:
    """True where an alarm keeps what this call left: its own, or one that it spoke for (D10)."""
    other = t.call.alias()
    spoken_for = exists().where(other.c.leader == call.c.id, _bound(other.c.incident_id))
    return or_(_bound(call.c.incident_id), spoken_for)


def due_recordings(before: datetime) -> Select[Any]:
    """Recordings of calls that nothing keeps: ``name``, ``path``, ``node``."""
    c = t.recording.c
    return (
        select(c.call_id.label("name"), c.path, t.call.c.node)
        .join(t.call, t.call.c.id == c.call_id)
        .where(c.checked_at < before, KEPT_FILE["recording"], ~_of_call(t.call))
        .order_by(c.checked_at)
    )


def due_voices(before: datetime) -> Select[Any]:
    """What was said after a tone and nothing keeps, nor waits for a person to listen to it."""
    c, i = t.spoken.c, t.instruction.c
    unheard = exists().where(i.voice == c.name, i.transcriber.is_(None), i.withdrawn_at.is_(None))
    return (
        select(c.name, c.path, t.call.c.node)
        .join(t.call, t.call.c.id == c.call_id)
        .where(c.said_at < before, KEPT_FILE["spoken"], ~_of_call(t.call), ~unheard)
        .order_by(c.said_at)
    )


def due_images(before: datetime) -> Select[Any]:
    """Stills and clips that nothing keeps, of any node: ``name``, ``path``, ``node``."""
    c = t.image.c
    return (
        select(c.id.label("name"), c.path, literal("").label("node"))
        .where(c.taken_at < before, KEPT_FILE["image"], ~_bound(c.incident_id))
        .order_by(c.taken_at)
    )


def due_documents(before: datetime) -> Select[Any]:
    """Documents with images in them that nothing keeps."""
    return past.documents_with_stills(before).where(~_bound(t.document.c.incident_id))


def due_signals(before: datetime) -> Select[Any]:
    """Signals that were correlated and nothing keeps: ``number`` and when they came."""
    c = t.signal.c
    return (
        select(c.number, c.received_at)
        .where(c.received_at < before, c.correlated_at.is_not(None), ~_bound(c.incident_id))
        .order_by(c.received_at)
    )


def due_people(before: datetime) -> Select[Any]:
    """Contacts whom every site let go before then, and that are of no firm: their ``id``."""
    f, link, of = t.former_contact.c, t.site_contact.c, t.firm_member.c
    theirs = f.contact_id == t.contact.c.id
    return (
        select(t.contact.c.id)
        .where(
            exists().where(theirs, f.closed_at < before, f.restored_at.is_(None)),
            ~exists().where(theirs, f.closed_at >= before),
            ~exists().where(link.contact_id == t.contact.c.id),
            ~exists().where(of.contact_id == t.contact.c.id),
            ~exists().where(t.guard_firm.c.contact_id == t.contact.c.id),
        )
        .order_by(t.contact.c.id)
    )


#: What has to be looked for of each kind.
_DUE = {
    Kept.RECORDINGS: (due_recordings, due_voices),
    Kept.IMAGES: (due_images, due_documents),
    Kept.SIGNALS: (due_signals,),
    Kept.PEOPLE: (due_people,),
    Kept.PARTS: (removed.due,),
    Kept.INCIDENTS: (
        past.due_incidents,
        past.due_calls,
        past.due_call_backs,
        past.due_messages,
        past.due_documents,
        past.due_entries,
    ),
}
#: What is counted for people, where not all of it: nobody knows an alarm by its rows.
_COUNTED = {Kept.INCIDENTS: (past.due_incidents, past.due_calls)}


def any_due(tx: Tx, what: Kept, before: datetime) -> bool:
    """True where anything of it is due."""
    return any(tx.execute(due(before).limit(1)).first() is not None for due in _DUE[what])


def count_due(tx: Tx, what: Kept, before: datetime) -> int:
    """How much of it is due; of what is kept with alarms the alarms, and calls of none."""
    queries = _COUNTED.get(what, _DUE[what])
    counts = (select(func.count()).select_from(due(before).subquery()) for due in queries)
    return sum(int(tx.execute(count).scalar_one()) for count in counts)


def due_ids(tx: Tx, query: Select[Any], limit: int) -> list[str]:
    """The ids of the oldest that are due."""
    return list(tx.execute(query.limit(limit)).scalars())


def due_files(tx: Tx, query: Select[Any], limit: int) -> list[KeptFile]:
    """The oldest files that are due."""
    return found(tx, query.limit(limit), KeptFile)


@dataclass(frozen=True, slots=True)
class DueSignal:
    """A signal whose time is over (UTC)."""

    number: int
    received_at: datetime


def oldest_signals(tx: Tx, before: datetime, limit: int) -> list[DueSignal]:
    """The oldest that are due."""
    return found(tx, due_signals(before).limit(limit), DueSignal)


def forget_recordings(tx: Tx, names: Sequence[str], problem: str) -> None:
    """Their rows name no file any more, and say why."""
    query = update(t.recording).where(t.recording.c.call_id.in_(names))
    tx.execute(query.values(path="", sha256=None, problem=problem))


def forget_voices(tx: Tx, names: Sequence[str]) -> None:
    """Their rows name no file any more, nor what a machine wrote down of it."""
    query = update(t.spoken).where(t.spoken.c.name.in_(names))
    tx.execute(query.values(path="", draft=None))
    words.voices_changed(tx, names)


def forget_images(tx: Tx, names: Sequence[str], problem: str) -> None:
    """Their rows name no file any more, and say why."""
    query = update(t.image).where(t.image.c.id.in_(names))
    tx.execute(query.values(path="", sha256=None, problem=problem, link="", detail=""))


def delete_signals(tx: Tx, numbers: Sequence[int]) -> None:
    """They are there no more."""
    tx.execute(delete(t.signal).where(t.signal.c.number.in_(numbers)))


# --- files that are to go ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoomedFile:
    """A file that no row names any more. ``since`` is UTC."""

    number: int
    folder: str  # recordings, images, documents
    node: str  # whose disk; "": any machine's
    path: str  # relative to the folder
    since: datetime


def doom(tx: Tx, folder: str, files: Sequence[KeptFile], now: datetime) -> None:
    """Have these files deleted by whoever has them."""
    values = [
        {"folder": folder, "node": file.node, "path": file.path, "since": now}
        for file in files
        if file.path
    ]
    if values:
        tx.execute(t.doomed_file.insert(), values)


def doomed(tx: Tx, folder: str, node: str, *, limit: int) -> list[DoomedFile]:
    """Files of this folder that this node is to delete, the first first."""
    c = t.doomed_file.c
    query = select(t.doomed_file).where(c.folder == folder, c.node.in_(["", node]))
    return found(tx, query.order_by(c.number).limit(limit), DoomedFile)


def files_gone(tx: Tx, numbers: Sequence[int]) -> None:
    """They are deleted."""
    tx.execute(delete(t.doomed_file).where(t.doomed_file.c.number.in_(numbers)))
