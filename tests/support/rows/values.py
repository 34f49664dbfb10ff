"""Values of stored rows, for tests of what decides by a few of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

V = TypeVar("V")
_EMPTY: dict[Any, Any] = {
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    tuple: (),
    frozenset: frozenset(),
}
_EMPTY |= {datetime: datetime(2026, 11, 25, 3, 0, tzinfo=UTC), Mapping: {}, dict: {}, list: []}


def example(of: type[V], **given: Any) -> V:
    """A value of the dataclass ``of``; each field that isn't given is None where it may be, else
    empty, zero, the first of its enum, or a night in November."""
    hints = get_type_hints(of)
    return of(**{field.name: _empty(hints[field.name]) for field in fields(of)} | given)  # type: ignore[arg-type]


def _empty(hint: Any) -> Any:
    if NoneType in get_args(hint):
        return None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return _EMPTY[get_origin(hint) or hint]
