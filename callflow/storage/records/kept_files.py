"""Files that rows name, in the order in which the rows came: what another site must have, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Table, select, tuple_

from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

#: {what: (its table, the column of its time, the folder of its files)}
_TABLES: dict[str, tuple[Table, str, str]] = {
    "recording": (t.recording, "checked_at", "recordings"),
    "spoken": (t.spoken, "said_at", "recordings"),
    "image": (t.image, "taken_at", "images"),
    "document": (t.document, "made_at", "documents"),
}
WHAT = tuple(_TABLES)
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a row names since ``at`` (UTC). ``folder``: recordings, images or documents;
    ``path``: in it."""

    folder: str
    path: str
    sha256: str
    at: datetime


def page(tx: Tx, what: str, since: datetime, after: str, limit: int) -> Sequence[NamedFile]:
    """At most ``limit`` of one of ``WHAT``, from ``since`` and behind the path ``after`` on."""
    table, time, folder = _TABLES[what]
    c = table.c
    query = (
        select(c.path, c.sha256, c[time])
        .where(tuple_(c[time], c.path) > (since, after), c.path != "", c.sha256.is_not(None))
        .order_by(c[time], c.path)
        .limit(limit)
    )
    return [NamedFile(folder, path, sha256, at) for path, sha256, at in tx.execute(query)]
