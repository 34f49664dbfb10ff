"""A site with an open personal alarm: whatever else is open there, and whichever came first, every
word is the mute one's (D7, D29)."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import pytest

from callflow.core.alarms import incident
from callflow.core.calls.call import Dialogue
from callflow.core.calls.dial_policy import MUTE
from callflow.core.calls.dialogue import Answer
from callflow.core.interventions.law import Service
from callflow.handling.alarms import operating
from callflow.handling.alarms.acting import close, request_call
from callflow.handling.alarms.ends import muting
from callflow.handling.base import policy as base_policy
from callflow.handling.base import refusals
from callflow.handling.calls import calling, dialogues, telephone
from callflow.handling.desks import waiting_line
from callflow.handling.interventions import services
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from tests.integration.handling.desks.test_distribution import works
from tests.integration.handling.station import DESK, FIRST, SECOND, SHOP, Station
from tests.support.phones.menu_caller import MenuCaller

_NUMBERS = itertools.count()
STRANGER = "+33639987001"


def caller(station: Station, number: str = FIRST) -> MenuCaller:
    call_id = f"1795000000.{next(_NUMBERS)}"
    return MenuCaller(station.store, station.vault, number, call_id).calls(station.now)


def acts(station: Station, call_id: str) -> list[str]:
    """What the call's node is asked to do."""
    orders = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    return [order.kind for order in orders if order.call_id == call_id]


def held(station: Station, code: str = "BA") -> str:
    row = station.alarm(code)
    station.write(lambda tx: operating.claim(tx, row.id, "claire", station.now))
    return str(row.id)


def by_hand(station: Station, alarm: str, contact: str = "1002-shop") -> None:
    station.write(
        lambda tx: operating.request_contact_call(tx, alarm, "claire", contact, station.now)
    )


def test_what_the_rows_say_of_a_mute_site_is_what_the_rule_says(station: Station) -> None:
    """The rule is in one place; the query that asks it of many sites at once agrees."""
    station.put("1003")
    for code, account in (("HA", "1002"), ("FA", "1003"), ("PA", "1003")):
        row = station.alarm(code, account=account)
        for changed in _CHANGES:
            station.write(partial(incidents.change, incident=row, **changed))
            of_site = [one for one in station.incidents() if one.site_id == account]
            said = station.read(partial(incidents.site_is_mute, site_id=account))
            assert said == (incident.ruling(of_site) is not None)


_CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"exercise": True},
    {"exercise": False, "state": "handled"},
    {"kind": "intrusion", "state": "open"},
    {"duress": True},
)


@pytest.mark.parametrize("order", [("BA", "HA"), ("HA", "BA")])
def test_older_or_newer_the_personal_alarm_rules_each_page(
    station: Station, order: tuple[str, str]
) -> None:
    both = {code: station.alarm(code).id for code in order}
    for one in both.values():
        assert station.read(partial(muting.is_mute_here, incident=station.incident(one)))
    rules = station.read(lambda tx: muting.ruling_alarm(tx, "1002"))
    assert rules is not None
    assert rules.id == both["HA"]


def test_what_rings_for_another_alarm_of_the_site_rings_no_more(station: Station) -> None:
    """Though a person holds that alarm, and no machine runs there."""
    burglary = held(station)
    by_hand(station, burglary)
    ringing = station.rings(SHOP)
    by_hand(station, burglary, "1002-anne")
    station.alarm("HA")
    assert acts(station, ringing) == ["hang_up"]
    assert station.place() == []
    assert (FIRST, "cancelled") in station.called(burglary)


def test_whom_the_machine_speaks_with_hears_no_more_of_the_other_alarm(station: Station) -> None:
    station.alarm("BA")
    talks = station.picks_up(SHOP)
    station.alarm("HA")
    assert acts(station, talks) == ["take_over"]
    assert station.call(talks).result == "operator"
    assert station.entries("hushed")
    station.write(lambda tx: calling.join_room(tx, talks, station.now))
    (waits,) = station.read(waiting_line.waiting)
    assert waits.caller.urgent


