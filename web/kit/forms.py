"""What a form of a page says, checked: a problem that names the field, or the value."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request

from web.kit.problems import ProblemError

Form = Mapping[str, str]
_Member = TypeVar("_Member", bound=StrEnum)


async def sent(request: Request) -> dict[str, str]:
    """What was sent, each field as text."""
    return {name: str(value) for name, value in (await request.form()).items()}


def text(form: Form) -> str:
    """The words in the field ``text``, as they were typed."""
    return long(form, "text")


def long(form: Form, field: str) -> str:
    """The words in a field, as they were typed."""
    said = form.get(field, "").replace("\r\n", "\n").replace("\0", "")
    if len(said) > 4000:
        raise ProblemError(422, "at most 4000 characters", field=field)
    return said


def line(form: Form, field: str) -> str:
    """A name or a reference: at most 200 characters of it."""
    return form.get(field, "").replace("\0", "")[:200]


def one_of(of: type[_Member], form: Form, field: str) -> _Member:
    """A member of a closed vocabulary."""
    try:
        return of(form.get(field, ""))
    except ValueError:
        raise ProblemError(422, f"choose one of {', '.join(of)}", field=field) from None


def minutes(form: Form) -> int:
    """A time of at most a day."""
    said = form.get("minutes", "")
    if not said.isascii() or not said.isdigit() or not 1 <= int(said) <= 1440:
        raise ProblemError(422, "1 to 1440 minutes", field="minutes")
    return int(said)


def yes_no(form: Form, field: str) -> bool | None:
    """What was chosen; None: nothing."""
    said = form.get(field, "")
    if said not in ("", "yes", "no"):
        raise ProblemError(422, "choose yes or no", field=field)
    return {"yes": True, "no": False}.get(said)


def moment(form: Form, field: str, zone: ZoneInfo) -> datetime | None:
    """A day and a time as a clock in ``zone`` shows it, in UTC; None: nothing was chosen."""
    said = form.get(field, "")
    if not said:
        return None
    try:
        return datetime.fromisoformat(said).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ProblemError(422, "choose a day and a time", field=field) from None


_CENTS = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")


def cents(form: Form, field: str) -> int | None:
    """An amount of euros, with a comma or a point, in cents; None: nothing was typed."""
    said = form.get(field, "").strip()
    if not said:
        return None
    told = _CENTS.fullmatch(said)
    if told is None:
        raise ProblemError(422, "write an amount such as 32,50", field=field)
    return int(told[1]) * 100 + int((told[2] or "").ljust(2, "0"))


#: Decimals of a number that is typed.
_DECIMALS = 12
_NUMBER = re.compile(rf"-?[0-9]{{1,15}}(?:[.,][0-9]{{1,{_DECIMALS}}})?")


def number(form: Form, field: str) -> float | None:
    """A number, with a comma or a point; None: nothing was typed."""
    said = form.get(field, "").strip()
    if not said:
        return None
    if not _NUMBER.fullmatch(said):
        raise ProblemError(422, "write a number", field=field)
    return float(said.replace(",", "."))


def written(value: float | None) -> str:
    """A number as ``number`` reads it again."""
    return "" if value is None else f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def whole(form: Form, field: str, most: int) -> int:
    """A whole number from 0 to ``most``; nothing typed is 0."""
    said = form.get(field, "").strip() or "0"
    if not said.isascii() or not said.isdigit() or int(said[:9]) > most:
        raise ProblemError(422, "write a whole number", field=field)
    return int(said)
