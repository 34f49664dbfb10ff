"""Every setting says in its comment what it is: the reference of the manual is made of them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from callflow.package.manual import reference, settings_fields


class _Some(BaseModel):
    bare: int = 0
    #: Seconds, both.
    one: float = 1.0
    two: float = Field(2.0, ge=0)

    #: Where it is,
    #: and when.
    three: str = ""


def test_a_comment_is_of_the_fields_right_below_it() -> None:
    assert [(field.name, field.said, field.default) for field in settings_fields.fields(_Some)] == [
        ("bare", "", "0"),
        ("one", "Seconds, both.", "1.0"),
        ("two", "Seconds, both.", "2.0"),
        ("three", "Where it is, and when.", "none"),
    ]


@pytest.mark.parametrize("model", [*reference.ROOMS, *(model for _, model in reference.ELEMENTS)])
def test_every_setting_has_its_comment(model: type[BaseModel]) -> None:
    assert [field.name for field in settings_fields.fields(model) if not field.said] == []
