"""Which screen is frozen: by when it drew last, who else sees alarms, and what is only hidden."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from callflow.core.watch.organs import Reason, State
from callflow.core.watch.readings import Reading
from callflow.core.watch.screens import Screen, condition, merged, readings

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
FROZEN, HIDDEN, OK = (
    (State.FAILED, Reason.FROZEN),
    (State.DEGRADED, Reason.HIDDEN),
    (State.OK, None),
)
AFTER = 40.0


def screen(drawn: float | None = 1.0, **more: Any) -> Screen:
    return Screen(**{"id": "a", "user_id": "claire", "open_for": 3600.0, "drawn": drawn, **more})


@pytest.mark.parametrize(
    ("screens", "how"),
    [
        ([screen(40.0)], OK),
        ([screen(40.1)], FROZEN),
        ([screen(None, open_for=39.0)], OK),
        ([screen(None, open_for=41.0)], FROZEN),
        ([screen(5.0, hidden_for=119.0)], OK),  # minimised for a moment
        ([screen(5.0, hidden_for=121.0)], HIDDEN),
        ([screen(5.0, hidden_for=121.0), screen(2.0, id="b")], OK),  # another one is in sight
        ([screen(41.0), screen(2.0, id="b")], (State.DEGRADED, Reason.FROZEN)),
        ([screen(41.0), screen(2.0, id="b", hidden_for=9.0)], FROZEN),  # the one that is looked at
        ([screen(900.0, hidden_for=900.0), screen(2.0, id="b")], OK),  # put to sleep by the browser
        ([screen(41.0, hidden_for=60.0)], FROZEN),  # it is all there is, and rings no more
    ],
)
def test_a_screen_is_as_it_last_drew(
    screens: list[Screen], how: tuple[State, Reason | None]
) -> None:
    found = condition(screens, AFTER)
    assert found is not None
    assert (found.state, found.reason) == how


def test_of_no_screen_nothing_is_known() -> None:
    assert condition([], AFTER) is None
    assert readings({"claire": "Claire"}, [], NOW, AFTER) == []


def found(*told: Screen, on: tuple[str, ...] = ("claire", "david")) -> dict[str, Reading]:
    names = {who: who.title() for who in on}
    return {one.name: one for one in readings(names, told, NOW, AFTER)}


def test_a_frozen_screen_is_vital_where_nobody_else_on_shift_sees() -> None:
    alone = found(screen(50.0), on=("claire",))["Claire"]
    assert (alone.state, alone.vital, alone.figure, alone.limit) == (
        State.FAILED,
        True,
        50.0,
        AFTER,
    )
    two = found(screen(50.0), screen(2.0, id="b", user_id="david"))
    assert (two["Claire"].vital, two["David"].state) == (False, State.OK)
    both = found(screen(50.0), screen(60.0, id="b", user_id="david"))
    assert [one.vital for one in both.values()] == [True, True]
    visitor = screen(1.0, id="b", user_id="zoe")  # on no shift: not theirs to see
    assert found(screen(50.0), visitor)["Claire"].vital
    assert list(found(screen(50.0), visitor)) == ["Claire"]


def test_a_page_that_speaks_to_another_process_than_its_stream_s_is_one() -> None:
    fed, heard = screen(None), screen(2.0, open_for=None)
    assert merged([heard, fed]) == [screen(2.0)]
    assert merged([screen(1.0), screen(9.0, open_for=None)]) == [screen(1.0)]


def test_nobody_beats_for_another_s_screen() -> None:
    stranger = screen(1.0, open_for=None, user_id="mallory")
    assert merged([screen(90.0), stranger]) == [screen(90.0)]
    assert merged([stranger]) == []
