"""How another system's tables are ours, chosen once, kept by a name, and used for the next file."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from callflow.core.sites.files import sheets, tables
from callflow.core.sites.files.faults import WORDS
from callflow.core.sites.files.mapping import BadMapping, Mapping, TableMapping
from callflow.core.sites.files.tables import BadFile
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.sites import mappings

_LONGEST = 64


def get(tx: Tx, name: str) -> Mapping:
    """The mapping of this name. Raises NotFound."""
    kept = mappings.get(tx, name)
    if kept is None:
        raise NotFound("there is no mapping of this name", name)
    return Mapping.from_json(kept.body)


def read(body: Any) -> Mapping:
    """What somebody wrote, as a mapping. Raises BadField."""
    try:
        return Mapping.from_json(body)
    except BadMapping as bad:
        raise BadField("mapping", str(bad)) from None


def save(tx: Tx, name: str, mapping: Mapping, who: str, now: datetime) -> None:
    """It is kept by this name, in place of one that was. Raises BadField."""
    if not 0 < len(name.strip()) <= _LONGEST or not name.isprintable():
        raise BadField("name", f"is a text of 1 to {_LONGEST} characters")
    mappings.put(tx, name.strip(), mapping.to_json(), who, now)
    tell(tx, "file_mapping_saved", now, mapping=name.strip(), by=who, who_did=who)


def remove(tx: Tx, name: str, who: str, now: datetime) -> None:
    """It is kept no more. Raises NotFound."""
    if not mappings.drop(tx, name):
        raise NotFound("there is no mapping of this name", name)
    tell(tx, "file_mapping_removed", now, mapping=name, by=who, who_did=who)


def suggested(files: Iterator[tuple[str, IO[bytes]]], head: int = 1) -> Mapping:
    """Every table of these files with every head, and our column where that is plain. Raises
    BadField."""
    found: dict[str, TableMapping] = {}
    try:
        for name, file in files:
            for raw in tables.tables(file, name):
                cells = next((cells for number, cells in raw.rows if number >= head), ())
                heads = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
                columns = {said: _known(said) for said in heads}
                found[raw.name] = TableMapping(columns=columns, head=head)
    except BadFile as bad:
        raise BadField("file", WORDS[bad.code].format_map(bad.args_)) from None
    return Mapping(tables=found)


def _known(head: str) -> str:
    column = sheets.column_of(head)
    return column.key if column else ""
