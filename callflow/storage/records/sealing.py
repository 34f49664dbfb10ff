"""Seals over the logbook's heads, and the logbook as its verification reads it."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, bindparam, select, update

from callflow.core.records import logbook
from callflow.core.records.logbook import (
    BROKEN,
    FIRST,
    MOST,
    UNREADABLE,
    VOUCHED,
    Anchor,
    Entry,
    Head,
    Mac,
    Seal,
)
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.records.chaining import alarm, alarm_of_head, execute
from callflow.storage.records.logbook import each_entry
from callflow.storage.schema.logbook import RARE

_AT_ONCE = 5000  # heads
_UNSEALED = (
    select(t.chain_head)
    .where(t.chain_head.c.sealed.is_(False))
    .order_by(t.chain_head.c.chain)
    .limit(_AT_ONCE)
)


def seal(tx: Tx, now: datetime) -> int:
    """Seal the heads that changed since the last seal; how many. None that is not ours, and after a
    seal that is not ours the next follows nothing: somebody is told."""
    mac: Mac = tx.info["mac"]
    found = [head for head in _unsealed(tx) if _may_be_sealed(tx, head, mac, now)]
    if not found:
        return 0
    previous = _last_seal(tx, mac, now)
    number, heads = previous.number + 1, tuple((h.chain, h.seq, h.hash) for h in found)
    content = logbook.seal_content(number, now, heads, previous.mac)
    row = {"number": number, "at": now, "heads": [list(h) for h in heads], "mac": mac(content)}
    tx.execute(t.seal.insert().values(**row))
    _SEALED.change_all(tx, [_as_sealed(head, mac) for head in found])
    return len(found)


_SAME = [t.chain_head.c[name] == bindparam(f"b_{name}") for name in ("chain", "seq", "hash")]
#: Prepared: a minute of a busy night leaves a thousand heads, and nobody else writes meanwhile.
_SEALED = Prepared(
    update(t.chain_head).where(*_SAME).values(sealed=True, mac=bindparam("b_mac", type_=String()))
)


def _as_sealed(head: Head, mac: Mac) -> dict[str, Any]:
    sealed = logbook.head_content(head.chain, head.seq, head.hash, sealed=True)
    return {"b_chain": head.chain, "b_seq": head.seq, "b_hash": head.hash, "b_mac": mac(sealed)}


def _unsealed(tx: Tx) -> Iterator[Head]:
    """All of them: a thousand forged ones must not stand in the way of the others."""
    after = ""
    while rows := execute(tx, _UNSEALED.where(t.chain_head.c.chain > after)).all():
        yield from map(_head, rows)
        after = rows[-1].chain


def _may_be_sealed(tx: Tx, head: Head, mac: Mac, now: datetime) -> bool:
    ours = logbook.is_ours(head, mac)
    if not ours:
        alarm_of_head(tx, head, now)
    return ours


def _last_seal(tx: Tx, mac: Mac, now: datetime) -> Anchor:
    """What the next seal follows."""
    seals = _newest(tx)
    if not seals:
        return FIRST
    last = seals[0]
    if _is_ours(seals, mac):
        return Anchor(last.number, last.mac)
    alarm(tx, SEAL, f"{last.number} {last.mac}", now)
    if last.number == MOST - 1:  # somebody left no number: any that is free
        return Anchor(secrets.randbelow(MOST - 2), BROKEN)
    return Anchor(last.number, BROKEN)


def mark_sealed(tx: Tx) -> None:
    """Heads that were sealed before that was in their MAC have it there too."""
    mac: Mac = tx.info["mac"]
    c = t.chain_head.c
    for head in heads(tx):
        if head.sealed and head.mac == mac(logbook.head_content(head.chain, head.seq, head.hash)):
            marked = update(t.chain_head).where(c.chain == head.chain)
            tx.execute(marked.values(mac=logbook.head_mac(head, mac)))


#: What the station's signal says.
SEAL = "le dernier scellé de la main courante n’est pas de la station"


def _newest(tx: Tx) -> list[Seal]:
    """The last seal and the one before it."""
    c = t.seal.c
    query = select(t.seal).where(c.number < MOST).order_by(c.number.desc()).limit(2)
    try:
        return [_seal(row) for row in tx.execute(query)]
    except UNREADABLE:  # whatever it is, it is not ours
        last = tx.execute(query.with_only_columns(c.number)).scalars().first() or 0
        return [Seal(number=last, at=datetime.min.replace(tzinfo=UTC), heads=(), mac="")]


def _is_ours(newest: Sequence[Seal], mac: Mac) -> bool:
    last, before = newest[0], newest[1:]
    previous = Anchor(before[0].number, before[0].mac) if before else FIRST
    return (
        logbook.follows(last, previous, mac)
        or logbook.follows(last, Anchor(last.number - 1, BROKEN), mac)
        or logbook.is_before_numbers(last, previous.mac, mac)
    )


# --- what is remembered outside the database ----------------------------------------------


def seals_from(tx: Tx, number: int, limit: int) -> list[Seal]:
    """The seals from that number on, in their order."""
    query = select(t.seal).where(t.seal.c.number >= number).order_by(t.seal.c.number)
    return [_seal(row) for row in tx.execute(query.limit(limit))]


def missing(tx: Tx, anchors: Sequence[Anchor]) -> list[Anchor]:
    """Those of these seals that are not there."""
    c, numbers = t.seal.c, [anchor.number for anchor in anchors]
    rows = tx.execute(select(c.number, c.mac).where(c.number.in_(numbers)))
    there = {Anchor(row.number, row.mac) for row in rows}
    return [anchor for anchor in anchors if anchor not in there]


def newest(tx: Tx) -> Anchor | None:
    """The newest seal, if it is ours."""
    seals = _newest(tx)
    ours = seals and _is_ours(seals, tx.info["mac"])
    return Anchor(seals[0].number, seals[0].mac) if ours else None


# --- what its verification reads ----------------------------------------------------------


def entries_by_chain(tx: Tx) -> Iterator[Entry]:
    """Every entry, ordered by chain and place."""
    query = select(t.logbook).order_by(t.logbook.c.chain, t.logbook.c.seq, t.logbook.c.number)
    yield from each_entry(tx, query.execution_options(yield_per=1000))


def without_mac(tx: Tx) -> Iterator[Entry]:
    """Those that are older than MACs, in whatever order."""
    query = select(t.logbook).where(t.logbook.c.mac.is_(None))
    yield from each_entry(tx, query.execution_options(yield_per=1000))


def is_vouched(tx: Tx) -> bool:
    """True where an entry of ours vouches for what is older than MACs."""
    query = select(t.logbook).where(RARE, t.logbook.c.kind == VOUCHED)
    mac: Mac = tx.info["mac"]
    return any(logbook.is_proven(entry, mac) for entry in each_entry(tx, query))


def heads(tx: Tx) -> list[Head]:
    """Every chain's head."""
    return [_head(row) for row in execute(tx, select(t.chain_head))]


def is_any_ours(tx: Tx) -> bool:
    """True where one head at least is by our key, or there is none."""
    mac: Mac = tx.info["mac"]
    try:
        found = heads(tx)
    except UNREADABLE:
        return False
    return not found or any(logbook.is_ours(head, mac) for head in found)


def seals(tx: Tx) -> list[Seal]:
    """Every seal, in their order."""
    return [_seal(row) for row in tx.execute(select(t.seal).order_by(t.seal.c.number))]


def _head(row: Any) -> Head:
    return Head(chain=row.chain, seq=row.seq, hash=row.hash, mac=row.mac, sealed=row.sealed)


def _seal(row: Any) -> Seal:
    heads = tuple((h[0], h[1], h[2]) for h in row.heads)
    return Seal(number=row.number, at=row.at, heads=heads, mac=row.mac)
