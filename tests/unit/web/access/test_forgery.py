"""A form's token is another on each page, and proves its session all the same."""

from __future__ import annotations

import pytest

from web.access.forgery import masked, proves

TOKEN = "Jm9s-Zk_0" * 4 + "a1b2c3d"


def test_each_page_carries_another_that_proves_the_same() -> None:
    carried = {masked(TOKEN) for _ in range(50)}
    assert len(carried) == 50
    assert all(proves(one, TOKEN) for one in carried)
    assert not any(TOKEN in one for one in carried)


@pytest.mark.parametrize("place", range(0, 86, 7))
def test_no_place_of_it_is_the_same_on_every_page(place: int) -> None:
    assert len({masked(TOKEN)[place] for _ in range(200)}) > 8


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "=",
        "x",
        "é" * 86,
        TOKEN,
        masked("b" + TOKEN[1:]),
        masked(TOKEN)[:-4],
        masked(TOKEN + "x"),
    ],
)
def test_nothing_else_proves_it(sent: str) -> None:
    assert not proves(sent, TOKEN)
