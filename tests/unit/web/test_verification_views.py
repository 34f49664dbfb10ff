"""What a service is told of guards is true at this moment."""

from __future__ import annotations

from typing import Any

from web.pages.alarms.verification_views import under_way

Row = dict[str, Any]


def task(*, open_: bool = True, **told: str) -> Row:
    way = dict.fromkeys(("accepted_at", "expected_at", "on_site_at", "left_at"))
    return {"open": open_, "guard": {"name": "Ouest Garde", **way, **told}}


def test_a_guard_who_was_only_asked_is_not_on_the_way() -> None:
    assert under_way([task(), {"open": True, "guard": None}]) == []


def test_one_who_accepted_is_and_one_on_site_too() -> None:
    coming, there = task(accepted_at="1"), task(accepted_at="1", on_site_at="2")
    assert under_way([coming, there]) == [coming["guard"], there["guard"]]


def test_one_who_left_or_was_called_off_is_not_any_more() -> None:
    left, off = task(accepted_at="1", left_at="3"), task(open_=False, accepted_at="1")
    assert under_way([left, off]) == []
