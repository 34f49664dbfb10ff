"""A timeline draws itself: a bar a call, the steps, and when a human has it; no name is markup."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.plans.standard import FIRE, INTRUSION
from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation import Script, Timeline, draw, simulate
from callflow.core.sites.site import Authority, Contact, Role, Site

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ALL = {"*": frozenset(Authority)}
SITE = Site(
    id="s",
    name="Shop",
    client="c",
    contacts=(
        Contact(id="p", name="Accueil", role=Role.PREMISES, phone="+33639980100"),
        Contact(id="a", name="<b>&Anne", role=Role.KEYHOLDER, phone="+33639980101"),
        Contact(
            id="y",
            name="Yves",
            role=Role.KEYHOLDER,
            rank=2,
            phone="+33639980102",
            authorities=ALL,
        ),
    ),
)


def run(**answers: Outcome) -> Timeline:
    script = Script(calls={who: [outcome] for who, outcome in answers.items()})
    category = Category.SECURITY
    return simulate(INTRUSION, SITE, script, kind=Kind.INTRUSION, category=category, start=NOW)


def picture(of: Timeline, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(draw(of, SITE, language))


def texts(of: Timeline, language: str = "en") -> list[str]:
    return [str(each.text) for each in picture(of, language).iter(f"{SVG}text")]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_call_and_step_has_its_bar(language: str) -> None:
    done = run(y=Outcome.VERIFIED_OK)
    bars = list(picture(done, language).iter(f"{SVG}rect"))
    assert len(bars) == len(done.rings) + len(done.steps)
    said = texts(done, language)
    assert {"Accueil", "<b>&Anne", "Yves"} <= set(said)
    assert [bar.get("fill") for bar in bars].count("#1f9d55") == 1
    assert "0:00:00" in said


def test_no_bar_stands_outside_and_those_of_a_person_follow_each_other() -> None:
    done = run()
    ends: dict[str, float] = {}
    for bar in picture(done).iter(f"{SVG}rect"):
        x, wide, row = (float(bar.get(name, "")) for name in ("x", "width", "y"))
        assert x >= 190
        assert x + wide <= 1101
        assert x >= ends.get(str(row), 0.0) - 3.5
        ends[str(row)] = x + wide
    assert len(ends) == 4


def test_a_human_is_shown_where_one_has_it() -> None:
    assert "an operator has it" in texts(run())
    assert "an operator has it" not in texts(run(y=Outcome.VERIFIED_OK))
    fire = simulate(FIRE, SITE, Script(), kind=Kind.FIRE, category=Category.VITAL, start=NOW)
    assert "an operator has it" in texts(fire)


def test_a_run_without_calls_is_drawn() -> None:
    done = simulate(
        INTRUSION, None, Script(), kind=Kind.INTRUSION, category=Category.SECURITY, start=NOW
    )
    assert picture(done).tag == f"{SVG}svg"
