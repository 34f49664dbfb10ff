"""A file's rows, taken apart into what each says of a part of a site, and put into a spool.

What is wrong with a cell is told by its row and column; the site that it is of is not taken then.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

from callflow.core.sites.files import meanings, tables
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.mapping import Mapping as Mappings
from callflow.core.sites.files.mapping import TableMapping
from callflow.core.sites.files.meanings import UNCHANGED, BadCell
from callflow.core.sites.files.sheets import ACCOUNT, OF_STATION, SITE, Cell, Column, Part
from callflow.core.sites.files.tables import BadFile, Raw, RawCell, Unread
from callflow.storage.sites.spool import Item, Spool
from callflow.vault import Vault

#: Told how many rows were read.
Tick = Callable[[int], None]
_EVERY = 500  # rows between two signs of progress, and of one transaction
#: The fields that tell a part's items apart, beside their account.
_KEYS: Mapping[Part, Sequence[str]] = {
    Part.ZONE: ("zone",),
    Part.CONTACT: ("id",),
    Part.USER: ("number",),
    Part.PLAN: ("alarm",),
    Part.SETTING: ("plan",),
    Part.EVENT: ("code", "zone"),
    Part.CAMERA: ("id",),
    Part.FIRM: ("id",),
    Part.MEMBER: ("id",),
    Part.SERVICE: ("id",),
}
#: Parts that a row is of by its account.
_OF_ACCOUNT = (Part.ZONE, Part.USER)
#: The name under which an item says which of its secrets an export only named.
KEPT = "kept"


@dataclass(kw_only=True, slots=True)
class Taken:
    """What there is in a file. ``parts``: those that it has columns of."""

    rows: int = 0
    parts: set[Part] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    heads: dict[str, list[str]] = field(default_factory=dict)  # {table: its first row}
    #: (fault, site, account) of what is not known yet whose it is.
    _of: list[tuple[Fault, str, str]] = field(default_factory=list)


def take(
    files: Iterator[tuple[str, IO[bytes]]],
    spool: Spool,
    vault: Vault,
    accounts: Mapping[str, str],
    mapping: Mappings | None = None,
    tick: Tick = lambda _rows: None,
) -> Taken:
    """Put the rows of ``files`` (name, content) into ``spool``; ``accounts``: {account: site} of
    those that the station knows. Nothing raises: what is wrong is told."""
    taken, mappings = Taken(), mapping or Mappings()
    for name, file in files:
        try:
            for raw in tables.tables(file, name):
                _table(raw, mappings.of(raw.name), spool, vault, taken, tick)
        except BadFile as bad:
            taken.faults.append(Fault(row=bad.row, code=bad.code, sheet=name, args=bad.args_))
    spool.settle(accounts)
    for fault, site, account in taken._of:
        owner = spool.owner_of(site, account)
        spool.spoil(owner)
        taken.faults.append(replace(fault, site=owner))
    _between_sites(spool, taken)
    if not taken.parts and not taken.faults:
        taken.faults.append(Fault(row=0, code="no_columns"))
    return taken


def _between_sites(spool: Spool, taken: Taken) -> None:
    """An account is one site's; a contact of several sites is one person."""
    for account, owner, tab, row in spool.several_owners(Part.ACCOUNT):
        args = {"value": account, "site": spool.owner_of("", account)}
        _spoilt(
            spool,
            taken,
            owner,
            Fault(row=row, code="taken", column=ACCOUNT.key, sheet=tab, value=account, args=args),
        )
    for name in ("name", "phone", "fax", "language"):
        for _key, owner, tab, row, value, other, first in spool.differing(Part.CONTACT, name):
            said: dict[str, Any] = {"value": value, "other": other, "first": first}
            column = f"{Part.CONTACT}.{name}"
            _spoilt(
                spool,
                taken,
                owner,
                Fault(
                    row=row, code="differs", column=column, sheet=tab, value=str(value), args=said
                ),
            )


def _spoilt(spool: Spool, taken: Taken, owner: str, fault: Fault) -> None:
    spool.spoil(owner)
    taken.faults.append(replace(fault, site=owner))


# --- a table ----------------------------------------------------------------------------------


def _table(
    raw: Raw, mapping: TableMapping, spool: Spool, vault: Vault, taken: Taken, tick: Tick
) -> None:
    columns: list[Column | None] | None = None
    table: _Table | None = None
    pending: list[Item] = []
    for number, cells in raw.rows:
        if table is None:
            if number < mapping.head or not any(cells):
                continue
            taken.heads[raw.name] = [cell if isinstance(cell, str) else "" for cell in cells]
            columns = _columns(raw, number, mapping, cells, taken)
            if not any(columns):
                return
            table = _Table(raw.name, columns, mapping, vault, taken)
        elif any(cells):
            taken.rows += 1
            pending += table.items(number, cells)
        if number % _EVERY == 0:
            tick(taken.rows)
            spool.add(pending)
            pending = []
    spool.add(pending)


def _columns(
    raw: Raw, row: int, mapping: TableMapping, head: Sequence[RawCell], taken: Taken
) -> list[Column | None]:
    found: list[Column | None] = []
    for cell in head:
        said = cell.strip() if isinstance(cell, str) else ""
        column = mapping.column(said) if said else None
        if said and column is None and not mapping.leaves_out(said):
            taken.notes.append(
                Fault(row=row, code="column_unknown", column=said[:60], sheet=raw.name)
            )
        if column is not None and column in found:
            taken.faults.append(
                Fault(row=row, code="column_twice", column=column.key, sheet=raw.name)
            )
            column = None
        found.append(column)
    if any(found):
        taken.notes += [
            Fault(row=0, code=code, sheet=raw.name, args=args) for code, args in raw.notes
        ]
        taken.parts |= {column.part for column in found if column and column not in (SITE, ACCOUNT)}
    else:
        taken.notes.append(Fault(row=row, code="table_unknown", sheet=raw.name))
    return found


