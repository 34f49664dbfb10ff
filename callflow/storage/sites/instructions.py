"""Rows of provisional instructions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionKind, Lowers
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx

Row = dict[str, Any]

_C = t.instruction.c
_INSERT = t.instruction.insert()


def insert(tx: Tx, instruction: Instruction, *, asked_by: str | None) -> None:
    """A new one."""
    made = {
        "id": instruction.id,
        "site_id": instruction.site,
        "kind": instruction.kind.value,
        "text": instruction.text,
        "plan": instruction.plan,
        "kinds": sorted(instruction.kinds),
        "contact_id": instruction.contact,
        "replacement_id": instruction.replacement,
        "phone": instruction.phone,
        "voice": instruction.voice,
        "lowers": list(instruction.lowers),
        "begins_at": instruction.begins_at,
        "ends_at": instruction.ends_at,
        "author": instruction.author,
        "asked_by": asked_by,
        "made_at": instruction.made_at,
    }
    tx.execute(_INSERT, made)


_GET = select(t.instruction).where(_C.id == bindparam("id"))


def get(tx: Tx, instruction_id: str) -> Row | None:
    """One, as stored."""
    row = tx.execute(_GET, {"id": instruction_id}).first()
    return dict(row._mapping) if row else None


_CURRENT = Prepared(
    select(t.instruction)
    .where(_C.site_id == bindparam("site"), _C.ends_at > bindparam("now"))
    .where(_C.withdrawn_at.is_(None), _C.begins_at <= bindparam("now"))
    .order_by(_C.made_at, _C.id)
)


def current(tx: Tx, site_id: str, now: datetime) -> list[Instruction]:
    """Those of a site whose time it is, countersigned or not."""
    return [to_instruction(row) for row in _CURRENT.all(tx, {"site": site_id, "now": now})]


def awaiting(tx: Tx, site_id: str, now: datetime) -> list[Instruction]:
    """Those of a site that somebody is to listen to, or to countersign, their time come or not."""
    query = select(t.instruction).where(
        _C.site_id == site_id,
        _C.ends_at > now,
        _C.signer.is_(None),
        _C.withdrawn_at.is_(None),
    )
    found = [to_instruction(row._mapping) for row in tx.execute(query.order_by(_C.made_at, _C.id))]
    return [each for each in found if each.lowers]


def naming(tx: Tx, plan_id: str, now: datetime) -> dict[str, set[Kind]]:
    """{site: the kinds} for which some instruction that is not over names this plan, signed and
    begun or not yet."""
    query = select(_C.site_id, _C.kinds).where(
        _C.plan == plan_id, _C.ends_at > now, _C.withdrawn_at.is_(None)
    )
    found: dict[str, set[Kind]] = {}
    for row in tx.execute(query):
        found.setdefault(row.site_id, set()).update(Kind(kind) for kind in row.kinds)
    return found


def of_site(tx: Tx, site_id: str, *, limit: int) -> list[Row]:
    """The site's last ones, the newest first."""
    query = select(t.instruction).where(_C.site_id == site_id)
    query = query.order_by(_C.made_at.desc(), _C.id).limit(limit)
    return [dict(row._mapping) for row in tx.execute(query)]


def of_ids(tx: Tx, ids: Collection[str]) -> dict[str, Row]:
    """{id: the instruction, with the name of its site as ``place``}."""
    query = select(t.instruction, t.site.c.name.label("place")).join(
        t.site, t.site.c.id == _C.site_id
    )
    rows = tx.execute(query.where(_C.id.in_(list(ids)))) if ids else ()
    return {row.id: dict(row._mapping) for row in rows}


def ending(
    tx: Tx, after: datetime, until: datetime, last: tuple[datetime, str] | None, *, limit: int
) -> list[Row]:
    """The station's that end in that time and were not withdrawn, by their end, after ``last``."""
    query = select(t.instruction).where(
        _C.ends_at > after, _C.ends_at <= until, _C.withdrawn_at.is_(None)
    )
    if last is not None:
        at, instruction_id = last
        query = query.where(or_(_C.ends_at > at, (_C.ends_at == at) & (_C.id > instruction_id)))
    query = query.order_by(_C.ends_at, _C.id).limit(limit)
    return [dict(row._mapping) for row in tx.execute(query)]


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


def to_instruction(row: Any) -> Instruction:
    """A row as the rules need it."""
    return Instruction(
        id=row["id"],
        site=row["site_id"],
        kind=InstructionKind(row["kind"]),
        begins_at=row["begins_at"],
        ends_at=row["ends_at"],
        author=row["author"],
        made_at=row["made_at"],
        text=row["text"],
        plan=row["plan"],
        kinds=frozenset(Kind(kind) for kind in row["kinds"]),
        contact=row["contact_id"],
        replacement=row["replacement_id"],
        phone=row["phone"],
        voice=row["voice"],
        lowers=tuple(Lowers(why) for why in row["lowers"]),
        signer=row["signer"],
        withdrawn_at=row["withdrawn_at"],
    )
