"""What may be shipped with a work under Apache-2.0, and what metadata says of it."""

from __future__ import annotations

from email.message import Message

import pytest

from tests.support.checks.licences import Part, goes_with, refused, stated


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "Apache-2.0 AND BSD-2-Clause",
        "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",  # ours to choose
        "(GPL-3.0-only OR MIT) AND LGPL-3.0-only",
    ],
)
def test_it_may_be_shipped(licence: str) -> None:
    assert goes_with(licence)


@pytest.mark.parametrize(
    "licence",
    ["", "GPL-3.0-or-later", "AGPL-3.0-only", "MIT AND GPL-2.0-only", "(MIT", "MIT OR", "MIT MIT"],
)
def test_it_may_not(licence: str) -> None:
    assert not goes_with(licence)


def told(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


def test_the_expression_goes_before_everything() -> None:
    assert stated("jinja2", told(License_Expression="AGPL-3.0-only")) == "AGPL-3.0-only"


def test_a_lone_classifier_is_believed_and_two_are_a_doubt() -> None:
    classified = told(Classifier="License :: OSI Approved :: MIT License")
    assert stated("somebody", classified) == "MIT"
    classified["Classifier"] = "License :: OSI Approved :: GNU General Public License (GPL)"
    assert stated("somebody", classified) == ""


def test_only_what_is_shipped_is_refused() -> None:
    found = [
        Part(name="a", licence="GPL-3.0-only", use="tests"),
        Part(name="b", licence="GPL-3.0-only", use="shipped"),
        Part(name="c", licence="", use="shipped"),
        Part(name="d", licence="MIT", use="shipped"),
    ]
    assert [line[0] for line in refused(found)] == ["b", "c"]
