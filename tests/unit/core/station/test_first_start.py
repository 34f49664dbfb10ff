"""What the guide of the first start says of each part, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.calls.call import OF_FAX, Call, CallState, Outcome
from callflow.core.plans import standard
from callflow.core.sites.site import Contact, Role, Site, SiteState
from callflow.core.station.first_start import PROOF, Check, Facts, Line, Mark, Part, Trial, examine
from callflow.core.time.availability import Availability
from web.pages.station.start_words import SAID, TITLES

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)  # a Thursday, 04:00 in Paris
PHONE = "+33639981234"
OPAL = Contact(id="c1", name="Opal", role=Role.KEYHOLDER, phone=PHONE)
SITE = Site(id="1001", name="Workshop", client="Workshop", contacts=(OPAL,))
EMPTY = Facts(
    now=NOW,
    missing=(),
    asterisk=True,
    lines=(Line(name="trunk", state="down", leads=False),),
    number="+33639989999",
    made_up=True,
    operators=(),
    sites=0,
    site=None,
    account="",
    plan=None,
    test=None,
)
READY = replace(
    EMPTY,
    lines=(Line(name="gateway", state="up", address="127.0.0.1:5062"),),
    number="+33199000001",
    made_up=False,
    operators=("opal",),
    sites=1,
    site=SITE,
    account="1001",
    plan=standard.INTRUSION,
)


def look(facts: Facts, part: Part) -> Check:
    (found,) = (check for check in examine(facts) if check.part is part)
    return found


def why(facts: Facts, part: Part) -> tuple[Mark, str]:
    check = look(facts, part)
    assert (part, check.why) in SAID, "no words for this"
    return check.mark, check.why


def call(state: CallState, outcome: Outcome | None = None, seconds: float = 0.0) -> Call:
    return Call(
        id="c",
        step="keyholders",
        contact_id="c1",
        to=PHONE,
        attempt=1,
        state=state,
        outcome=outcome,
        requested_at=NOW - timedelta(seconds=seconds),
    )


def sent(*calls: Call, runs: bool = True) -> Facts:
    return replace(READY, test=Trial(runs=runs, calls=calls))


def test_an_empty_station_has_all_to_do_but_what_runs() -> None:
    assert [check.part for check in examine(EMPTY)] == list(Part) == list(TITLES)
    marks = {check.part: check.mark for check in examine(EMPTY)}
    assert marks.pop(Part.RUNNING) is Mark.DONE
    assert set(marks.values()) == {Mark.TODO}
    assert all((check.part, check.why) in SAID for check in examine(EMPTY))


def test_a_station_that_called_its_first_person_has_nothing_left() -> None:
    done = sent(call(CallState.ENDED, Outcome.VERIFIED_OK), runs=False)
    assert {check.mark for check in examine(done)} == {Mark.DONE}
    assert look(done, Part.CONTACT).number == PHONE


def _site(**changes: Any) -> dict[str, Any]:
    return {"site": replace(SITE, **changes)}


def _opal(**changes: Any) -> dict[str, Any]:
    return _site(contacts=(replace(OPAL, **changes),))


NEVER = Availability.from_json({"week": {"sat": ["10:00-12:00"]}})
_DOWN = Line(name="a", state="down")
FAULTS: list[tuple[dict[str, Any], Part, Mark, str]] = [
    ({"missing": ("engine",)}, Part.RUNNING, Mark.WRONG, "missing"),
    ({"asterisk": False}, Part.RUNNING, Mark.WRONG, "asterisk"),
    ({"asterisk": False, "lines": (_DOWN,)}, Part.TRUNK, Mark.WRONG, "untold"),
    ({"lines": (Line(name="a", state=""),)}, Part.TRUNK, Mark.WRONG, "untold"),
    ({"lines": (_DOWN,)}, Part.TRUNK, Mark.WRONG, "down"),
    ({"lines": (Line(name="a", state="unanswered"),)}, Part.TRUNK, Mark.WRONG, "unanswered"),
    ({"lines": ()}, Part.TRUNK, Mark.TODO, "none"),
    ({"site": None, "sites": 2}, Part.SITE, Mark.TODO, "which"),
    ({"site": None, "sites": 2}, Part.CONTACT, Mark.TODO, "no_site"),
    ({"account": ""}, Part.SITE, Mark.WRONG, "no_account"),
    (_site(state=SiteState.SUSPENDED), Part.SITE, Mark.WRONG, "over"),
    (_site(contacts=()), Part.CONTACT, Mark.TODO, "none"),
    (_opal(phone=None), Part.CONTACT, Mark.WRONG, "no_number"),
    (_opal(phone="+33112"), Part.CONTACT, Mark.WRONG, "refused"),
    (_opal(availability=NEVER), Part.CONTACT, Mark.WRONG, "away"),
    (_opal(role=Role.MAINTENANCE), Part.CONTACT, Mark.WRONG, "not_called"),
    ({"plan": standard.OPERATOR}, Part.PLAN, Mark.WRONG, "calls_nobody"),
]


@pytest.mark.parametrize(("changed", "part", "mark", "said"), FAULTS)
def test_what_is_not_well_is_named(
    changed: dict[str, Any], part: Part, mark: Mark, said: str
) -> None:
    assert why(READY, part) == (Mark.DONE, "done")
    assert why(replace(READY, **changed), part) == (mark, said)


def test_one_trunk_that_is_up_is_enough() -> None:
    lines = (_DOWN, Line(name="b", state="up"))
    assert look(replace(READY, lines=lines), Part.TRUNK).about == "b"


def test_who_is_called_first_is_the_plans_choice_now() -> None:
    shop = replace(OPAL, id="c0", name="Shop", role=Role.PREMISES, phone="+33639981200")
    both = replace(READY, **_site(contacts=(OPAL, shop)))
    assert look(both, Part.CONTACT).about == "Shop"
    closed = replace(READY, **_site(contacts=(OPAL, replace(shop, availability=NEVER))))
    assert look(closed, Part.CONTACT).about == "Opal"


@pytest.mark.parametrize("state", [s for s in CallState if s not in ("ended", "cancelled")])
def test_a_call_is_followed_while_it_lives(state: CallState) -> None:
    assert why(sent(call(state)), Part.ALARM) == (Mark.RUNS, state.value)


def test_a_call_that_nobody_places_waits_for_something() -> None:
    waits = sent(call(CallState.REQUESTED, seconds=10))
    assert why(waits, Part.ALARM) == (Mark.WRONG, "waits")
    assert why(sent(), Part.ALARM) == (Mark.RUNS, "begins")
    assert why(sent(runs=False), Part.ALARM) == (Mark.WRONG, "no_call")
    assert why(sent(call(CallState.CANCELLED)), Part.ALARM) == (Mark.WRONG, "cancelled")


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - OF_FAX))
def test_every_end_of_a_call_is_proof_or_says_what_to_do(outcome: Outcome) -> None:
    mark, said = why(sent(call(CallState.ENDED, outcome), runs=False), Part.ALARM)
    if outcome in PROOF:
        assert (mark, said) == (Mark.DONE, "done")
    else:
        assert (mark, said) == (Mark.WRONG, outcome.value)
        assert SAID[Part.ALARM, said][1], "what to do"


def test_a_later_failure_takes_no_proof_back() -> None:
    calls = call(CallState.ENDED, Outcome.GOING), call(CallState.ENDED, Outcome.BUSY)
    assert why(sent(*calls, runs=False), Part.ALARM) == (Mark.DONE, "done")