def test_a_code_under_duress_goes_on_sounding_like_success(station: Station) -> None:
    station.alarm("BA")
    talks = station.picks_up(SHOP)
    station.alarm("FA")
    station.says(talks, "duress")
    assert acts(station, talks) == []


def test_a_dialogue_that_begins_offers_no_end_of_the_other_alarm(station: Station) -> None:
    station.alarm("BA")
    begun = station.rings(SHOP)
    facts = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, begun))
    assert facts is not None
    assert Answer.FALSE_ALARM in facts[0].answers
    station.alarm("HA")
    facts = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, begun))
    assert facts is not None
    assert facts[0].personal
    assert Answer.FALSE_ALARM not in facts[0].answers


def test_nobody_is_called_by_number_either(station: Station) -> None:
    """A call about no alarm: one asked for before, one that rings, one that is asked for now."""
    works(station, "claire")
    _calls_number(station, SHOP)
    _calls_number(station, FIRST)
    ringing = station.rings(FIRST)
    later = _calls_number(station, SECOND)
    station.alarm("HA")
    assert acts(station, ringing) == ["hang_up"]
    assert SECOND not in station.place()
    assert station.call(later).detail == MUTE
    with pytest.raises(refusals.Refused, match="nothing may ring"):
        station.write(lambda tx: telephone.call_number(tx, "claire", SHOP, station.now))


def _calls_number(station: Station, to: str) -> str:
    asked: Any = dict(step="by_hand", attempt=1, dialogue=Dialogue.TALK, ring_time=30, priority=0)
    policy = station.read(base_policy.load_policy)
    call = station.write(
        lambda tx: request_call(tx, policy, None, station.now, to=to, requester="claire", **asked)
    )
    return call.id


def test_whoever_calls_is_told_nothing_and_gets_a_human(station: Station) -> None:
    """By a known number, though its other alarm is the older one, and by an account and a code."""
    everything = {"*": ["cancel", "send_guard", "set_on_test", "instruct"]}
    keyholder = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST}
    station.put(contacts=[keyholder | {"code": "2580", "authorities": everything}])
    station.alarm("FA")
    assert caller(station).facts.menus
    station.alarm("HA")
    assert not caller(station).facts.menus
    strange = caller(station, STRANGER).types("1002", "2580")
    assert strange.progress.bridge
    assert "incendie" not in " ".join(strange.heard).lower()
    assert "alarme" not in strange.heard[-1].lower()
    station.live(DESK)


def test_the_state_of_a_site_never_tells_of_a_personal_alarm(station: Station) -> None:
    everything = {"*": ["cancel", "set_on_test"]}
    keyholder = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST}
    station.put(contacts=[keyholder | {"code": "2580", "authorities": everything}])
    hold_up = station.alarm("HA")
    station.write(lambda tx: close(tx, hold_up, "real", "vu", station.now, who="claire"))
    heard = caller(station).types("2580", "3").heard
    assert "agression" not in " ".join(heard).lower()


def test_a_menu_that_was_open_reads_no_alarm_out(station: Station) -> None:
    everything = {"*": ["cancel", "set_on_test"]}
    keyholder = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST}
    station.put(contacts=[keyholder | {"code": "2580", "authorities": everything}])
    station.alarm("FA")
    inside = caller(station).types("2580")
    station.alarm("HA")
    before = len(inside.heard)
    inside.types("9", "3")
    assert "incendie" not in " ".join(inside.heard[before:]).lower()


def test_the_police_step_of_any_alarm_there_is_open(station: Station) -> None:
    burglary = station.alarm("BA")
    assert not station.read(lambda tx: _police(tx, burglary))
    station.alarm("HA")
    assert station.read(lambda tx: _police(tx, burglary))


def _police(tx: Any, row: Any) -> bool:
    return services.service_gate(tx, row, Service.POLICE).allowed
