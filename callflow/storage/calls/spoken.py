"""Rows of what people said after a tone in a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from callflow.core.calls.call import VoiceNote
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found

_C = t.spoken.c


def get(tx: Tx, name: str) -> VoiceNote | None:
    """What was said under this name."""
    return first(tx, select(t.spoken).where(_C.name == name), VoiceNote)


def insert(tx: Tx, note: VoiceNote) -> None:
    """It was said, and is kept."""
    tx.execute(t.spoken.insert().values(**columns(note)))


def unsettled(tx: Tx, call_id: str) -> list[str]:
    """What was said in a call and came to nothing yet, the first first."""
    return [row["name"] for row in _UNSETTLED.all(tx, {"call": call_id})]


_UNSETTLED = Prepared(
    select(_C.name)
    .where(_C.call_id == bindparam("call"), _C.settled_at.is_(None))
    .order_by(_C.said_at)
)


def settle(tx: Tx, call_id: str, now: datetime) -> None:
    """All that was said in the call until now is seen to."""
    query = update(t.spoken).where(_C.call_id == call_id, _C.settled_at.is_(None))
    tx.execute(query.values(settled_at=now))


@dataclass(frozen=True, slots=True)
class Undrafted:
    """What no machine tried to write down yet, and the language of whoever said it."""

    name: str
    path: str
    language: str


def undrafted(tx: Tx, node: str) -> list[Undrafted]:
    """What waits on a node to be listened to and was not tried, the first first."""
    i, call, who = t.instruction.c, t.call, t.contact
    query = (
        select(_C.name, _C.path, func.coalesce(who.c.language, "fr").label("language"))
        .join(t.instruction, i.voice == _C.name)
        .join(call, call.c.id == _C.call_id)
        .outerjoin(who, who.c.id == i.asked_by)
        .where(i.transcriber.is_(None), i.withdrawn_at.is_(None))
        .where(_C.drafted_at.is_(None), call.c.node == node)
    )
    return found(tx, query.order_by(_C.said_at), Undrafted)


def draft(tx: Tx, name: str, text: str, now: datetime) -> None:
    """What a machine made of it; "": nothing."""
    query = update(t.spoken).where(_C.name == name)
    tx.execute(query.values(draft=text, drafted_at=now))


def everything(tx: Tx) -> list[VoiceNote]:
    """All that was said."""
    return found(tx, select(t.spoken), VoiceNote)


def of_calls(tx: Tx, call_ids: Sequence[str]) -> list[VoiceNote]:
    """All that was said in these calls, in the order of time."""
    query = select(t.spoken).where(_C.call_id.in_(list(call_ids))).order_by(_C.said_at, _C.name)
    return found(tx, query, VoiceNote)


def named(tx: Tx, names: Sequence[str]) -> dict[str, VoiceNote]:
    """{name: what was said under it}."""
    query = select(t.spoken).where(_C.name.in_(list(names)))
    return {note.name: note for note in found(tx, query, VoiceNote)}