class _Table:
    """The rows of a table with these columns."""

    def __init__(
        self,
        name: str,
        columns: Sequence[Column | None],
        mapping: TableMapping,
        vault: Vault,
        taken: Taken,
    ) -> None:
        self._name, self._columns, self._mapping = name, columns, mapping
        self._vault, self._taken = vault, taken
        own = {column.part for column in columns if column and column not in (SITE, ACCOUNT)}
        self._parts = [part for part in Part if part in own]
        #: An account that another part's rows name is not declared by that.
        self._declares = bool(own & {Part.SITE, Part.ACCOUNT}) or (not own and ACCOUNT in columns)
        self._of_station = bool(own) and own <= set(OF_STATION)

    def items(self, row: int, cells: Sequence[RawCell]) -> Iterator[Item]:
        """What a row says."""
        said = self._said(row, cells)
        site = self._reference(said, SITE)
        accounts = list(dict.fromkeys(re.split(r"[\s,;]+", self._reference(said, ACCOUNT).strip())))
        of = site.strip(), accounts[0]
        if not self._of_station and not any(of):
            self._taken.faults.append(
                Fault(row=row, code="which_site", column=ACCOUNT.key, sheet=self._name)
            )
            return
        if any(cells[len(self._columns) :]):
            self._wrong(Fault(row=row, code="extra_cells", sheet=self._name), *of)
        if self._declares:
            for account in filter(None, accounts):
                yield self._item(Part.ACCOUNT, row, of, account, said)
        for part in self._parts:
            named = part is Part.SITE and bool(of[0])  # though nothing else is said of it
            if part is not Part.ACCOUNT and (named or self._filled(part, said)):
                whose = ("", "") if part in OF_STATION else of
                yield self._item(part, row, whose, "", said)

    def _reference(self, said: Mapping[Column, RawCell], column: Column) -> str:
        cell = said.get(column, "")
        return self._mapping.cell(column, cell) if isinstance(cell, str) else ""

    def _said(self, row: int, cells: Sequence[RawCell]) -> dict[Column, RawCell]:
        """{column: cell}, of all columns of ours."""
        found: dict[Column, RawCell] = {}
        for place, column in enumerate(self._columns):
            if column is not None:
                found[column] = cells[place] if place < len(cells) else ""
        return found

    def _filled(self, part: Part, said: Mapping[Column, RawCell]) -> bool:
        return any(
            isinstance(cell, Unread) or cell.strip()
            for column, cell in said.items()
            if column.part is part and column not in (SITE, ACCOUNT)
        )

    def _item(
        self, part: Part, row: int, of: tuple[str, str], key: str, said: Mapping[Column, RawCell]
    ) -> Item:
        cells: dict[str, Any] = {}
        secrets: dict[str, Any] = {}
        kept: list[str] = []
        for column, cell in said.items():
            if column.part is not part or column in (SITE, ACCOUNT):
                continue
            value = self._value(row, of, column, cell)
            if column.cell is not Cell.SECRET:
                cells[column.field] = value
            elif value is UNCHANGED:
                kept.append(column.field)
            elif value is not _NOTHING:
                secrets[column.field] = value
        if part in _OF_ACCOUNT:
            cells["account"] = of[1]
        if kept:
            cells[KEPT] = kept
        named = [str(cells.get(name) or "") for name in _KEYS.get(part, ())]
        return Item(
            part=part,
            site=of[0],
            account=of[1],
            key=key or "\n".join(named),
            tab=self._name,
            row=row,
            cells=cells,
            secrets=self._vault.encrypt(json.dumps(secrets).encode()) if secrets else None,
        )

    def _value(self, row: int, of: tuple[str, str], column: Column, cell: RawCell) -> Any:
        """What a cell means; None of an empty one, or ``_NOTHING`` where that leaves a secret."""
        secret = column.cell is Cell.SECRET
        empty = _NOTHING if secret else None
        try:
            if isinstance(cell, Unread):
                raise cell.bad
            cell = cell if secret else self._mapping.cell(column, cell)
            if not cell.strip():
                return empty
            return meanings.value(column, cell, lambda code: self._note(row, column, code, cell))
        except BadCell as bad:
            value = "" if secret or not isinstance(cell, str) else cell[:200]
            fault = Fault(row=row, code=bad.code, column=column.key, sheet=self._name)
            self._wrong(replace(fault, value=value, args=bad.args_), *of)
            return empty

    def _note(self, row: int, column: Column, code: str, cell: RawCell) -> None:
        args = {"value": str(cell)[:60]}
        self._taken.notes.append(
            Fault(
                row=row,
                code=code,
                column=column.key,
                sheet=self._name,
                value=str(cell)[:60],
                args=args,
            )
        )

    def _wrong(self, fault: Fault, site: str, account: str) -> None:
        """The site that the row is of is not taken; of firms and services nobody's is."""
        if site or account:
            self._taken._of.append((fault, site, account))
        else:
            self._taken.faults.append(fault)


_NOTHING = object()
