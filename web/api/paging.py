"""Cursors: where the next page begins, opaque to whoever asks."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator

from callflow.core.time.instants import from_iso, to_iso
from web.api.shapes import written
from web.kit.problems import ProblemError

_V = TypeVar("_V")

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most")]
After = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]


def _utc(at: datetime) -> datetime:
    """``at`` in UTC; without an offset it is taken as UTC."""
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


Since = Annotated[
    Annotated[datetime, BeforeValidator(written), AfterValidator(_utc)] | None,
    Query(description="From this instant on (ISO 8601; without an offset: UTC)"),
]

Until = Annotated[
    Annotated[datetime, BeforeValidator(written), AfterValidator(_utc)] | None,
    Query(description="Before this instant (ISO 8601; without an offset: UTC)"),
]


def encode(*parts: object) -> str:
    """A cursor."""
    text = "\n".join(str(part) for part in parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str]:
    """The parts of a cursor. Raises a problem where it isn't one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = base64.b64decode(padded.encode("ascii"), b"-_", validate=True).decode().split("\n")
    except (binascii.Error, UnicodeError, ValueError):
        found = []
    if len(found) != parts:
        raise _not_ours()
    return found


def number_of(cursor: str | None) -> int:
    """A cursor over rows that are numbered."""
    if cursor is None:
        return 0
    text = decode(cursor, 1)[0]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _not_ours()
    return int(text)


def moment_of(cursor: str | None) -> tuple[datetime, str] | None:
    """A cursor over rows that are ordered by instant and id."""
    if cursor is None:
        return None
    at, last = decode(cursor, 2)
    try:
        return from_iso(at), last
    except ValueError:
        raise _not_ours() from None


def moment(at: datetime, last: str) -> str:
    """The cursor that ``moment_of`` reads."""
    return encode(to_iso(at), last)


def page(rows: list[_V], limit: int, cursor: Callable[[_V], str]) -> tuple[list[_V], str | None]:
    """``rows`` were asked for with one more than ``limit``: the page, and the next one's cursor."""
    shown = rows[:limit]
    return shown, cursor(shown[-1]) if len(rows) > limit else None


def _not_ours() -> ProblemError:
    return ProblemError(422, "not a cursor that a list gave", field="query.after")
