"""Rows of shifts: who is at the desks, since when, and who was before."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update

from callflow import ids
from callflow.core.desks.shift import Shift
from callflow.core.desks.sound import SoundCheck
from callflow.core.time.hours import Span
from callflow.storage import schema as t
from callflow.storage.engine.locks import Lock, hold
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, first, found


def _shifts() -> Select[Any]:
    """Shifts with whose they are: ``name``, ``role``, ``language``, ``languages``, ``skills``."""
    u = t.user.c
    whose = (u.name, u.role, u.language, u.languages, u.skills)
    return select(t.shift, *whose).join(t.user, u.id == t.shift.c.user_id)


def _ended() -> Select[Any]:
    c = t.shift.c
    return _shifts().where(c.ended_at.is_not(None)).order_by(c.ended_at.desc()).limit(1)


_S = t.shift.c
_RUNNING = Reads(_shifts().where(_S.ended_at.is_(None)).order_by(_S.began_at, t.user.c.name), Shift)
_LAST = Reads(_ended(), Shift)


def running(tx: Tx, user_id: str) -> Shift | None:
    """The shift that this person is on."""
    c = t.shift.c
    return first(tx, _shifts().where(c.user_id == user_id, c.ended_at.is_(None)), Shift)


def on_shift(tx: Tx) -> list[Shift]:
    """Every shift that is running, the longest first."""
    return _RUNNING.all(tx, {})


def begin(tx: Tx, user_id: str, at: datetime) -> str:
    """A person takes up a shift; its id. Who is on one stays on that."""
    lock(tx)
    before = running(tx, user_id)
    if before is not None:
        return before.id
    shift_id = ids.new(at)
    tx.execute(t.shift.insert().values(id=shift_id, user_id=user_id, began_at=at, ended_at=None))
    return shift_id


def end(tx: Tx, shift_id: str, at: datetime, *, note: str = "") -> bool:
    """A shift ends, with a ``note`` for the next; False: it had."""
    lock(tx)
    c = t.shift.c
    ended = tx.execute(
        update(t.shift).where(c.id == shift_id, c.ended_at.is_(None)).values(ended_at=at, note=note)
    )
    return ended.rowcount == 1


def last_ended(tx: Tx, user_id: str | None = None) -> Shift | None:
    """The shift that ended last, of this person or of anybody."""
    if user_id is None:
        return _LAST.first(tx, {})
    return first(tx, _ended().where(t.shift.c.user_id == user_id), Shift)


def spans(tx: Tx, since: datetime, until: datetime) -> list[Span]:
    """When somebody was on shift in that time; a shift that is running ends with it."""
    c = t.shift.c
    there = or_(c.ended_at.is_(None), c.ended_at > since)
    rows = tx.execute(select(c.began_at, c.ended_at).where(c.began_at < until, there))
    return [Span(began, ended or until) for began, ended in rows]


def attend(tx: Tx, at: datetime) -> None:
    """Somebody gave a sign of presence for all who are on shift."""
    tx.execute(update(t.shift).where(t.shift.c.ended_at.is_(None)).values(attended_at=at))


def keep_sound(tx: Tx, shift_id: str, check: SoundCheck, at: datetime) -> None:
    """What somebody found out about their headset, in place of what they did before."""
    values = {"sound_at": at, "sound_fault": check.fault or "", "sound_level": check.level}
    tx.execute(update(t.shift).where(t.shift.c.id == shift_id).values(**values))


def notes_since(tx: Tx, since: datetime, *, limit: int) -> list[Shift]:
    """Shifts that ended since then and left a note, the newest first."""
    c = t.shift.c
    query = _shifts().where(c.ended_at >= since, c.note != "").order_by(c.ended_at.desc())
    return found(tx, query.limit(limit), Shift)


def user_names(tx: Tx) -> list[str]:
    """Everybody who can be on shift, or on the roster."""
    return list(tx.execute(select(t.user.c.name).order_by(t.user.c.name)).scalars())


def lock(tx: Tx) -> None:
    """Shifts begin and end one after the other: two who leave at once don't leave the station
    unattended, nor does one person begin twice."""
    hold(tx, Lock.SHIFT, "")
