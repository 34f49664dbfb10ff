"""A column as it is compared and sorted: without accents and capitals, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from callflow.folding import folded as fold

#: What ``lower`` leaves: it knows ASCII only where a database's locale is C. What accents are made
#: of in decomposed text has no letter of its own and falls away.
_ACCENTED = [c for c in map(chr, range(0xC0, 0x1F00)) if fold(c) != c and fold(c).isascii()]
_COMBINING = "".join(map(chr, range(0x300, 0x370)))


class _Folded(GenericFunction[str]):
    name = "folded"
    type = Text()
    inherit_cache = True


def folded(column: Any) -> ColumnElement[str]:
    """``callflow.folding.folded`` of a column. SQLite is given the function (``connecting.py``)."""
    return _Folded(column)


@compiles(_Folded, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    (column,) = element.clauses
    plain = "".join(map(fold, _ACCENTED))
    found = func.translate(
        func.lower(column), literal("".join(_ACCENTED) + _COMBINING), literal(plain)
    )
    return str(compiler.process(found, **kw))
