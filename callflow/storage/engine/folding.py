"""A column as it is compared and sorted: without accents and capitals, on both databases."""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Text, case, func, literal, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


def _marks(letter: str) -> str:
    """A Latin letter's accents, apart from it; "" of others."""
    apart = unicodedata.normalize("NFD", letter)
    return apart[1:] if apart[0].isascii() else ""


#: What the accents of Latin letters are in decomposed text.
_ACCENTS = "".join(sorted({mark for c in map(chr, range(0xC0, 0x1F00)) for mark in _marks(c)}))


class _Folded(GenericFunction[str]):
    name = "folded"
    type = Text()
    inherit_cache = True


def folded(column: Any) -> ColumnElement[str]:
    """``callflow.core.folding.folded`` of a column. SQLite is given the function
    (``connections.py``).
    """
    return _Folded(column)


@compiles(_Folded, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    """Its ``lower`` knows ASCII only where a database's locale is C, so accents go first. Its
    ``translate`` looks at each accent for each letter: they are few, and ASCII needs none of it."""
    (column,) = element.clauses
    whole = func.octet_length(column) == func.char_length(column)
    apart = func.normalize(column, literal_column("NFD"))
    plain = func.translate(func.lower(apart), literal(_ACCENTS), literal(""))
    found = case((whole, func.lower(column)), else_=plain)
    return f"({compiler.process(found, **kw)})"
