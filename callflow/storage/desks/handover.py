"""What whoever takes up a shift reads, beside the incidents.

Each list has at most ``limit`` rows; a page says where there are more.
"""

from datetime import datetime

from sqlalchemy import or_, select

from callflow.core.records.logbook import Entry
from callflow.core.sites.instructions import Instruction
from callflow.core.watch.supervision import OnTest
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found

_I, _T = t.instruction.c, t.on_test.c


def instructions(tx: Tx, now: datetime, until: datetime, *, limit: int) -> list[Instruction]:
    """Provisional instructions that are in force, or will be before ``until``; by their ends."""
    query = (
        select(t.instruction)
        .where(_I.ends_at > now, _I.begins_at <= until, _I.withdrawn_at.is_(None))
        .order_by(_I.ends_at, _I.id)
    )
    return found(tx, query.limit(limit), Instruction)


def tests(tx: Tx, now: datetime, *, limit: int) -> list[OnTest]:
    """Sites on test now, whose test ends first at the front."""
    query = (
        select(t.on_test).where(_T.ended_at.is_(None), _T.ends_at > now).order_by(_T.ends_at, _T.id)
    )
    return found(tx, query.limit(limit), OnTest)


def people(tx: Tx, since: datetime, *, limit: int) -> list[Entry]:
    """Entries about who works here, and as what, since then; the newest first."""
    c = t.logbook.c
    about = or_(c.kind.like("user\\_%", escape="\\"), c.kind.like("roster\\_%", escape="\\"))
    query = select(t.logbook).where(c.at >= since, about)
    return found(tx, query.order_by(c.at.desc(), c.number.desc()).limit(limit), Entry)
