"""Entries of the logbook: chained and written in the transaction of what they tell, never changed.

The head that a chain goes on from is read anyway: its MAC is looked at first, at no statement more.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from sqlalchemy import bindparam, false, func, select, text
from sqlalchemy.dialects import postgresql

from callflow import ids
from callflow.core.records import logbook
from callflow.core.records.logbook import GENESIS, Draft, Head, Mac
from callflow.core.signals import events
from callflow.core.watch.supervision import station_signal
from callflow.storage import schema as t
from callflow.storage.engine.inserts import insert_into
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, at_end
from callflow.storage.signals import signals
from callflow.storage.signals.signals import Stored

log = structlog.get_logger(__name__)


def append(tx: Tx, *drafts: Draft) -> None:
    """Chain and write ``drafts`` in their order, all of one transaction at its end.

    An entry takes three statements alone, and a function of the store tells up to five.
    """
    at_end(tx, _write).extend(drafts)


def execute(tx: Tx, query: Any) -> Any:
    """Read entries or heads: what was told until now is among them."""
    _write(tx, tx.info.get("at_end", {}).get(_write, []))
    return tx.execute(query)


def _write(tx: Tx, told: list[Draft]) -> None:
    if not told:
        return
    drafts = list(told)
    told.clear()
    mac: Mac = tx.info["mac"]
    heads, numbers = _heads(tx, {draft.chain for draft in drafts}, len(drafts))
    last = {head.chain: _followed(tx, head, mac, drafts[0].at) for head in heads}
    entries = []
    for draft, number in zip(drafts, numbers, strict=True):
        seq, previous = last.get(draft.chain, (0, GENESIS))
        entry = logbook.chained(
            draft,
            number=number,
            id=ids.new(draft.at),
            seq=seq + 1,
            previous=previous,
            mac=mac,
            salt=secrets.token_hex(8),
        )
        last[draft.chain] = (entry["seq"], entry["hash"])
        entries.append(entry)
    _INSERT.change_all(tx, entries)
    unsealed = {head.chain for head in heads if not head.sealed}
    _write_heads(tx, [Head(chain=chain, seq=s, hash=h) for chain, (s, h) in last.items()], unsealed)


def _followed(tx: Tx, head: Head, mac: Mac, now: datetime) -> tuple[int, str]:
    """Where the chain goes on. What is told next is never lost, whatever was done to the head: then
    it follows nothing, which is seen for ever, and somebody is told."""
    found = logbook.continued(head, mac)
    if found is None:
        alarm_of_head(tx, head, now)
        return logbook.broken(head)
    return found


def alarm_of_head(tx: Tx, head: Head, now: datetime) -> None:
    """Somebody else wrote the head of a chain."""
    kind, _, name = str(head.chain).partition(":")
    chain = f"du {name[:10]}" if kind == "day" else "d’une alarme"
    what = f"la dernière écriture {chain} n’est pas de la station"
    alarm(tx, what, f"{head.chain} {head.seq} {head.hash} {head.mac}", now)


def alarm(tx: Tx, what: str, about: str, now: datetime) -> None:
    """The logbook is not ours: a signal of the station's own, once for each ``about``."""
    log.error("logbook.not_ours", what=what, about=about)
    about = hashlib.sha256(f"{what}\0{about}".encode()).hexdigest()
    found = station_signal("LOGBOOK", "", about, now, text=what)
    meaning = events.lookup(found.format, found.code)
    row = Stored(
        id=ids.new(now),
        deduplication=found.deduplication[:128],
        account=found.account,
        format=found.format,
        line=found.line,
        code=found.code,
        zone="",
        partition="",
        panel_user="",
        text=found.text,
        raw="",
        caller="",
        extra="",
        encrypted=False,
        kind=meaning.kind.value,
        rank=1,
        received_at=now,
        panel_time=None,
    )
    signals.insert(tx, [row])


