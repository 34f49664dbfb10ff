"""Rules of fields, as pydantic finds them in a shape's annotations."""

from __future__ import annotations

import re
from typing import Annotated

import pytest

from callflow.handling.base.fields import Check, between, like


@pytest.mark.parametrize("rule", [between(5, 10), like(re.compile("[0-9]+"), "digits")])
def test_a_rule_may_stand_in_a_union(rule: Check) -> None:
    """CPython 3.11 hashes the parts of one; what it can't hash makes no shape, and no station."""
    assert hash(Annotated[float, rule]) == hash(Annotated[float, rule])
