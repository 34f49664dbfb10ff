"""A relayed frame's answer: what holds for every combination of the two systems' words."""

from __future__ import annotations

from itertools import product

import pytest

from callflow.core.signals.relay import Given, Mode, Side, Word, acting, answer

ALL = list(product(Mode, Side, Word, Word))


def other(side: Side) -> Side:
    return Side.THEIRS if side is Side.OURS else Side.OURS


def word(side: Side, ours: Word, theirs: Word) -> Word:
    return ours if side is Side.OURS else theirs


@pytest.mark.parametrize(("mode", "acts", "ours", "theirs"), ALL)
def test_an_acknowledgement_always_has_the_system_that_acts(
    mode: Mode, acts: Side, ours: Word, theirs: Word
) -> None:
    given = answer(mode, acts, ours=ours, theirs=theirs)
    if given in (Given.OURS, Given.THEIRS):
        assert given.value == acts.value
        assert word(acts, ours, theirs) in (Word.TOOK, Word.REFUSED)


@pytest.mark.parametrize(("acts", "ours", "theirs"), list(product(Side, Word, Word)))
def test_both_acknowledges_nothing_that_one_of_them_may_still_get(
    acts: Side, ours: Word, theirs: Word
) -> None:
    given = answer(Mode.BOTH, acts, ours=ours, theirs=theirs)
    if word(acts, ours, theirs) is Word.TOOK and given is Given(acts.value):
        assert word(other(acts), ours, theirs) in (Word.TOOK, Word.REFUSED)


@pytest.mark.parametrize(("mode", "acts", "ours", "theirs"), ALL)
def test_the_panel_is_answered_at_last_once_both_have_spoken(
    mode: Mode, acts: Side, ours: Word, theirs: Word
) -> None:
    if Word.WAITING not in (ours, theirs):
        assert answer(mode, acts, ours=ours, theirs=theirs) is not Given.NOT_YET


@pytest.mark.parametrize(
    ("mode", "acts", "ours", "theirs", "given"),
    [
        # The old system is dead, and we have committed: it acts, so the panel keeps the signal.
        (Mode.BOTH, Side.THEIRS, Word.TOOK, Word.SILENT, Given.NOTHING),
        (Mode.OURS, Side.THEIRS, Word.TOOK, Word.SILENT, Given.NOTHING),
        # The site is in service: with the default the panel still waits for both.
        (Mode.BOTH, Side.OURS, Word.TOOK, Word.SILENT, Given.NOTHING),
        (Mode.OURS, Side.OURS, Word.TOOK, Word.SILENT, Given.OURS),
        (Mode.OURS, Side.OURS, Word.TOOK, Word.WAITING, Given.OURS),
        (Mode.THEIRS, Side.OURS, Word.TOOK, Word.SILENT, Given.NOTHING),
        # Our own store is away.
        (Mode.BOTH, Side.THEIRS, Word.SILENT, Word.TOOK, Given.NOTHING),
        (Mode.THEIRS, Side.THEIRS, Word.SILENT, Word.TOOK, Given.THEIRS),
        (Mode.THEIRS, Side.THEIRS, Word.WAITING, Word.TOOK, Given.THEIRS),
        (Mode.THEIRS, Side.OURS, Word.SILENT, Word.TOOK, Given.NOTHING),
        # Whoever does not act and can't read it is not waited for; whoever acts has the last word.
        (Mode.BOTH, Side.THEIRS, Word.REFUSED, Word.TOOK, Given.THEIRS),
        (Mode.BOTH, Side.THEIRS, Word.TOOK, Word.REFUSED, Given.THEIRS),
        (Mode.BOTH, Side.OURS, Word.TOOK, Word.REFUSED, Given.OURS),
        (Mode.BOTH, Side.OURS, Word.REFUSED, Word.TOOK, Given.OURS),
        (Mode.BOTH, Side.THEIRS, Word.TOOK, Word.WAITING, Given.NOT_YET),
        (Mode.BOTH, Side.THEIRS, Word.WAITING, Word.TOOK, Given.NOT_YET),
        (Mode.BOTH, Side.THEIRS, Word.TOOK, Word.TOOK, Given.THEIRS),
        (Mode.BOTH, Side.OURS, Word.TOOK, Word.TOOK, Given.OURS),
    ],
)
def test_the_cases_that_a_station_asks_about(
    mode: Mode, acts: Side, ours: Word, theirs: Word, given: Given
) -> None:
    assert answer(mode, acts, ours=ours, theirs=theirs) is given


def test_a_site_acts_where_it_is_in_service_and_a_heartbeat_goes_by_the_mode() -> None:
    assert acting(Mode.OURS, account="1001", in_shadow=True) is Side.THEIRS
    assert acting(Mode.THEIRS, account="1001", in_shadow=False) is Side.OURS
    assert acting(Mode.BOTH, account="", in_shadow=True) is Side.THEIRS
    assert acting(Mode.OURS, account="", in_shadow=True) is Side.OURS
