"""A whole station as a workbook, or as CSV files: read once, site by site, and then given sheet by
sheet. Secrets are only named (``sheets.KEPT``)."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any

from callflow.core.sites.files import meanings, writing
from callflow.core.sites.files.columns import of
from callflow.core.sites.files.sheets import ACCOUNT, SHEETS, SITE, Cell, Part, Sheet
from callflow.handling.interventions.directory import get_directory
from callflow.handling.interventions.firms import guard_firms
from callflow.handling.interventions.members import firm_members
from callflow.handling.sites.shape import Site
from callflow.handling.sites.sites import get_sites
from callflow.handling.transfer.drafts import LISTS
from callflow.handling.transfer.writing import InTx
from callflow.storage import Tx
from callflow.storage.sites.spool import Item, Spool

FORMATS = ("xlsx", "zip")
#: Sites that are in memory at once, and rows of one piece.
_SITES, _ROWS = 100, 500
#: What a row says of its part: {field: value}.
Row = Mapping[str, Any]


def pieces(read: InTx, ids: Sequence[str], format: str, language: str) -> Iterator[bytes]:
    """The file of these sites, with every firm and service: a workbook, or a ZIP of CSV files."""
    with closing(Spool()) as spool:
        _fill(spool, read, ids, language)
        if format == "xlsx":
            sheets = [
                writing.Sheet(
                    of(sheet.called, language),
                    (head := sheet.head(language)),
                    _batches(spool, sheet),
                    [max(14, len(each) + 2) for each in head],
                )
                for sheet in SHEETS
            ]
            yield from writing.to_workbook(sheets)
        else:
            yield from _zipped(spool, language)


def files(read: InTx, ids: Sequence[str], language: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """(name of a CSV file, its pieces), to be taken one after the other."""
    with closing(Spool()) as spool:
        _fill(spool, read, ids, language)
        for sheet in SHEETS:
            yield f"{sheet.stem}.csv", _csv(spool, sheet, language)


def _zipped(spool: Spool, language: str) -> Iterator[bytes]:
    pipe = writing.Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
        for sheet in SHEETS:
            with packed.open(f"{sheet.stem}.csv", "w") as part:
                for piece in _csv(spool, sheet, language):
                    part.write(piece)
                    yield pipe.taken()
    yield pipe.taken()


def _csv(spool: Spool, sheet: Sheet, language: str) -> Iterator[bytes]:
    return writing.to_csv(sheet.head(language), _batches(spool, sheet), language)


def _batches(spool: Spool, sheet: Sheet) -> Iterator[list[list[str]]]:
    rows = (list(item.cells.values()) for item in spool.of_part(sheet.part))
    return iter(lambda: list(islice(rows, _ROWS)), [])


# --- what there is ----------------------------------------------------------------------------


def _fill(spool: Spool, read: InTx, ids: Sequence[str], language: str) -> None:
    for place in range(0, len(ids), _SITES):
        wanted = ids[place : place + _SITES]
        found = {site.id: site for site in read(partial(get_sites, site_ids=wanted))}
        there = (found[id] for id in wanted if id in found)
        spool.add(_item(part, row, language) for site in there for part, row in of_site(site))
    spool.add(_item(part, row, language) for part, row in read(lambda tx: list(of_station(tx))))


def _item(part: Part, row: Row, language: str) -> Item:
    """A row of its sheet, as cells."""
    sheet = next(sheet for sheet in SHEETS if sheet.part is part)
    cells = {}
    for column in sheet.columns:
        if column in (SITE, ACCOUNT):
            value = row["site" if column is SITE else "account"]
        elif column.cell is Cell.SECRET:
            value = bool(row.get(f"{column.field.partition('.')[0]}_set"))
        else:
            value = _found(row, column.field)
        cells[column.key] = meanings.said(column, value, language)
    return Item(part=part, site="", account="", key="", tab="", row=0, cells=cells)


def _found(row: Row, path: str) -> Any:
    first, _, rest = path.partition(".")
    value = row.get(first)
    return value if not rest else _found(value, rest) if isinstance(value, Mapping) else None


def of_site(site: Site) -> Iterator[tuple[Part, Row]]:
    """(part, what a row says) of one site."""
    document = site.document()
    mine = {"site": site.id}
    yield Part.SITE, document | mine
    for part, (name, _, _) in LISTS.items():
        yield from ((part, one | mine) for one in document[name])
    for alarm, plan in document["plans"].items():
        yield Part.PLAN, {"alarm": alarm, "plan": plan, **mine}
    for rule in document["plan_rules"]:
        yield Part.RULE, {"rule": rule, **mine}
    for plan, settings in document["plan_overrides"].items():
        yield Part.SETTING, {"plan": plan, "settings": settings, **mine}
    if document["schedule"] is not None:
        yield Part.HOURS, document["schedule"] | mine


def of_station(tx: Tx) -> Iterator[tuple[Part, Row]]:
    """(part, what a row says) of firms, their people and the lines of services."""
    for firm in guard_firms(tx):
        if firm.closed_at is not None:
            continue
        yield Part.FIRM, firm.document()
        for member in firm_members(tx, firm.id):
            yield Part.MEMBER, member.document() | {"firm": firm.id}
    for line in get_directory(tx):
        yield Part.SERVICE, line.document() | {"number_set": True}
