"""A plan as YAML: read as it looks to a person, refused where it is none, written back alike."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls.on_call import Who
from callflow.core.plans import check
from callflow.core.plans import text as plan_text
from callflow.core.plans.call_plan import (
    BOUNDS,
    ENDS,
    FIELDS,
    Plan,
    PlanError,
    StepKind,
    described,
    from_json,
    json_schema,
    to_json,
)
from callflow.core.plans.call_plan.plan import DEFAULTS, ENUMS, FLAGS, LISTS, WHOLE
from callflow.core.sites.site import Authority, Role

SHEETS = sorted((Path(__file__).parents[4] / "callflow/core/plans/sheets").glob("*.yaml"))


def step(text: str) -> Any:
    """The only step of a plan that has these lines."""
    lines = "\n".join(f"    {line}" for line in text.strip().splitlines())
    return plan_text.parse(f"id: p\nsteps:\n  - id: a\n{lines}\n").plan.first


def test_values_are_what_their_place_says_whatever_yaml_makes_of_them() -> None:
    wait = step("kind: wait\nuntil: 12:30\nrestore: true\nlimit_s: 90\ntext: no")
    assert (wait.until, wait.restore, wait.limit_s, wait.text) == ("12:30", True, 90, "no")
    assert step("kind: wait\nuntil: 08:00").until == "08:00"
    assert step("kind: notify\nchannel: sms\nto: +33639980101").to == "+33639980101"
    assert step("kind: notify\nto: 0639980101").to == "0639980101"
    assert step("kind: act_on_panel\nzones: [003, 4, 1e3, 0x1F]").zones == (
        "003",
        "4",
        "1e3",
        "0x1F",
    )
    assert step("kind: close\ncode: 1.50").code == "1.50"
    assert step("kind: question\ntext: on\nanswers: [yes, no, ~]").answers == ("yes", "no", "~")
    assert step("kind: hand_to_operator\nchecklist: [2026-11-25]").checklist == ("2026-11-25",)
    assert step("kind: call_list\nring_s: null\nlimit_s:").limit_s is None
    assert step("kind: wait\noutcomes:\n  elapsed: on").outcomes == {"elapsed": "on"}


WRONG = {
    "swiss digits": ("kind: wait\nlimit_s: 1'200", 5, "limit_s must be a number"),
    "a comma": ("kind: wait\nlimit_s: 1,5", 5, "limit_s must be a number"),
    "minutes": ("kind: wait\nlimit_s: 1:30", 5, "limit_s must be a number"),
    "between quotes": ('kind: wait\nlimit_s: "90"', 5, "limit_s must be a number"),
    "half an attempt": ("kind: call_list\nattempts: 1.5", 5, "must be a whole number"),
    "yes": ("kind: wait\nrestore: yes", 5, "restore must be true or false"),
    "no such setting": ("kind: wait\nminutes: 5", 5, "a wait has no 'minutes'"),
    "no such kind": ("kind: pray", 4, "there is no kind of step 'pray'"),
    "twice": ("kind: wait\nlimit_s: 5\nlimit_s: 6", 6, "'limit_s' is there twice"),
    "an alias": ("kind: &k wait\ntext: *k", 5, "*k is not taken"),
    "a tag": ("kind: wait\ntext: !!python/name:os.system x", 5, "tags such as"),
    "a merge": ("kind: wait\n<<: {limit_s: 5}", 5, "a wait has no '<<'"),
    "deep": ("kind: wait\nzones: " + "[" * 40 + "]" * 40, 5, "not so deep"),
    "a list as a name": ("kind: wait\n? [a]\n: b", 5, "a name is expected"),
    "a tab": ("kind: wait\n\ttext: x", 5, "line 5"),
    "who": ("kind: call_list\nwho: [{role: king}]", 5, "role: must be one of"),
    "who as a text": ("kind: call_list\nwho: anne", 5, "must be {"),
}


@pytest.mark.parametrize(("lines", "line", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_line(lines: str, line: int, said: str) -> None:
    with pytest.raises(PlanError) as error:
        step(lines)
    assert said in str(error.value)
    assert f"line {line}, column " in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a plan begins with its id"),
        ("- a", "a plan begins with its id"),
        ("id: p", "it has no 'steps'"),
        ("id: p\nstep: []", "line 2, column 1: a plan has no 'step'"),
        ("id: p\nsteps: x", "line 2, column 1: the plan can't be read: steps must be a list"),
        ("id: p\nsteps:\n  - x", "line 3, column 5: step 1: it needs an id and a kind"),
        ("id: p\nsteps: []\n---\nid: q", "line"),
        ("id: p\n  steps: [", "line 2"),
        ("id: \x07", "no YAML"),
        ("id: \ud800", "no YAML"),
        ("id: p\nsteps: []\n#" + "x" * plan_text.LONGEST, "longer than"),
        ("[" * 100_000, "not so deep|nesting depth"),
    ],
    ids=lambda value: value[:30],
)
def test_a_text_that_is_no_plan_is_refused(text: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        plan_text.parse(text)


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    rows = "\n".join(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 60))
    with pytest.raises(PlanError, match="line 2, column 10: write it out"):
        plan_text.parse(f"l0: &l0 [x]\n{rows}")


def test_a_plan_that_is_unusable_names_the_line_of_the_fault() -> None:
    text = "id: p\nsteps:\n  - id: a\n    kind: wait\n    outcomes:\n      elapsed: b\n"
    with pytest.raises(PlanError, match="line 6, column 7: step 'a': outcome 'elapsed' leads"):
        plan_text.read(text)


# --- round trip -------------------------------------------------------------------------------

_texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from("\n\t:#-?'\"|>&*!%@`{}[], ")
    ),
    max_size=40,
)
_lookalikes = st.sampled_from(
    "yes no on off true null ~ 08:00 12:00 1e3 0x1F 010 1_000 2026-11-25 - = << !x &a *a".split()
)
_who = st.one_of(
    st.sampled_from(Role).map(lambda role: Who(role=role)),
    st.sampled_from(Authority).map(lambda authority: Who(authority=authority)),
    st.text(min_size=1, max_size=10).filter(str.isprintable).map(lambda i: Who(contact=i)),
)


def _values(name: str) -> st.SearchStrategy[Any]:
    if name in ENUMS:
        return st.sampled_from(list(ENUMS[name])).map(str)
    if name in FLAGS:
        return st.booleans()
    if name == "who":
        return st.lists(_who.map(Who.to_json), max_size=3)
    if name in LISTS:
        return st.lists(_texts | _lookalikes, max_size=3)
    if name in BOUNDS:
        least, most = BOUNDS[name]
        whole = st.integers(int(least), int(most))
        figure = (
            whole if name in WHOLE else whole | st.floats(least, most).map(lambda f: round(f, 3))
        )
        return figure if DEFAULTS[name] is not None else figure | st.none()
    return _texts | _lookalikes


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Anything that can be read, sound or not."""
    steps = []
    for kind in draw(st.lists(st.sampled_from(StepKind), max_size=4)):
        body: dict[str, Any] = {"id": draw(_texts | _lookalikes), "kind": kind.value}
        for name in draw(st.sets(st.sampled_from(("name", "text", *FIELDS[kind])))):
            body[name] = draw(_values(name))
        ends = sorted(map(str, ENDS[kind])) or [""]
        body["outcomes"] = draw(
            st.dictionaries(st.sampled_from(ends), _texts | _lookalikes, max_size=3)
        )
        steps.append(body)
    return from_json({"id": draw(_texts), "name": draw(_texts | _lookalikes), "steps": steps})


