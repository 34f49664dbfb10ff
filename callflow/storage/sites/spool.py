"""Rows on their way between files and sites: as many as there are, without holding them in memory.

A private database of SQLite's that has no name: it spills to a file that is unlinked as soon as it
is opened, and is gone with whoever opened it (https://sqlite.org/inmemorydb.html). Secrets come in
encrypted.
"""

import json
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

#: Pages of 4 kB that stay in memory.
_PAGES = 4000
_TABLES = """
CREATE TABLE item (
    place INTEGER PRIMARY KEY, part TEXT, site TEXT, account TEXT, key TEXT, owner TEXT,
    tab TEXT, row INTEGER, cells TEXT, secrets BLOB
);
CREATE TABLE known (account TEXT PRIMARY KEY, site TEXT);
CREATE TABLE bad (owner TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What a row says of one part. ``site`` and ``account``: how it says whose it is; ``key``: what
    tells it from the others; ``cells``: {field: value}; ``secrets``: likewise, encrypted."""

    part: str
    site: str
    account: str
    key: str
    tab: str
    row: int
    cells: Mapping[str, Any]
    secrets: bytes | None = None


class Spool:
    """Put in as they come, taken out by whose they are. Used by one thread at a time."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._end = weakref.finalize(self, self._rows.close)
        self._rows.executescript(f"PRAGMA journal_mode=OFF; PRAGMA cache_size={_PAGES}; {_TABLES}")

    def close(self) -> None:
        """Everything is gone; as it is with whoever forgets to."""
        self._end()

    def add(self, items: Iterable[Item]) -> None:
        """One after the other, as they stand in the file."""
        self._rows.execute("BEGIN")
        self._rows.executemany(
            "INSERT INTO item (part, site, account, key, tab, row, cells, secrets)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (i.part, i.site, i.account, i.key, i.tab, i.row, _json(i.cells), i.secrets)
                for i in items
            ),
        )
        self._rows.execute("COMMIT")

    def settle(self, accounts: Mapping[str, str]) -> None:
        """Say whose each row is: the site that it names; else its account's, by ``accounts``
        (account → site) and then by the file; else a site that will be called as the account is."""
        run = self._rows.execute
        run("BEGIN")
        self._rows.executemany("INSERT OR REPLACE INTO known VALUES (?, ?)", accounts.items())
        run(
            "INSERT OR IGNORE INTO known SELECT key, site FROM item"
            " WHERE part = 'account' AND site != '' ORDER BY place"
        )
        run(
            "UPDATE item SET owner = CASE WHEN site != '' THEN site ELSE"
            " coalesce((SELECT site FROM known WHERE known.account = item.account), account) END"
        )
        run("CREATE INDEX of_owner ON item (owner, place)")
        run("CREATE INDEX of_key ON item (part, key)")
        run("COMMIT")

    def spoil(self, owner: str) -> None:
        """Something of it can't be read: it is taken as a whole, or not at all."""
        self._rows.execute("INSERT OR IGNORE INTO bad VALUES (?)", (owner,))

    def spoiled(self, owner: str) -> bool:
        """True where ``spoil`` was said of it."""
        query = "SELECT 1 FROM bad WHERE owner = ?"
        return self._rows.execute(query, (owner,)).fetchone() is not None

    def owner_of(self, site: str, account: str) -> str:
        """Whose a row is that says so, once it is settled."""
        found = self._rows.execute("SELECT site FROM known WHERE account = ?", (account,))
        return site or next((one for (one,) in found), None) or account

    def owners(self) -> Iterator[str]:
        """Everything that is the owner of a row, in the order of the file."""
        query = "SELECT owner FROM item GROUP BY owner ORDER BY min(place)"
        with closing(self._rows.cursor()) as cursor:
            yield from (owner for (owner,) in cursor.execute(query))

    def count_owners(self) -> int:
        """How many there are."""
        found: int = self._rows.execute("SELECT count(DISTINCT owner) FROM item").fetchone()[0]
        return found

    def has(self, owner: str) -> bool:
        """True where a row is this one's."""
        query = "SELECT 1 FROM item WHERE owner = ? LIMIT 1"
        return self._rows.execute(query, (owner,)).fetchone() is not None

    def of(self, owner: str) -> list[Item]:
        """Its rows, in the order of the file."""
        return list(self._items("WHERE owner = ? ORDER BY place", owner))

    def of_part(self, part: str) -> Iterator[Item]:
        """Those of one part, by whose they are and then in the order of the file."""
        return self._items("WHERE part = ? ORDER BY place", part)

    def first(self, part: str, key: str) -> Item | None:
        """The first of a part that is told apart by ``key``."""
        return next(
            self._items("WHERE part = ? AND key = ? ORDER BY place LIMIT 1", part, key), None
        )

    def several_owners(self, part: str) -> Iterator[tuple[str, str, str, int]]:
        """(key, owner, sheet, row) of what more than one owner has, the first of each left out."""
        query = (
            "SELECT key, owner, tab, row FROM item WHERE part = ? AND key IN (SELECT key FROM item"
            " WHERE part = ? GROUP BY key HAVING count(DISTINCT owner) > 1) ORDER BY key, place"
        )
        before = ("", "")
        for key, owner, tab, row in self._rows.execute(query, (part, part)):
            if key != before[0]:
                before = (key, owner)
            elif owner != before[1]:
                yield key, owner, tab, row

    def differing(
        self, part: str, field: str
    ) -> Iterator[tuple[str, str, str, int, str, str, int]]:
        """(key, owner, sheet, row, value, the first's, its row) of what differs in one field from
        where its key stands first."""
        query = (
            "WITH said AS (SELECT place, key, owner, tab, row, json_extract(cells, ?) AS value"
            " FROM item WHERE part = ? AND key != ''),"
            " several AS (SELECT key, min(place) AS first FROM said WHERE value IS NOT NULL"
            " GROUP BY key HAVING count(DISTINCT value) > 1)"
            " SELECT said.key, said.owner, said.tab, said.row, said.value, one.value, one.row"
            " FROM several JOIN said USING (key) JOIN said one ON one.place = several.first"
            " WHERE said.value IS NOT NULL AND said.value != one.value ORDER BY said.place"
        )
        yield from self._rows.execute(query, (f"$.{field}", part))

    def _items(self, where: str, *given: object) -> Iterator[Item]:
        query = f"SELECT part, site, account, key, tab, row, cells, secrets FROM item {where}"  # noqa: S608 -- our own text
        with closing(self._rows.cursor()) as cursor:
            for part, site, account, key, tab, row, cells, secrets in cursor.execute(query, given):
                yield Item(
                    part=part,
                    site=site,
                    account=account,
                    key=key,
                    tab=tab,
                    row=row,
                    cells=json.loads(cells),
                    secrets=secrets,
                )


def _json(cells: Mapping[str, Any]) -> str:
    return json.dumps(cells, ensure_ascii=False, default=str)
