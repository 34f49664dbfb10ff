"""How another system's tables are ours: which column is which, chosen once and kept. Pure.

As JSON or YAML (``Mapping.from_json`` says what is wrong)::

    {"tables": {"ABONNES": {"columns": {"N_ABO": "account.account", "RAISON": "site.name"},
                            "values": {"contact.role": {"DEP": "keyholder"}},
                            "widths": {"account.account": 4, "site.postcode": 5},
                            "head": 2}}}

A table is named as its file or sheet is, in whatever case and without ``.csv``; ``*`` is any other.
A head without a column of ours is not read; ``columns`` may leave out what has our own names.
``values``: what a cell says → what it means; ``widths``: numbers that lost their zeros get so many
digits again; ``head``: the row with the names of the columns, where it is not the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Of
from dataclasses import dataclass, field
from typing import Any

from callflow.core.sites.files.sheets import BY_KEY, Column, column_of, plain

#: Any table that is not named itself.
ANY = "*"
_LONGEST, _MOST = 200, 500


class BadMapping(ValueError):
    """What is wrong, in a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableMapping:
    """Of one table. ``columns``: {head as ``plain`` has it: key of ours, "" for none}."""

    columns: Of[str, str] = field(default_factory=dict)
    values: Of[str, Of[str, str]] = field(default_factory=dict)
    widths: Of[str, int] = field(default_factory=dict)
    head: int = 1

    def column(self, head: str) -> Column | None:
        """The column with this head."""
        key = self.columns.get(plain(head))
        return column_of(head) if key is None else BY_KEY.get(key)

    def leaves_out(self, head: str) -> bool:
        """True where it is said that the column with this head is not read."""
        return self.columns.get(plain(head)) == ""

    def cell(self, column: Column, said: str) -> str:
        """What a cell means in our words."""
        meant = self.values.get(column.key, {}).get(plain(said), said)
        width = self.widths.get(column.key, 0)
        return meant.strip().zfill(width) if width and meant.strip().isdigit() else meant


OURS = TableMapping()


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """Of the tables of one system."""

    tables: Of[str, TableMapping] = field(default_factory=dict)

    def of(self, table: str) -> TableMapping:
        """That of a table, by its file's or sheet's name."""
        return self.tables.get(_named(table), self.tables.get(ANY, OURS))

    @classmethod
    def from_json(cls, body: Any) -> Mapping:
        """Raises BadMapping."""
        tables = _object(body, "the mapping", {"tables"}).get("tables", {})
        return cls(
            tables={
                name if name == ANY else _named(name): _table(said, name)
                for name, said in _texts(tables, "tables")
            }
        )

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it."""
        return {
            "tables": {
                name: {
                    "columns": dict(table.columns),
                    "values": {key: dict(said) for key, said in table.values.items()},
                    "widths": dict(table.widths),
                    "head": table.head,
                }
                for name, table in self.tables.items()
            }
        }


def _named(table: str) -> str:
    return plain(table.rpartition("/")[2].removesuffix(".csv"))


def _table(body: Any, name: str) -> TableMapping:
    said = _object(body, f"tables.{name}", {"columns", "values", "widths", "head"})
    columns = {
        plain(head): _key(key or "", f"tables.{name}.columns.{head}", empty=True)
        for head, key in _texts(said.get("columns", {}), f"tables.{name}.columns")
    }
    values = {
        _key(key, f"tables.{name}.values"): {
            plain(each): str(meant) for each, meant in _texts(words, f"tables.{name}.values.{key}")
        }
        for key, words in _texts(said.get("values", {}), f"tables.{name}.values")
    }
    widths = {}
    for key, width in _texts(said.get("widths", {}), f"tables.{name}.widths"):
        if not isinstance(width, int) or isinstance(width, bool) or not 1 <= width <= 16:
            raise BadMapping(f"tables.{name}.widths.{key}: must be 1 to 16 digits")
        widths[_key(key, f"tables.{name}.widths")] = width
    head = said.get("head", 1)
    if not isinstance(head, int) or isinstance(head, bool) or not 1 <= head <= 100:
        raise BadMapping(f"tables.{name}.head: must be a row, 1 to 100")
    twice = [key for key in columns.values() if key and list(columns.values()).count(key) > 1]
    if twice:
        raise BadMapping(f"tables.{name}.columns: {twice[0]} is there twice")
    return TableMapping(columns=columns, values=values, widths=widths, head=head)


def _object(body: Any, name: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadMapping(f"{name}: must be an object")
    for each in body:
        if each not in known:
            raise BadMapping(f"{name}: has no {str(each)[:_LONGEST]!r}")
    return body


def _texts(body: Any, name: str) -> Iterable[tuple[str, Any]]:
    """The items of an object whose names are texts. Raises BadMapping."""
    if not isinstance(body, dict) or len(body) > _MOST:
        raise BadMapping(f"{name}: must be an object of at most {_MOST} names")
    for each in body:
        if not isinstance(each, str) or not 0 < len(each) <= _LONGEST:
            raise BadMapping(f"{name}: a name is a text of 1 to {_LONGEST} characters")
    return body.items()


def _key(key: Any, name: str, *, empty: bool = False) -> str:
    if isinstance(key, str) and (key in BY_KEY or (empty and not key)):
        return key
    raise BadMapping(f"{name}: there is no column {str(key)[:_LONGEST]!r}")
