"""What a change changed, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.changes import Change, changes

SITE: dict[str, Any] = {
    "name": "Boulangerie",
    "address": "",
    "accounts": [{"account": "1001", "poll_every_s": 60}],
    "zones": [
        {"account": "1001", "zone": "3", "name": "Vitrine"},
        {"account": "1002", "zone": "3", "name": "Cave"},
    ],
    "contacts": [
        {"id": "anne", "phone": "+33639980001", "authorities": {"*": ["cancel"]}},
        {"id": "yves", "phone": None},
    ],
    "plans": {},
}


def changed(**fields: Any) -> list[Change]:
    return changes(SITE, {**SITE, **fields})


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, []),
        ({"name": "Pâtisserie"}, [Change("name", "Boulangerie", "Pâtisserie")]),
        ({"address": "1 rue Haute"}, [Change("address", None, "1 rue Haute")]),
        ({"plans": {"fire": "p"}}, [Change("plans.fire", None, "p")]),
        (
            {"zones": [{**SITE["zones"][0], "name": "Porte"}, SITE["zones"][1]]},
            [Change("zones.1001/3.name", "Vitrine", "Porte")],
        ),
        (
            {"contacts": SITE["contacts"][::-1]},  # their ranks say the order
            [],
        ),
        (
            {"contacts": SITE["contacts"][1:]},
            [
                Change("contacts.anne.id", "anne", None),
                Change("contacts.anne.phone", "+33639980001", None),
                Change("contacts.anne.authorities.*", ["cancel"], None),
            ],
        ),
        (
            {"accounts": [{"account": "1001", "poll_every_s": 90}]},
            [Change("accounts.1001.poll_every_s", 60, 90)],
        ),
    ],
)
def test_each_field_that_differs_is_found(fields: dict[str, Any], found: list[Change]) -> None:
    assert changed(**fields) == found


_WORDS = st.sampled_from(("id", "zone", "a", ""))
_BODIES = st.recursive(
    st.none() | st.integers() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=6,
)
_SOME = st.dictionaries(_WORDS, _BODIES, max_size=3)


@given(_SOME, _SOME)
def test_nothing_breaks_it_and_the_same_differs_in_nothing(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert changes(one, one) == []
    assert {c.path for c in changes(one, other)} == {c.path for c in changes(other, one)}
