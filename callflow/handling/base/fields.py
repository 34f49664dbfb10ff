"""Fields of what is sent to Callflow: texts that every database takes, and what names things.

A field that is wrong raises BadField; within a pydantic model that is one of its errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class BadField(ValueError):
    """A field is wrong: ``field`` says which, the message what to do.

    ``message`` is a sentence that pages say in their own language, ``about`` what it names.
    """

    def __init__(self, field: str, message: str, about: str = "") -> None:
        self.field, self.message, self.about = field, message, about
        super().__init__(f"{field}: {self.said}" if field else self.said)

    @property
    def said(self) -> str:
        """The sentence, and what it names."""
        return f"{self.message}: {self.about}" if self.about else self.message

    def within(self, *path: str | int) -> BadField:
        """The same of the field that lies at ``path``."""
        field = ".".join(filter(None, (*map(str, path), self.field)))
        return BadField(field, self.message, self.about)


def bad_field(error: Mapping[str, Any]) -> BadField:
    """One of the errors of a pydantic ValidationError."""
    raised, where = error.get("ctx", {}).get("error"), [p for p in error["loc"] if p != "[key]"]
    if isinstance(raised, BadField):
        return raised.within(*where)
    kind, message, about = error["type"], str(error["msg"]).removeprefix("Value error, "), ""
    if kind in ("missing", "string_too_short"):
        message = "is missing"
    elif kind == "string_too_long" or (kind == "too_long" and isinstance(error["input"], str)):
        message, about = "is too long", str(error["ctx"]["max_length"])
    elif kind == "enum":
        message = f"must be one of {error['ctx']['expected']}"
    return BadField("", message, about).within(*where)


def read(shape: type[M], sent: object) -> M:
    """``sent`` as this model. Raises BadField of the first thing that is wrong."""
    try:
        return shape.model_validate(sent)
    except ValidationError as error:
        raise bad_field(error.errors(include_url=False)[0]) from None


@dataclass(frozen=True, slots=True, eq=False)  # hashed where it stands in a union (CPython 3.11)
class Check:
    """A rule of a field, which raises BadField, and how a JSON schema says it."""

    check: Callable[[Any], Any]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, kind: Any, next_: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, next_(kind))

    def __get_pydantic_json_schema__(
        self, kind: CoreSchema, next_: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**next_(kind), **self.schema}


def between(least: float, most: float) -> Check:
    """A number's bounds, both taken."""

    def check(number: float) -> float:
        if not least <= number <= most:
            raise BadField("", f"must lie between {least:g} and {most:g}")
        return number

    return Check(check, {"minimum": least, "maximum": most})


def like(pattern: re.Pattern[str], message: str) -> Check:
    """A text that matches ``pattern`` whole; ``message``: what to write instead."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise BadField("", message)
        return text

    return Check(check, {"pattern": f"^({pattern.pattern})$"})


def filled(text: str) -> str:
    """A text that says something."""
    if not text.strip():
        raise BadField("", "is missing")
    return text


def storable(text: str) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        raise ValueError("a NUL character can't be stored")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair can't be stored") from None
    return text


def every_text_storable(value: T) -> T:
    """What JSON can hold, where every text in it, names included, can be stored."""
    for text in _texts(value):
        storable(text)
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for name in value for text in _texts(name))
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


#: A text from outside, kept as sent: only its length is looked at.
Storable = Annotated[str, AfterValidator(storable)]
Short = Annotated[Storable, Field(max_length=16)]
Line = Annotated[Storable, Field(max_length=200)]
Long = Annotated[Storable, Field(max_length=4000)]
_ACCOUNT = re.compile("[0-9A-Za-z]{1,16}")
ACCOUNT = f"^{_ACCOUNT.pattern}$"
AccountNumber = Annotated[
    str,
    Check(filled, {}),
    like(_ACCOUNT, "1 to 16 characters, digits and letters only"),
    Field(description="Leading zeros are kept"),
]
#: A text that says something.
Name = Annotated[Line, Check(filled, {"minLength": 1})]
Identifier = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
