"""A step's form: made from the vocabulary for every kind, and read back as the step that it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from callflow.core.plans.call_plan import (
    ENDS,
    Plan,
    Step,
    StepKind,
    from_json,
    step_to_json,
    to_json,
)
from callflow.texts.plans import plan_words
from tests.unit.core.plans.test_text import plans
from web.kit.problems import ProblemError
from web.pages.plans import ends, forms, steps

CONTROLS = {"text", "area", "lines", "hour", "number", "flag", "choice", "who"}


def sent(step: Step, plan: Plan) -> dict[str, str]:
    """What a browser sends of a step's form as it is shown."""
    form = {"name": step.name}
    for row in forms.fields(step, plan, 1):
        name, value = row.name, row.value
        if row.control == "flag":
            form |= {name: "yes"} if value else {}
        elif row.control == "lines":
            form[name] = "\r\n".join(value)
        elif row.control == "who":
            form |= {f"who_{n}": each for n, each in enumerate(value)}
        elif row.control == "choice":
            assert str(value) in dict(row.options)
            form[name] = str(value)
        else:
            form[name] = str(value)
    for end in ends.ends(step, plan, 1):
        assert end.target in ("", *dict(end.options))
        form[f"end_{end.outcome}"] = end.target
    return form


@given(plans())
def test_what_is_shown_is_read_back_as_it_was(plan: Plan) -> None:
    for step in filter(_plain, plan.steps):
        body = forms.read_step(sent(step, plan), step)
        (back,) = from_json({"id": "p", "steps": [body]}).steps
        assert list(back.outcomes.items()) == list(step.outcomes.items())
        assert _figures(back) == _figures(step)


def _plain(step: Step) -> bool:
    """Whether nothing in it is what no form can hold: it is said beside the step otherwise."""
    texts = (step.text, step.to, step.subject, step.until, step.code)
    lines = (*step.answers, *step.checklist, *step.zones)
    figures = [v for v in step_to_json(step).values() if isinstance(v, float)]
    return (
        not set("".join((*texts, *lines))) & set("\r\0")
        and step.name == " ".join(step.name.split())
        and all(line and line == line.strip() and "\n" not in line for line in lines)
        and all(0 <= figure < 1e9 for figure in figures)
        and all(step.outcomes.values())
    )


def _figures(step: Step) -> dict[str, Any]:
    """A step as it is written; figures to a millionth, default people as such."""
    body = {n: round(v, 6) if isinstance(v, float) else v for n, v in step_to_json(step).items()}
    body["who"] = [who.to_json() for who in step.selectors]
    return body


@pytest.mark.parametrize("kind", StepKind)
def test_every_kind_of_step_has_a_form(kind: StepKind) -> None:
    step = Step(id="one", kind=kind)
    plan = Plan(id="p", version=1, name="p", steps=(step,))
    for column in (0, 1):
        for row in forms.fields(step, plan, column):
            assert row.control in CONTROLS
            assert row.label
    assert forms.read_step(sent(step, plan), step)["kind"] == kind


def body(*ids: str) -> dict[str, Any]:
    steps = tuple(
        Step(id=each, kind=StepKind.CALL_LIST, outcomes={"exhausted": ids[-1]}) for each in ids
    )
    again = Step(id="again", kind=StepKind.GO_TO, to=ids[0])
    return to_json(Plan(id="p", version=1, name="p", steps=(*steps, again)))


def ids(found: dict[str, Any]) -> str:
    return " ".join(step["id"] for step in found["steps"])


def test_steps_are_moved_removed_ordered_and_added() -> None:
    there = body("a", "b", "c")
    assert ids(steps.moved(there, 2, -1)) == "b a c again"
    assert ids(steps.moved(there, 1, -1)) == "a b c again"
    assert ids(steps.moved(there, 4, 1)) == "a b c again"
    assert ids(steps.removed(there, 2)) == "a c again"
    assert ids(steps.ordered(there, "4,1,3,2")) == "again a c b"
    for order in ("", "1,2,3", "1,2,3,3", "1,2,3,5", "x"):
        with pytest.raises(ProblemError):
            steps.ordered(there, order)
    more = steps.added(there, StepKind.WAIT, 2)
    assert ids(more) == "a wait b c again"
    assert ids(steps.added(more, StepKind.WAIT, 99)) == "a wait b c again wait-2"
    assert ids(steps.added(there, StepKind.WAIT, 1, 0)) == "attente a b c again"


def test_steps_that_are_added_one_after_the_other_are_done_so() -> None:
    first = Step(id="operateur", kind=StepKind.HAND_TO_OPERATOR)
    there = to_json(Plan(id="p", version=1, name="p", steps=(first,)))
    for kind in (StepKind.COUNTER_CALL, StepKind.CALL_LIST, StepKind.WAIT, StepKind.SEND_GUARD):
        there = steps.added(there, kind, steps.usual_place(there), 0)
    assert [(step["id"], step.get("outcomes", {})) for step in there["steps"]] == [
        ("contre-appel", {"exhausted": "liste"}),
        ("liste", {"exhausted": "attente"}),
        ("attente", {"elapsed": "agent"}),
        ("agent", {"exhausted": "operateur"}),
        ("operateur", {}),
    ]
    assert steps.usual_place(steps.added(there, StepKind.CLOSE, 99)) == 5
    assert steps.usual_place(there, StepKind.CLOSE) == 6


