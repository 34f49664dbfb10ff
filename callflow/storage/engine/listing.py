"""A page of a list: of what a query finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select

from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Page:
    """``sort`` is one of the list's own; an empty ``text`` or ``state`` is any."""

    text: str = ""
    state: str = ""
    sort: str = ""
    descending: bool = False
    offset: int = 0
    limit: int = 50


def paged(
    tx: Tx,
    query: Select[Any],
    page: Page,
    into: type[V],
    by: Mapping[str, Any],
    *then: ColumnElement[Any],
) -> tuple[list[V], int]:
    """The page of ``query``, as values, and how many it finds; sorted as the page asks ``by`` one
    of these, ``then`` by those."""
    count = tx.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    first = by[page.sort].desc() if page.descending else by[page.sort]
    query = query.order_by(first, *then).offset(page.offset).limit(page.limit)
    return found(tx, query, into), int(count)
