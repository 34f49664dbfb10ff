"""Statements that every alarm and call needs, made ready once for each dialect.

SQLAlchemy looks a statement up in its cache, binds, and wraps its result anew at each execution:
five times what SQLite itself takes for a row by its key, a hundred times an alarm. Here what it
made of a statement is kept: its text, how its parameters are written and its columns are read.
Errors, events and types are SQLAlchemy's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from callflow.storage.engine.store import Tx

Row = dict[str, Any]
_Processor = Callable[[Any], Any]
_LONGEST = 32  # elements of a list


class Prepared:
    """A statement whose parameters are named ``bindparam``s, lists (``expanding``) among them.

    The rows are dictionaries by the columns' names (``values.Reads``: values). Raises what
    SQLAlchemy raises.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement: Any = statement
        self._varies: frozenset[str] | None = None
        self._ready: dict[Hashable, _Ready] = {}

    def all(self, tx: Tx, values: Mapping[str, Any]) -> list[Row]:
        """Every row."""
        columns, rows = self.table(tx, values)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def table(
        self, tx: Tx, values: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], Sequence[Sequence[Any]]]:
        """The columns' names, and every row in their order."""
        values = self._filled(tx.dialect, values)
        ready = self._for(tx.dialect, values)
        if ready is None:
            result = tx.execute(self._statement, dict(values))
            return tuple(result.keys()), result.all()
        cursor = ready.run(tx, ready.bound(values))
        try:
            return ready.columns, ready.rows(cursor, cursor.fetchall())
        finally:
            cursor.close()

    def first(self, tx: Tx, values: Mapping[str, Any]) -> Row | None:
        """The first row, None where there is none."""
        found = self.all(tx, values)
        return found[0] if found else None

    def change(self, tx: Tx, values: Mapping[str, Any]) -> int:
        """How many rows were changed."""
        values = self._filled(tx.dialect, values)
        ready = self._for(tx.dialect, values)
        if ready is None:
            return int(tx.execute(self._statement, dict(values)).rowcount)
        cursor = ready.run(tx, ready.bound(values))
        try:
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def change_all(self, tx: Tx, several: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of ``several``, which have the same names."""
        if several:
            if self._varies is None:
                self._varies = self._names_that_vary(tx.dialect)
            ready = self._for(tx.dialect, several[0])
            assert ready is not None, "one value a name"
            ready.run(tx, [ready.bound(values) for values in several], many=True).close()

    def _filled(self, dialect: Dialect, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """With lists as long as a power of two: what is said twice in an ``IN`` changes nothing,
        and there are few lengths to make ready."""
        if self._varies is None:
            self._varies = self._names_that_vary(dialect)
        if not self._varies:
            return values
        longer = {name: _filled(values[name]) for name in self._varies if name in values}
        return {**values, **longer}

    def _names_that_vary(self, dialect: Dialect) -> frozenset[str]:
        """Of the lists: each length of one is a statement of its own."""
        binds = self._statement.compile(dialect=dialect).binds.items()
        return frozenset(name for name, bind in binds if bind.expanding)

    def _for(self, dialect: Dialect, values: Mapping[str, Any]) -> _Ready | None:
        """None for lists that are empty or long. ``_varies`` is known."""
        key: Hashable = dialect.name
        if self._varies:
            lengths = [len(values[name]) for name in self._varies if name in values]
            if lengths and not 0 < min(lengths) <= max(lengths) <= _LONGEST:
                return None
            key = dialect.name, *lengths
        elif self._statement.is_insert:
            key = dialect.name, *values
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = _made_ready(self._statement, dialect, values)
        return ready


def _filled(values: Sequence[Any]) -> Sequence[Any]:
    count = len(values)
    if count > _LONGEST or count & (count - 1) == 0:
        return values
    return [*values, *[values[-1]] * ((1 << count.bit_length()) - count)]


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is kept of a statement for one dialect and these lengths of its lists."""

    text: str
    positional: bool
    names: tuple[str, ...]  # of its parameters, in their order
    constants: Mapping[str, Any]  # those that no call gives, as they are written
    elements: tuple[tuple[str, str, int], ...]  # of lists: its name, the list's, its place there
    written: tuple[tuple[int, bool, _Processor], ...]  # place, whether NULL too, how
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    columns: tuple[str, ...]
    types: tuple[Any, ...]
    dialect: Dialect
    readers: list[list[tuple[int, _Processor]]]  # how columns are read, once the driver was asked

    def bound(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them. Raises KeyError where one is missing."""
        given = {**self.constants, **values}
        for name, of, place in self.elements:
            given[name] = values[of][place]
        made: Sequence[Any] = self.pick(given)
        if self.written:
            made = list(made)
            for place, null_too, write in self.written:
                if null_too or made[place] is not None:
                    made[place] = write(made[place])
        if self.positional:
            return made
        return dict(zip(self.names, made, strict=True))

    def run(self, tx: Tx, parameters: Any, *, many: bool = False) -> Any:
        """The cursor after the statement."""
        cursor = tx.connection.cursor()
        told = tx._has_events or tx.engine._has_events
        try:
            if told:
                for heard in tx.dispatch.before_cursor_execute:
                    heard(tx, cursor, self.text, parameters, None, many)
            self._execute(tx, cursor, parameters, many=many)
            if told:
                for heard in tx.dispatch.after_cursor_execute:
                    heard(tx, cursor, self.text, parameters, None, many)
        except BaseException as error:
            tx._handle_dbapi_exception(error, self.text, parameters, cursor, None)
            raise
        return cursor

    def _execute(self, tx: Tx, cursor: Any, parameters: Any, *, many: bool) -> None:
        dispatch = tx.dialect.dispatch
        for heard in dispatch.do_executemany if many else dispatch.do_execute:
            if heard(cursor, self.text, parameters, None):
                return
        if many:
            cursor.executemany(self.text, parameters)
        else:
            cursor.execute(self.text, parameters)

    def rows(self, cursor: Any, found: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """``found``, each column read by its type."""
        if not found:
            return []
        if not self.readers:
            self.readers.append(self._readers(cursor.description))
        readers = self.readers[0]
        made = []
        for one in found:
            values = list(one)
            for place, read in readers:
                if values[place] is not None:  # every type of ours reads NULL as None
                    values[place] = read(values[place])
            made.append(values)
        return made

    def _readers(self, description: Sequence[Sequence[Any]]) -> list[tuple[int, _Processor]]:
        found = [
            _of_json
            if isinstance(kind, JSON) and self.dialect.name == "sqlite"
            else kind._cached_result_processor(self.dialect, column[1])
            for kind, column in zip(self.types, description, strict=True)
        ]
        return [(place, read) for place, read in enumerate(found) if read is not None]


def _of_json(text: Any) -> Any:
    """A JSON column of SQLite's. An alarm with its call reads a hundred, short or empty nearly all:
    there ``json.loads`` looks longer for white space than for a value."""
    try:
        value, end = _JSON.raw_decode(text)
    except (TypeError, ValueError):
        return text if isinstance(text, int | float) else json.loads(text)
    return value if end == len(text) else json.loads(text)


_JSON = json.JSONDecoder()


def _made_ready(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> _Ready:
    given = list(values) if statement.is_insert else None
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=given)
    usual = compiled.construct_params(dict(values))
    text = compiled.string
    names: Sequence[str] = compiled.positiontup or list(compiled.bind_names.values())
    written: Mapping[str, Any] = compiled._bind_processors
    elements: dict[str, tuple[str, int]] = {}
    if any(bind.expanding for bind in compiled.binds.values()):
        expanded = compiled.construct_expanded_state(dict(values))
        for name, made in expanded.parameter_expansion.items():
            elements |= {element: (name, place) for place, element in enumerate(made)}
        text, written = expanded.statement, {**written, **expanded.processors}
        alone = [name for name in names if name not in expanded.parameter_expansion]
        names = expanded.positiontup or [*alone, *elements]
    fixed = {element: usual[of][at] for element, (of, at) in elements.items() if of not in values}
    fixed |= {name: usual[name] for name in names if name not in elements and name not in values}
    result = compiled._result_columns or ()
    return _Ready(
        text=text,
        positional=bool(compiled.positional),
        names=tuple(names),
        constants={name: written[name](v) if name in written else v for name, v in fixed.items()},
        elements=tuple((name, *where) for name, where in elements.items() if name not in fixed),
        written=tuple(
            (place, write(None) is not None, write)
            for place, name in enumerate(names)
            if name not in fixed and (write := written.get(name)) is not None
        ),
        pick=_picker(tuple(names)),
        columns=tuple(entry[0] for entry in result),
        types=tuple(entry[3] for entry in result),
        dialect=dialect,
        readers=[],
    )


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)
