"""The tests' own look for a secret in a text."""

from __future__ import annotations

import hashlib
import uuid

import pytest

from tests.support.rows.in_clear import in_clear

HASH = hashlib.sha256(b"4").hexdigest()


@pytest.mark.parametrize("text", ["le code 2580", "2580", {"code": "2580"}, ["le 2580-a", HASH]])
def test_a_code_that_anybody_could_read_is_found(text: object) -> None:
    assert in_clear("2580", text)


@pytest.mark.parametrize("drawn", [HASH, str(uuid.UUID(int=0x25801234 << 96 | 7))])
def test_the_digits_of_a_hash_or_an_id_are_no_code(drawn: str) -> None:
    for digits in (drawn[:4], drawn[4:8], drawn[-4:]):
        assert not in_clear(digits, {"hash": drawn})


def test_a_number_beside_a_hash_is_found() -> None:
    assert in_clear("2580", f"{HASH} 2580")
