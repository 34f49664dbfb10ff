"""What the pages of a person's and of a client's data have in common: the file that is given, and
the name that is typed once more."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from fastapi import Response

from callflow.clock import to_iso
from callflow.core.folding import folded
from callflow.handling.base.refusals import Refused
from web.kit import zips


async def given(
    name: str, rows: Mapping[str, list[Any]], files: Iterable[tuple[Path, list[str]]]
) -> Response:
    """A ZIP file called ``name``: the rows by table, and those of the files ({folder: paths}) that
    this node has."""

    def fill(zipped: ZipFile) -> None:
        text = json.dumps(rows, default=to_iso, ensure_ascii=False, indent=1)
        zipped.writestr("rows.json", text)
        for folder, paths in files:
            for path in paths:
                with suppress(OSError):  # another node's
                    zipped.write(folder / path, f"{folder.name}/{path}")

    return await zips.answer(name, fill)


def check_name(typed: str, name: str) -> None:
    """Raises Refused where another one is typed: nothing brings back what is erased."""
    if folded(typed.strip()) != folded(name):
        raise Refused("type the name as it stands above: nothing brings it back")
