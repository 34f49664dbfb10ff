"""Of two sites one acts, whatever each knows of the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from callflow.core.station.mirroring import (
    LAPSE,
    SILENT,
    Claim,
    MirrorRefused,
    Standing,
    check_promotion,
    promoted,
    sentence,
    standing,
)

NORTH = Claim(name="north", epoch=3, acts=True)
SOUTH = Claim(name="south", epoch=3)
NOW, LATER = timedelta(0), LAPSE + timedelta(seconds=1)


def test_whoever_hears_of_a_later_promotion_stands_by() -> None:
    assert standing(NORTH, promoted(SOUTH, None), lapse=NOW) is Standing.STANDING_BY


def test_a_site_that_acted_and_hears_nobody_waits_but_for_a_moment() -> None:
    assert standing(NORTH, None, lapse=LAPSE) is Standing.ACTING
    assert standing(NORTH, None, lapse=LATER) is Standing.WAITING
    assert standing(NORTH, SOUTH, lapse=LATER) is Standing.ACTING


def test_a_mirror_never_acts_by_itself() -> None:
    for other, lapse in product((None, NORTH, replace(NORTH, acts=False)), (NOW, LATER)):
        assert standing(SOUTH, other, lapse=lapse) is Standing.STANDING_BY


def test_of_two_that_hear_each_other_never_do_both_act() -> None:
    claims = [(epoch, acts) for epoch in range(3) for acts in (False, True)]
    for (e1, a1), (e2, a2), lapse in product(claims, claims, (NOW, LATER)):
        one = Claim(name="north", epoch=e1, acts=a1)
        two = Claim(name="south", epoch=e2, acts=a2)
        found = {standing(one, two, lapse=lapse), standing(two, one, lapse=lapse)}
        assert found != {Standing.ACTING}, (one, two)


def test_a_promotion_comes_after_all_that_either_knows() -> None:
    assert promoted(SOUTH, None).epoch == 4
    assert promoted(SOUTH, replace(NORTH, epoch=9, acts=False)).epoch == 10
    assert promoted(SOUTH, None).alone


def _check(mine: Claim = SOUTH, other: Claim | None = None, **changes: object) -> None:
    known: dict[str, object] = {
        "acting": False,
        "silent": SILENT,
        "typed": sentence("north"),
        "alive": (),
        "other_name": "north",
        **changes,
    }
    check_promotion(mine, other, **known)  # type: ignore[arg-type]


def test_a_promotion_takes_silence_and_a_persons_word() -> None:
    _check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"acting": True},
        {"other": NORTH},
        {"alive": ("192.0.2.7:5432",)},
        {"silent": SILENT - timedelta(seconds=1)},
        {"typed": ""},
        {"typed": "south is off"},
        {"typed": "yes"},
    ],
)
def test_a_promotion_is_refused_while_there_is_any_sign_of_the_other(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(MirrorRefused):
        _check(**wrong)  # type: ignore[arg-type]


def test_a_site_that_agrees_needs_no_word() -> None:
    _check(other=replace(NORTH, acts=False), typed="", silent=NOW)


def test_a_mirror_is_promoted_no_sooner_than_the_other_has_stopped_by_itself() -> None:
    assert LAPSE + timedelta(seconds=10) < SILENT


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"name": 1},
        {"name": "a", "epoch": "1", "acts": True},
        {"name": "a", "epoch": -1, "acts": True},
        {"name": "a", "epoch": True, "acts": True},
        {"name": "a", "epoch": 1, "acts": "yes"},
    ],
)
def test_what_is_no_claim_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no claim"):
        Claim.from_json(told)


def test_a_claim_comes_back_as_it_was() -> None:
    assert Claim.from_json(NORTH.to_json()) == NORTH
