"""The doctor's words for organs: each that is ill says what is wrong, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callflow.commands.station.checks import NAMES, Check, Verdict, of_organs
from callflow.core.watch.examination import judge
from callflow.core.watch.organs import Organ, Part, Reason, State
from tests.unit.core.watch.test_organs import NOW, PLUGS, UNASKED, WELL

SINCE = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def check(*organs: Organ) -> Check:
    (found,) = of_organs(organs)
    return found


def test_all_is_well() -> None:
    found = of_organs(judge(WELL, NOW))
    assert {one.verdict for one in found} == {Verdict.OK}
    judged = {organ.part for organ in judge(WELL, NOW)}  # probes read nothing here
    assert [one.part for one in found] == [NAMES.get(p, p.value) for p in Part if p in judged]
    assert not any(one.do for one in found)
    said = {one.part: one.found for one in found}
    assert said["processes"] == "engine, receiver, telephony, web run"
    assert said["trunks"] == "alpha carry calls"
    assert said["disk"] == "alpha 80.0 GB left"
    assert said["clock"] == "alpha +0.000 s"


@pytest.mark.parametrize("plug", PLUGS)
def test_what_is_ill_is_said_with_what_to_do(plug: str) -> None:
    facts, name, state, _, _ = PLUGS[plug]
    part = Part(name.partition(":")[0].partition("@")[0])
    (found,) = [one for one in of_organs(judge(facts, NOW)) if one.part == NAMES.get(part, part)]
    verdict = {State.DEGRADED: Verdict.LOOK, State.FAILED: Verdict.FAILED}
    assert found.verdict is verdict.get(state, Verdict.UNKNOWN)
    assert found.found
    assert found.do


@pytest.mark.parametrize("name", UNASKED)
def test_what_nobody_asked_is_said_to_be_unknown(name: str) -> None:
    facts, _ = UNASKED[name]
    (found,) = [one for one in of_organs(judge(facts, NOW)) if one.verdict is not Verdict.OK]
    assert (found.verdict, found.mark) == (Verdict.UNKNOWN, "UNKNOWN")


def test_the_worst_of_several_is_said_with_its_name_and_since_when() -> None:
    why = Reason.NO_CALLS
    down = Organ(
        part=Part.TRUNK, name="alpha", node="n", state=State.FAILED, reason=why, since=SINCE
    )
    found = check(down, Organ(part=Part.TRUNK, name="beta", node="n"))
    assert (found.verdict, found.found) == (Verdict.FAILED, "alpha@n: carries no calls")
    assert found.details == ("since 2026-11-25 02:00:00 UTC: alpha@n",)
