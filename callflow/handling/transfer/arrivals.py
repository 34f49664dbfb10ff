"""Files that bring sites, firms and services: read once, tried, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import IO, Any

from callflow.core.sites.files.mapping import Mapping as Mappings
from callflow.core.sites.files.sheets import Part
from callflow.handling.sites.shape import Site
from callflow.handling.transfer import drafts, reading, services
from callflow.handling.transfer.drafts import Draft, Terms
from callflow.handling.transfer.services import Entry, Told
from callflow.handling.transfer.writing import By, InTx, Outcome, Tick, Writing
from callflow.storage import Tx
from callflow.storage.engine.store import tried
from callflow.storage.sites import files
from callflow.storage.sites.spool import Spool
from callflow.vault import Vault

#: Firms of one transaction.
_FIRMS = 10
#: What of a contact's row is the person's, wherever they have a part.
_PERSON = ("name", "phone", "language", "fax")


class Arrival:
    """One file, or several that belong together, as it was read. ``close`` forgets it."""

    def __init__(
        self,
        content: Iterator[tuple[str, IO[bytes]]],
        by: By,
        *,
        read: InTx,
        write: InTx,
        vault: Vault,
        now: Callable[[], datetime],
        mapping: Mappings | None = None,
        remove: bool = False,
        tick: reading.Tick = lambda _rows: None,
    ) -> None:
        self._by, self._read, self._write, self._vault, self._now = by, read, write, vault, now
        self._spool = Spool()
        known = {account: site for account, site in read(files.accounts).items() if site}
        self.taken = reading.take(content, self._spool, vault, known, mapping, tick)
        self._terms = Terms(parts=frozenset(self.taken.parts), remove=remove)

    def close(self) -> None:
        """Its rows are gone."""
        self._spool.close()

    def go(self, *, dry: bool, tick: Tick = lambda _done, _all: None) -> Outcome:
        """Try or write all that is right; what is not is told."""
        outcome = Outcome(rows=self.taken.rows)
        outcome.faults, outcome.notes = list(self.taken.faults), list(self.taken.notes)
        self._firms(dry=dry, outcome=outcome)
        writing = Writing(self._read, self._write, self._vault, self._by, now=self._now, dry=dry)
        writing.all(_Rows(self._spool, self._vault, self._terms), outcome, tick)
        self._lines(dry=dry, outcome=outcome)
        for told in (outcome.faults, outcome.notes):
            told.sort(key=lambda fault: (fault.sheet, fault.row))
        if not dry and (outcome.created or outcome.changed):
            writing.told(outcome)
        return outcome

    def _entries(self, part: Part) -> Iterator[Entry]:
        return (services.entry(item, self._vault) for item in self._spool.of_part(part))

    def _firms(self, *, dry: bool, outcome: Outcome) -> None:
        """Each firm with its people."""
        of: dict[str, list[Entry]] = {}
        for one in self._entries(Part.FIRM):
            of.setdefault(one.id, []).append(one)
        for one in self._entries(Part.MEMBER):
            of.setdefault(str(one.given.get("firm") or ""), []).append(one)
        groups = list(of.values())
        for place in range(0, len(groups), _FIRMS):
            some = [one for group in groups[place : place + _FIRMS] for one in group]
            work = partial(services.write_firms, entries=some, vault=self._vault)
            self._told(work, dry=dry, outcome=outcome)

    def _lines(self, *, dry: bool, outcome: Outcome) -> None:
        lines = list(self._entries(Part.SERVICE))
        if lines:
            coming = self._spool.has if dry else lambda _site: False
            work = partial(services.write_lines, entries=lines, coming=coming)
            self._told(work, dry=dry, outcome=outcome)

    def _told(self, work: Callable[..., Told], *, dry: bool, outcome: Outcome) -> None:
        now = self._now()

        def run(tx: Tx) -> Told:
            if not dry:
                return work(tx, who=self._by.who, now=now)
            with tried(tx):
                return work(tx, who=self._by.who, now=now)

        told: Told = self._write(run)
        outcome.faults += told.faults
        outcome.notes += told.notes


class _Rows:
    """The sites of a spool."""

    def __init__(self, spool: Spool, vault: Vault, terms: Terms) -> None:
        self._spool, self._vault, self._terms = spool, vault, terms

    def ids(self) -> Iterator[str]:
        return filter(None, self._spool.owners())

    def count(self) -> int:
        return self._spool.count_owners()

    def draft(self, id: str, before: Site | None) -> Draft:
        if self._spool.spoiled(id):
            return Draft(id=id, before=None, document={"id": id}, spoilt=True)
        return drafts.draft(id, self._spool.of(id), before, self._vault, self._terms)

    def stand_in(self, contact: str) -> Mapping[str, Any] | None:
        item = self._spool.first(Part.CONTACT, contact)
        if item is None or not item.cells.get("name"):
            return None
        return {name: item.cells[name] for name in _PERSON if item.cells.get(name)}
