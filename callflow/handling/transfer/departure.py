"""Everything that a station knows, in open formats, for whoever takes it over.

``tables/*.csv`` are sites and what is around them, sheet by sheet (``workbook``);
``history/*.jsonl`` what happened, an object a line; ``history/recordings.csv`` which file is whose.
Times are UTC, ISO 8601. No code, key or password is in any of it, nor a service's reserved number.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from callflow.core.sites.files import writing
from callflow.core.time.instants import to_iso
from callflow.handling.transfer import workbook
from callflow.handling.transfer.writing import InTx
from callflow.storage import Tx
from callflow.storage.interventions import services
from callflow.storage.records import history
from callflow.storage.sites import sites

#: Rows that are in memory at once; sites whose ids are.
_ROWS, _SITES = 1000, 10_000_000
#: The columns of the recordings' index.
_RECORDINGS = ("call_id", "path", "sha256", "duration", "problem", "checked_at")


def files(read: InTx) -> Iterator[tuple[str, Iterator[bytes]]]:
    """(name of a file, its pieces), to be taken one after the other."""
    ids: list[str] = read(partial(sites.site_ids, limit=_SITES))
    for name, pieces in workbook.files(read, ids, "en"):
        yield f"tables/{name}", pieces
    reserved: dict[str, str] = read(_reserved)
    for name in history.TABLES:
        yield f"history/{name}.jsonl", _lines(read, name, reserved)
    yield "history/recordings.csv", _recordings(read)


def _reserved(tx: Tx) -> dict[str, str]:
    """{number of a service: as it is shown}."""
    return {line.number: line.number_masked for line in services.lines(tx)}


def _lines(read: InTx, table: str, reserved: Mapping[str, str]) -> Iterator[bytes]:
    for rows in _pages(read, table):
        for row in rows:
            if row.get("to") in reserved:
                row["to"] = reserved[row["to"]]
        said = (json.dumps(row, ensure_ascii=False, default=_said) for row in rows)
        yield "".join(f"{line}\n" for line in said).encode()


def _recordings(read: InTx) -> Iterator[bytes]:
    cells = (
        [[_cell(row[name]) for name in _RECORDINGS] for row in rows]
        for rows in _pages(read, "recording")
    )
    return writing.to_csv(_RECORDINGS, cells, "en")


def _pages(read: InTx, table: str) -> Iterator[list[dict[str, Any]]]:
    last: Any = None
    while True:
        rows, last = read(partial(history.page, table=table, after=last, limit=_ROWS))
        if not rows:
            return
        yield rows


def _cell(value: Any) -> str:
    return "" if value is None else _said(value)


def _said(value: Any) -> str:
    """What JSON has no word for."""
    return to_iso(value) if isinstance(value, datetime) else str(value)