@given(plan=plans())
def test_what_is_written_is_read_back_alike(plan: Plan) -> None:
    text = plan_text.write(plan)
    assert plan_text.parse(text).plan == plan


@pytest.mark.parametrize("space", ["\xa0", "a\xa0", "\u2003x\u2003", "\x85", "\u2028"])
def test_a_space_that_is_none_of_yamls_stays(space: str) -> None:
    step = {"id": "s", "kind": "counter_call", "text": space, "outcomes": {"busy": space}}
    plan = from_json({"id": "a", "name": space, "steps": [step]})
    assert plan_text.parse(plan_text.write(plan)).plan == plan


@pytest.mark.parametrize(
    "lines", ["\n", "\n\n", "a\n", "a\n\n", "a\nb", "a\nb\n", "a\nb\n\n", "\n\na"]
)
def test_empty_lines_at_an_end_stay_for_every_reader(lines: str) -> None:
    step = {"id": lines, "kind": "counter_call", "text": lines}
    plan = from_json({"id": "a", "name": lines, "steps": [step]})
    text = plan_text.write(plan)
    assert plan_text.parse(text).plan == plan
    assert to_json(from_json(yaml.safe_load(text))) == to_json(plan)


@given(plan=plans())
def test_another_reader_of_yaml_finds_the_same_plan(plan: Plan) -> None:
    assert to_json(from_json(yaml.safe_load(plan_text.write(plan)))) == to_json(plan)


@given(text=st.text(max_size=200))
def test_whatever_is_sent_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(PlanError):
        plan_text.parse(text)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_the_sheets_are_sound_and_written_back_alike(sheet: Path) -> None:
    plan = plan_text.read(sheet.read_text("utf-8"))
    assert plan_text.read(plan_text.write(plan)) == plan


def test_what_a_setting_means_is_written_once() -> None:
    text = plan_text.write(plan_text.read(SHEETS[0].read_text("utf-8")))
    assert text.count("# outcomes: ") == 1


# --- the schema -------------------------------------------------------------------------------


def test_the_schema_names_every_kind_setting_and_end() -> None:
    steps = {
        s["title"]: s["properties"] for s in json_schema()["properties"]["steps"]["items"]["oneOf"]
    }
    assert set(steps) == {kind.value for kind in StepKind}
    text = described()
    for kind in StepKind:
        assert set(steps[kind.value]) >= {"id", "kind", "name", "text", *FIELDS[kind]}
        assert set(steps[kind.value].get("outcomes", {}).get("properties", {})) == ENDS[kind]
        assert f"\n{kind}: " in text


@pytest.mark.parametrize("page", ["how-to/plans.md", "tutorials/first-site-and-plan.md"])
def test_the_plans_of_the_documentation_are_found_without_fault(page: str) -> None:
    shown = (Path(__file__).parents[4] / "docs" / page).read_text("utf-8")
    (text,) = re.findall(r"^```yaml [a-z.]+\n(id: .*?)^```$", shown, re.MULTILINE | re.DOTALL)
    assert check.check(plan_text.read(text), now=datetime(2026, 11, 25, tzinfo=UTC)) == []
