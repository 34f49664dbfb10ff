"""A station's logbook with nothing around it, and whoever writes the database without the key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from callflow.core.records import logbook
from callflow.core.records.logbook import Anchor, Draft, Entry
from callflow.handling.base.telling import draft, tell
from callflow.handling.records.logbook import verify
from callflow.processes.anchoring import Watch, remembered
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.records import erasure, past, sealing
from callflow.storage.records import logbook as rows
from callflow.vault import Vault

T = TypeVar("T")
Row = dict[str, Any]

AT = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
TABLES = {"logbook": t.logbook, "chain_head": t.chain_head, "seal": t.seal}
INCIDENTS = ("a", "b", "c", "d")


@dataclass
class State:
    """The rows of the logbook's three tables, as somebody with the database sees them."""

    logbook: list[Row]
    chain_head: list[Row]
    seal: list[Row]

    def copy(self) -> State:
        seals = [{**row, "heads": [list(h) for h in row["heads"]]} for row in self.seal]
        return State([*map(dict, self.logbook)], [*map(dict, self.chain_head)], seals)

    def chain(self, name: str) -> list[Row]:
        """Its entries, in their order."""
        return sorted((r for r in self.logbook if r["chain"] == name), key=lambda r: r["seq"])

    def head(self, name: str) -> Row:
        return next(row for row in self.chain_head if row["chain"] == name)


class Book:
    """The honest station: it tells, erases, purges, seals and remembers."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self.mac = Vault(folder / "keys").seal
        self.settings = Settings(data_dir=folder)
        self.round = 0
        self.begins_again()

    def begins_again(self) -> None:
        """As its engine does, which knows nothing but what is in the file."""
        self.watch = Watch(self.settings, self)  # type: ignore[arg-type]

    def now(self) -> datetime:
        return AT + timedelta(minutes=40 * self.round)

    def write_now(self, function: Callable[[Tx], T]) -> T:
        with self._engine.begin() as tx:
            tx.info.clear()
            tx.info.update(mac=self.mac, hints=set(), wake=None, apart=False, kept={}, at_end={})
            value = function(tx)
            for work, given in tx.info["at_end"].items():
                work(tx, given)
        return value

    async def read(self, function: Callable[[Tx], T]) -> T:
        return self.write_now(function)

    async def write(self, function: Callable[[Tx], T]) -> T:
        return self.write_now(function)

    # --- honest work -------------------------------------------------------------------------

    def goes_on(self) -> int:
        """A round of all that a station does to its logbook; how many notes it told."""
        self.round += 1

        def all_of_it(tx: Tx) -> int:
            told = self._tell(tx)
            self._take_out(tx)
            sealing.seal(tx, self.now())
            return told

        told = self.write_now(all_of_it)
        self.look()
        return told

    def tells(self) -> int:
        """Two notes in each chain."""
        return self.write_now(self._tell)

    def takes_out(self) -> None:
        """A person out of one note, all words out of another; files of a call are over."""
        self.write_now(self._take_out)

    def seal(self) -> None:
        self.write_now(lambda tx: sealing.seal(tx, self.now()))
        self.look()

    def look(self) -> None:
        asyncio.run(self.watch.look())

    def _tell(self, tx: Tx) -> int:
        words = [(i, word) for i in (*INCIDENTS, None) for word in ("one", "two")]
        for incident, word in words:
            data = {"n": self.round, "call": f"{incident}{self.round}"}
            text = self.words(word)
            rows.append(
                tx, Draft(at=self.now(), kind="note", text=text, incident=incident, data=data)
            )
        return len(words)

    def words(self, word: str) -> str:
        return f"{word} of round {self.round}"

    def _take_out(self, tx: Tx) -> None:
        c = t.logbook.c
        query = select(t.logbook).where(c.text == self.words("two")).order_by(c.number.desc())
        one, other, *_ = rows.each_entry(tx, query)
        entry, left = erasure.take_out_of_entry(tx, one, {"text": f"[...] {self.round}"})
        tell(tx, "erased", self.now(), person="p", count=1, entries={entry: left})
        about: Row = {"kept": "incidents", "days": 365, "count": 1}
        tell(tx, "erased", self.now(), **about, entries=past.cover(tx, [other]))
        tell(tx, "purged", self.now(), **about, calls=[f"a{self.round}"])

    # --- what is there -----------------------------------------------------------------------

    def faults(self, *, whole: bool = True) -> list[str]:
        anchors: list[Anchor] = (remembered(self.settings) or []) if whole else []
        found = self.write_now(lambda tx: verify(tx, anchors))
        return [f"{fault.chain} {fault.seq}: {fault.what}" for fault in found.faults]

    def notes(self) -> int:
        """Of this round, with those that something was taken out of."""
        since = self.now()
        c = t.logbook.c
        query = select(c.id).where(c.at == since, c.kind.in_(("note", "covered")))
        return len(self.write_now(lambda tx: tx.execute(query).all()))

    def state(self) -> State:
        def read(tx: Tx) -> dict[str, list[Row]]:
            return {
                name: [
                    dict(row._mapping)
                    for row in tx.execute(select(table).order_by(*table.primary_key))
                ]
                for name, table in TABLES.items()
            }

        return State(**self.write_now(read))

    def put(self, state: State) -> bool:
        """As somebody with the database, who is no station, would; False: it refuses that."""

        def write(tx: Tx) -> None:
            for name, table in TABLES.items():
                tx.execute(delete(table))
                if values := getattr(state, name):
                    tx.execute(insert(table), values)
            tx.execute(delete(t.signal))

        try:
            self.write_now(write)
        except (IntegrityError, DataError):
            return False
        return True

    def alarms(self) -> list[str]:
        query = select(t.signal.c.text).where(t.signal.c.code == "LOGBOOK")
        query = query.order_by(t.signal.c.number)
        return self.write_now(lambda tx: list(tx.execute(query).scalars()))


def hashed(row: Row) -> str:
    """The hash that anybody can give it."""
    return logbook.entry_hash(Entry(**{n: row[n] for n in Entry.__dataclass_fields__}))


__all__ = ["AT", "INCIDENTS", "TABLES", "Book", "Row", "State", "draft", "hashed"]