_OF_HEAD = ("chain", "seq", "hash", "mac", "sealed")
_INSERT = Prepared(t.logbook.insert())
#: Numbers beyond are nobody's who counts.
LAST_NUMBER = 2**53


def _heads(tx: Tx, chains: set[str], count: int) -> tuple[list[Head], list[int]]:
    """The chains' heads, locked until the commit where others write too, and the numbers of the
    next ``count`` entries: in one statement, but where a chain begins and others write too."""
    if tx.dialect.name == "sqlite":
        rows = _HEADS_SQLITE.all(tx, {"chains": list(chains)})
        return _as_heads(row for row in rows if row["chain"]), _after(rows[0]["last"], count)
    asked = {"chains": sorted(chains), "count": count}
    found = tx.execute(_HEADS_POSTGRESQL, asked).one()
    missing = chains - {row["chain"] for row in found.heads}
    if missing:
        # Two writers must neither continue one chain at once nor both begin it.
        tx.execute(_BEGIN_CHAIN, [{"chain": chain, **_NOTHING} for chain in sorted(missing)])
        found = tx.execute(_HEADS_POSTGRESQL, asked).one()
    return _as_heads(found.heads), sorted(found.numbers)


def _as_heads(rows: Iterable[Mapping[str, Any]]) -> list[Head]:
    return [Head(**{name: row[name] for name in _OF_HEAD}) for row in rows]


def _after(last: Any, count: int) -> list[int]:
    """The next numbers. Where somebody put one out of reach, any that are free: told is told."""
    if not isinstance(last, int) or last >= LAST_NUMBER:
        last = -secrets.randbelow(LAST_NUMBER) - count - 1
    return list(range(last + 1, last + 1 + count))


_c, _last = t.chain_head.c, select(func.max(t.logbook.c.number).label("last")).subquery()
#: Whatever else SQLite keeps there, only what a seal looks for is unsealed.
_SEALED = _c.sealed.is_not(false()).label("sealed")
_HEADS_SQLITE = Prepared(
    select(
        func.coalesce(_last.c.last, 0).label("last"), *(_c[name] for name in _OF_HEAD[:-1]), _SEALED
    ).select_from(_last.outerjoin(t.chain_head, _c.chain.in_(bindparam("chains", expanding=True))))
)
# Numbers are taken once all heads are locked: in each chain they rise.
_HEADS_POSTGRESQL = text(
    """
    WITH head AS MATERIALIZED (
        SELECT chain, seq, hash, mac, sealed FROM chain_head
        WHERE chain = ANY(:chains) ORDER BY chain FOR UPDATE
    )
    SELECT locked.heads, ARRAY(
        SELECT nextval(pg_get_serial_sequence('logbook', 'number'))
        FROM generate_series(1, :count + 0 * locked.count)
    ) AS numbers
    FROM (SELECT coalesce(json_agg(head), '[]') AS heads, count(*) AS count FROM head) AS locked
    """
)
_BEGIN_CHAIN = postgresql.insert(t.chain_head).on_conflict_do_nothing()
_NOTHING = {"seq": 0, "hash": GENESIS, "mac": "", "sealed": True}


@cache
def _write_head(dialect: str, *, unsealed: bool) -> Prepared:
    """``unsealed``: it is already, and the index on that stays as it is."""
    statement = insert_into(dialect, t.chain_head)
    names = ("seq", "hash", "mac") if unsealed else ("seq", "hash", "mac", "sealed")
    changed = {name: statement.excluded[name] for name in names}
    return Prepared(statement.on_conflict_do_update(index_elements=["chain"], set_=changed))


def _write_heads(tx: Tx, heads: Sequence[Head], unsealed: Collection[str]) -> None:
    mac: Mac = tx.info["mac"]
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for head in heads:
        row = {name: getattr(head, name) for name in _OF_HEAD}
        rows[head.chain in unsealed].append({**row, "mac": logbook.head_mac(head, mac)})
    for already, some in rows.items():
        _write_head(tx.dialect.name, unsealed=already).change_all(tx, some)
