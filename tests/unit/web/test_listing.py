"""What the page of a list asks for."""

from __future__ import annotations

import pytest

from web.kit.listing import MOST, Asked
from web.kit.problems import ProblemError

SORTS = ("name", "changed")


def test_a_list_is_sorted_by_its_first_column_where_nobody_says_how() -> None:
    asked = Asked().among(SORTS)
    assert (asked.by, asked.descending, asked.offset) == ("name", False, 0)


def test_the_other_way_round_is_a_hyphen_before_the_column() -> None:
    asked = Asked(sort="-changed", n=3).among(SORTS)
    assert (asked.by, asked.descending, asked.offset) == ("changed", True, 2 * MOST)


@pytest.mark.parametrize(
    ("asked", "field"), [(Asked(sort="code"), "sort"), (Asked(state="odd"), "state")]
)
def test_what_the_list_has_not_is_refused(asked: Asked, field: str) -> None:
    with pytest.raises(ProblemError) as refused:
        asked.among(SORTS, ("active",))
    assert (refused.value.status, refused.value.field) == (422, field)


def test_an_address_says_only_what_is_unusual() -> None:
    asked = Asked(state="active", n=4).among(SORTS, ("active",))
    assert asked.address() == "?state=active"
    assert asked.address(n=2, sort="-name") == "?state=active&sort=-name&n=2"


def test_who_looks_for_the_name_of_a_column_finds_it_on_each_page() -> None:
    assert Asked(q="name").among(SORTS).address(n=2) == "?q=name&n=2"


def test_an_empty_list_has_one_page() -> None:
    asked = Asked()
    assert [asked.pages(count) for count in (0, MOST, MOST + 1)] == [1, 1, 2]
