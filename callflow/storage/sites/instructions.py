"""Rows of provisional instructions."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, Lowers
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, first, found

_C = t.instruction.c
_INSERT = t.instruction.insert()


def insert(tx: Tx, instruction: Instruction) -> None:
    """A new one."""
    tx.execute(_INSERT, columns(instruction))


def get(tx: Tx, instruction_id: str) -> Instruction | None:
    """One of them."""
    return first(tx, select(t.instruction).where(_C.id == instruction_id), Instruction)


_CURRENT = Reads(
    select(t.instruction)
    .where(_C.site_id == bindparam("site"), _C.ends_at > bindparam("now"))
    .where(_C.withdrawn_at.is_(None), _C.begins_at <= bindparam("now"))
    .order_by(_C.made_at, _C.id),
    Instruction,
)


def current(tx: Tx, site_id: str, now: datetime) -> list[Instruction]:
    """Those of a site whose time it is, countersigned or not."""
    return _CURRENT.all(tx, {"site": site_id, "now": now})


def awaiting(tx: Tx, site_id: str, now: datetime) -> list[Instruction]:
    """Those of a site that somebody is to listen to, or to countersign, their time come or not."""
    query = select(t.instruction).where(
        _C.site_id == site_id,
        _C.ends_at > now,
        _C.signer.is_(None),
        _C.withdrawn_at.is_(None),
    )
    waiting = found(tx, query.order_by(_C.made_at, _C.id), Instruction)
    return [each for each in waiting if each.lowers]


def naming(tx: Tx, plan_id: str, now: datetime) -> dict[str, set[Kind]]:
    """{site: the kinds} for which some instruction that is not over names this plan, signed and
    begun or not yet."""
    query = select(_C.site_id, _C.kinds).where(
        _C.plan == plan_id, _C.ends_at > now, _C.withdrawn_at.is_(None)
    )
    named: dict[str, set[Kind]] = {}
    for row in tx.execute(query):
        named.setdefault(row.site_id, set()).update(Kind(kind) for kind in row.kinds)
    return named


def of_site(tx: Tx, site_id: str, *, limit: int) -> list[Instruction]:
    """The site's last ones, the newest first."""
    query = select(t.instruction).where(_C.site_id == site_id)
    query = query.order_by(_C.made_at.desc(), _C.id.desc()).limit(limit)
    return found(tx, query, Instruction)


def of_ids(tx: Tx, ids: Collection[str]) -> dict[str, Instruction]:
    """{id: the instruction}."""
    if not ids:
        return {}
    query = select(t.instruction).where(_C.id.in_(list(ids)))
    return {each.id: each for each in found(tx, query, Instruction)}


def ending(
    tx: Tx, after: datetime, until: datetime, last: tuple[datetime, str] | None, *, limit: int
) -> list[Instruction]:
    """The station's that end in that time and were not withdrawn, by their end, after ``last``."""
    query = select(t.instruction).where(
        _C.ends_at > after, _C.ends_at <= until, _C.withdrawn_at.is_(None)
    )
    if last is not None:
        at, instruction_id = last
        query = query.where(or_(_C.ends_at > at, (_C.ends_at == at) & (_C.id > instruction_id)))
    query = query.order_by(_C.ends_at, _C.id).limit(limit)
    return found(tx, query, Instruction)


def sign(tx: Tx, instruction_id: str, who: str, now: datetime) -> bool:
    """Countersign it, once; whether it was to be."""
    query = update(t.instruction).where(
        _C.id == instruction_id, _C.signer.is_(None), _C.withdrawn_at.is_(None)
    )
    return tx.execute(query.values(signer=who, signed_at=now)).rowcount == 1


def transcribe(
    tx: Tx, instruction_id: str, text: str, lowers: tuple[Lowers, ...], who: str, now: datetime
) -> bool:
    """What was said is written down, once; whether it was to be."""
    query = update(t.instruction).where(
        _C.id == instruction_id, _C.transcriber.is_(None), _C.withdrawn_at.is_(None)
    )
    written = {"text": text, "lowers": list(lowers), "transcriber": who, "transcribed_at": now}
    return tx.execute(query.values(**written)).rowcount == 1


def withdraw(tx: Tx, instruction_id: str, who: str, now: datetime) -> bool:
    """Take it back, once; whether it stood."""
    query = update(t.instruction).where(_C.id == instruction_id, _C.withdrawn_at.is_(None))
    return tx.execute(query.values(withdrawn_by=who, withdrawn_at=now)).rowcount == 1