def test_a_step_that_goes_on_elsewhere_still_does() -> None:
    there = body("a", "b", "c")  # each goes on to c
    found = steps.added(there, StepKind.WAIT, 2)["steps"]
    assert [step.get("outcomes", {}) for step in found[:2]] == [{"exhausted": "c"}, {}]


def test_an_outcome_leads_further_down_and_says_what_becomes_of_it_otherwise() -> None:
    call = Step(id="call", kind=StepKind.CALL_LIST, outcomes={"busy": "first", "exhausted": "hand"})
    first, hand = (Step(id=each, kind=StepKind.HAND_TO_OPERATOR) for each in ("first", "hand"))
    plan = Plan(id="p", version=1, name="p", steps=(first, call, hand))
    rows = {row.outcome: row for row in ends.ends(call, plan, 1)}
    assert next(iter(rows)) == "verified_ok"
    assert [value for value, _ in rows["exhausted"].options] == ["hand"]
    assert [value for value, _ in rows["busy"].options] == ["continue", "hand", "first"]
    for outcome, said in (
        ("verified_ok", "an operator gets the alarm"),
        ("no_answer", "the next call"),
        ("nobody_available", "nobody left to call"),
    ):
        assert said in rows[outcome].unsaid, outcome
    assert [row.unsaid for row in ends.ends(hand, plan, 1)] == [
        "nothing chosen: the operator keeps the alarm"
    ] * 4
    asked = Step(id="ask", kind=StepKind.QUESTION, answers=("oui", "non"))
    found = [row.outcome for row in ends.ends(asked, Plan(**{**_P, "steps": (asked,)}), 1)]
    assert [each for each in found if each.startswith("answer")] == ["answer_1", "answer_2"]


_P: dict[str, Any] = {"id": "p", "version": 1, "name": "p"}


def test_every_end_stands_in_one_group() -> None:
    for kind in StepKind:
        step = Step(id="one", kind=kind, answers=("oui",) * 9)
        shown = ends.ends(step, Plan(**{**_P, "steps": (step,)}), 1)
        found = [
            end.outcome for group in ends.groups(shown, 1) for end in group.said + group.unsaid
        ]
        assert sorted(found) == sorted(map(str, ENDS[kind]))
    assert {ends.group_of(end) for each in ENDS.values() for end in each} == set(
        plan_words.END_GROUPS
    )
    for end, group in (
        ("verified_ok", "settled"),
        ("exhausted", "not_reached"),
        ("duress", "danger"),
        ("trunk_failure", "technical"),
    ):
        assert ends.group_of(end) == group


def led(there: dict[str, Any], place: int, **outcomes: str) -> dict[str, Any]:
    """The plan after the form of a step sent these ends."""
    step = there["steps"][place - 1]
    return steps.written(
        there, place, {**step, "outcomes": {**step.get("outcomes", {}), **outcomes}}, 0
    )


def test_an_end_leads_to_a_step_that_is_made_for_it() -> None:
    first = Step(id="call", kind=StepKind.CALL_LIST, outcomes={"exhausted": "hand"})
    hand = Step(id="hand", kind=StepKind.HAND_TO_OPERATOR)
    there = to_json(Plan(**{**_P, "steps": (first, hand)}))
    there = led(there, 1, going="new:wait")
    there = led(there, 1, exhausted="new:send_guard", help="close:intervention")
    there = led(there, 2, elapsed="close:intervention")
    assert [(step["id"], step.get("outcomes", {})) for step in there["steps"]] == [
        (
            "call",
            {"exhausted": "agent", "going": "attente", "help": "cloture"},
        ),
        ("attente", {"elapsed": "cloture"}),  # it may lead on to the guard, who stands behind it
        ("agent", {"exhausted": "hand"}),  # where nobody reached led before
        ("hand", {}),
        ("cloture", {}),
    ]
    assert there["steps"][-1]["code"] == "intervention"


@pytest.mark.parametrize("target", ["new:dance", "close:gone", "new:", "close:"])
def test_what_is_no_step_is_not_made(target: str) -> None:
    with pytest.raises(ProblemError) as refused:
        led(body("a", "b"), 1, help=target)
    assert refused.value.status == 422


def test_what_is_no_number_is_refused_by_its_field() -> None:
    step = Step(id="one", kind=StepKind.CALL_LIST)
    plan = Plan(id="p", version=1, name="p", steps=(step,))
    for typed in ("two", "1e9", "-1", "١"):
        with pytest.raises(ProblemError) as refused:
            forms.read_step({**sent(step, plan), "attempts": typed}, step)
        assert refused.value.field == "attempts"
    assert forms.read_step({**sent(step, plan), "delay_s": "2,5"}, step)["delay_s"] == 2.5
