"""A plan draws itself: every arrow is there, nothing overlaps, no text of a plan is markup."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.plans.call_plan import Plan, from_json
from callflow.core.plans.picture import draw
from callflow.core.plans.picture.lanes import lanes
from callflow.core.plans.picture.words import step_title
from callflow.core.plans.standard import STANDARD_PLANS
from tests.unit.core.plans.test_text import plans

SVG = "{http://www.w3.org/2000/svg}"


def plan(*steps: dict[str, Any], name: str = "p") -> Plan:
    return from_json({"id": "p", "name": name, "steps": list(steps)})


def picture(of: Plan, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(draw(of, language))


def texts(of: Plan, language: str = "en") -> list[str]:
    return [str(each.text) for each in picture(of, language).iter(f"{SVG}text")]


def arrowheads(of: Plan) -> int:
    """Every arrow has one tip; steps that are led to from several places share it."""
    paths = [each.get("d", "") for each in picture(of).iter(f"{SVG}path")]
    return sum(path.endswith("-4v8z") for path in paths)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("one", STANDARD_PLANS, ids=lambda one: one.id)
def test_a_picture_names_every_step_and_leads_to_each_that_follows(
    one: Plan, language: str
) -> None:
    said = texts(one, language)
    column = 0 if language == "fr" else 1
    assert all(step_title(step, column) in said for step in one.steps)
    assert arrowheads(one) == len({target for s in one.steps for target in s.outcomes.values()})


def test_humans_closures_and_what_is_never_reached_are_marked() -> None:
    one = plan(
        {"id": "call", "kind": "call_list", "outcomes": {"verified_ok": "end"}},
        {"id": "end", "kind": "close", "code": "false_alarm"},
        {"id": "lost", "kind": "wait", "outcomes": {"elapsed": "hand"}},
        {"id": "hand", "kind": "hand_to_operator"},
    )
    said = texts(one)
    assert "otherwise → an operator" in said
    assert said[said.index("Wait") + 1] == "never reached"
    assert "false alarm" in said
    boxes = picture(one).findall(f".//{SVG}rect")
    assert [box.get("stroke-dasharray") is not None for box in boxes] == [False, False, True, True]
    assert [box.get("stroke-width") for box in boxes] == ["1.25", "2", "1.25", "1.25"]


def test_a_way_back_is_drawn_dashed() -> None:
    one = plan(
        {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "again"}},
        {"id": "again", "kind": "go_to", "to": "call", "times": 2},
    )
    dashed = [path for path in picture(one).iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert len(dashed) == 2
    assert "back to 1. Call list, 2 times at most" in texts(one)


def test_a_step_has_the_name_that_people_gave_it() -> None:
    named = {"id": "a", "kind": "wait", "name": " Dépositaire\n en route "}
    said = texts(plan(named, {"id": "b", "kind": "emergency_service", "service": "fire"}), "fr")
    assert {"Dépositaire en route", "attente", "Sapeurs-pompiers"} <= set(said)


def test_beside_others_it_is_narrow_and_one_step_stands_out() -> None:
    one = STANDARD_PLANS[0]
    root = ElementTree.fromstring(draw(one, narrow=True, selected="keyholders"))
    assert float(root.get("width", "0")) < float(picture(one).get("width", "0"))
    steps = [each for each in root.iter(f"{SVG}g") if each.get("data-step")]
    assert [each.get("data-step") for each in steps] == ["1", "2", "3", "4"]
    assert [each.get("class") for each in steps] == [None, "selected", None, None]


def test_whoever_does_not_see_it_is_told() -> None:
    root = picture(STANDARD_PLANS[0])
    assert (root.get("role"), root.get("aria-label")) == ("img", "Intrusion")
    assert root.findtext(f"{SVG}title") == "Intrusion"
    assert "code, false alarm → 4. Closure: false alarm" in str(root.findtext(f"{SVG}desc"))


@given(one=plans())
def test_nothing_that_a_plan_says_becomes_markup(one: Plan) -> None:
    known = {"svg", "title", "desc", "g", "text", "rect", "path", "circle"}
    elements = list(picture(one).iter())
    assert {element.tag.removeprefix(SVG) for element in elements} <= known
    names = {name for element in elements for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in names)


def test_a_hundred_steps_that_all_lead_everywhere_are_drawn() -> None:
    steps: list[dict[str, Any]] = [
        {"id": f"step{n}", "kind": "call_list", "outcomes": {"exhausted": f"step{n + 1}"}}
        for n in range(99)
    ]
    for n, step in enumerate(steps):
        step["outcomes"] |= {"help": "step99", "going": f"step{min(99, n * 2 + 1)}"}
    one = plan(*steps, {"id": "step99", "kind": "hand_to_operator"}, name="x" * 200)
    root = picture(one)
    assert len(root.findall(f".//{SVG}rect")) == 100
    assert float(root.get("width", "0")) < 2000


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=40).map(
        lambda pairs: {str(n): (min(pair), max(pair)) for n, pair in enumerate(pairs)}
    )
)
def test_no_two_lines_of_one_lane_touch(spans: dict[str, tuple[int, int]]) -> None:
    found = lanes({step: (float(top), float(bottom)) for step, (top, bottom) in spans.items()})
    for one, lane in found.items():
        for other, other_lane in found.items():
            if one != other and lane == other_lane:
                assert spans[one][1] < spans[other][0] or spans[other][1] < spans[one][0]
