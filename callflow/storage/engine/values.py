"""Rows become values of frozen dataclasses here, so that no dictionary leaves storage.

A value's fields have the names of the columns, in any order; a query has exactly those. What a
column keeps as text or as JSON becomes what the field's annotation says: an enum, a ``tuple`` or
``frozenset`` of them, a dataclass (whatever else is kept beside its fields is left). NULL is None,
and so is empty text where an enum may be None and has no such member. The other way ``columns``
gives a value's row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy import Column, Executable, Result, Table

from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx

K = TypeVar("K")
V = TypeVar("V")
_Reader = Callable[[Any], Any]


def found(tx: Tx, query: Executable, into: type[V]) -> list[V]:
    """What ``query`` finds, as values. Raises TypeError where its columns aren't the fields."""
    return list(each(tx.execute(query), into))


def each(result: Result[Any], into: type[V]) -> Iterator[V]:
    """The rest of a result, as values."""
    return map(_maker(into, tuple(result.keys())), result)


def first(tx: Tx, query: Executable, into: type[V]) -> V | None:
    """The first of ``found``."""
    result = tx.execute(query)
    row = result.first()
    return None if row is None else _maker(into, tuple(result.keys()))(row)


class Reads(Generic[V]):
    """A prepared query (``Prepared``) whose rows are values."""

    def __init__(self, query: Executable, into: type[V]) -> None:
        self._query, self._into = Prepared(query), into

    def all(self, tx: Tx, values: Mapping[str, Any]) -> list[V]:
        """Every row. Raises TypeError where its columns aren't the fields."""
        names, rows = self._query.table(tx, values)
        return list(map(_maker(self._into, names), rows))

    def first(self, tx: Tx, values: Mapping[str, Any]) -> V | None:
        """The first row, None where there is none."""
        return next(iter(self.all(tx, values)), None)


def grouped(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """{key: the values that have it}, in their order."""
    groups: dict[K, list[V]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups


def columns(value: Any, table: Table | None = None) -> dict[str, Any]:
    """{column: what is written there} of a value, of a join's those of one ``table``."""
    names = value.__dataclass_fields__
    mine = names if table is None else (name for name in names if name in table.c)
    return {name: written(getattr(value, name)) for name in mine}


def columns_of(table: Table, into: type[Any]) -> list[Column[Any]]:
    """The columns in the order of a value's fields: it is made of such a row at once."""
    return [table.c[name] for name in into.__dataclass_fields__]


def _maker(into: type[V], names: tuple[str, ...]) -> Callable[[Sequence[Any]], V]:
    made = _MAKERS.get((into, names))
    if made is None:
        made = _MAKERS[into, names] = _made(into, names)
    return made


_MAKERS: dict[tuple[type[Any], tuple[str, ...]], Callable[[Sequence[Any]], Any]] = {}


def _made(into: Any, names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Makes a value of a row whose columns are ``names``."""
    mine = tuple(into.__dataclass_fields__)
    if set(names) != set(mine):
        more, missing = set(names) - set(mine), set(mine) - set(names)
        raise TypeError(f"{into.__name__} lacks {sorted(more)}, its query {sorted(missing)}")
    hints = get_type_hints(into)
    readers = [(at, read) for at, name in enumerate(names) if (read := _reader(hints[name]))]
    in_order = names == mine and not any(each.kw_only for each in fields(into))

    def make(row: Sequence[Any]) -> Any:
        if readers:
            row = list(row)
            for at, read in readers:
                if row[at] is not None:
                    row[at] = read(row[at])
        return into(*row) if in_order else into(**dict(zip(names, row, strict=True)))

    return make


def _reader(hint: Any) -> _Reader | None:
    """How a column is read that is not NULL; None: as it is."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        kinds = [each for each in inner if each is not NoneType]
        read = _reader(kinds[0]) if len(kinds) == 1 else None
        if isinstance(read, type) and issubclass(read, Enum):
            return {"": None, **{each.value: each for each in read}}.__getitem__
        return read
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if is_dataclass(hint):
        return _of_object(hint)
    if origin in (tuple, frozenset):
        read = _reader(inner[0])
        return origin if read is None else lambda found: origin(map(read, found))
    return None


def _of_object(into: Any) -> _Reader:
    names = into.__dataclass_fields__
    return lambda found: into(**{name: value for name, value in found.items() if name in names})


def written(value: Any) -> Any:
    """A field's value as its column keeps it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [written(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(written(each) for each in value)
    return value
