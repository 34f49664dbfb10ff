"""Files that bring sites, firms and services: read once, tried, and written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import IO, Any

from callflow.core.sites.files.mapping import Mapping as Mappings
from callflow.core.sites.files.sheets import Part
from callflow.handling.sites.shape import Site
from callflow.handling.transfer import merging, reading, services, writing
from callflow.handling.transfer.drafts import Draft, Terms
from callflow.handling.transfer.services import Entry
from callflow.handling.transfer.writing import By, InTx, Outcome, Tick, Told, Writing
from callflow.storage import Tx
from callflow.storage.sites import files
from callflow.storage.sites.spool import Spool
from callflow.vault import Vault

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
        self.mapping = mapping or Mappings()
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
        beside = partial(writing.beside, self._write, dry=dry, outcome=outcome)
        for some in services.by_firm([*self._entries(Part.FIRM), *self._entries(Part.MEMBER)]):
            beside(partial(self._firms, some))
        sites = Writing(self._read, self._write, self._vault, self._by, now=self._now, dry=dry)
        sites.all(_Rows(self._spool, self._vault, self._terms), outcome, tick)
        if lines := list(self._entries(Part.SERVICE)):
            beside(partial(self._lines, lines, self._spool.has if dry else lambda _site: False))
        for told in (outcome.faults, outcome.notes):
            told.sort(key=lambda fault: (fault.sheet, fault.row))
        if not dry and (outcome.created or outcome.changed):
            sites.told(outcome)
        return outcome

    def _entries(self, part: Part) -> Iterator[Entry]:
        return (services.entry(item, self._vault) for item in self._spool.of_part(part))

    def _firms(self, entries: Sequence[Entry], tx: Tx) -> Told:
        return services.write_firms(tx, entries, self._vault, self._by.who, self._now())

    def _lines(self, entries: Sequence[Entry], coming: Callable[[str], bool], tx: Tx) -> Told:
        return services.write_lines(tx, entries, self._by.who, self._now(), coming)


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
        return merging.draft(id, self._spool.of(id), before, self._vault, self._terms)

    def stand_in(self, contact: str) -> Mapping[str, Any] | None:
        item = self._spool.first(Part.CONTACT, contact)
        if item is None or not item.cells.get("name"):
            return None
        return {name: item.cells[name] for name in _PERSON if item.cells.get(name)}
