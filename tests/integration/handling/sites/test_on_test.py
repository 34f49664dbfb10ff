"""A site on test: stored, not handled, but for lives; at its end what alarms is live (D17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.watch.supervision import OnTest
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.sites import on_test
from tests.integration.handling.station import FIRST, Station
from tests.integration.handling.watched import Watch

Row = dict[str, Any]
HOUR = timedelta(hours=1)
ZONES = [
    {"account": "1002", "zone": "3", "name": "Hall"},
    {"account": "1002", "zone": "4", "name": "Office"},
    {"account": "1002", "zone": "5", "name": "Smoke", "kind": "fire"},
]


@pytest.fixture
def watch(station: Station) -> Watch:
    station.put(zones=ZONES, contacts=_contacts())
    return Watch(station)


def _contacts() -> list[Row]:
    def person(name: str, granted: dict[str, list[str]]) -> Row:
        return {"id": name, "name": name, "role": "keyholder", "authorities": granted}

    return [
        person("anne", {"intrusion": ["set_on_test"]}),
        person("bruno", {"*": ["cancel"]}),
    ]


def put_anne(watch: Watch, **more: Any) -> None:
    anne, *others = _contacts()
    watch.station.put(zones=ZONES, contacts=[anne | more, *others])


def begin(watch: Watch, zones: list[str] | None = None, **changed: Any) -> OnTest:
    fields: Row = dict(lasts=HOUR, reason="maintenance", who="olga", role="operator", contact=None)
    fields |= changed
    now = watch.station.now
    return watch.station.write(
        lambda tx: on_test.set_on_test(tx, "1002", zones=zones, now=now, **fields)
    )


def extend(watch: Watch, test: OnTest, lasts: timedelta, role: str = "operator") -> OnTest:
    now = watch.station.now
    return watch.station.write(
        lambda tx: on_test.extend(tx, "1002", test.id, lasts=lasts, who="olga", role=role, now=now)
    )


def finish(watch: Watch, test: OnTest) -> None:
    now = watch.station.now
    watch.station.write(lambda tx: on_test.end(tx, "1002", test.id, who="olga", now=now))


def treatment(watch: Watch, code: str, zone: str) -> str:
    sent = watch.station.signal(code, zone)
    watch.station.receives(sent)
    watch.correlate()
    return str(watch.station.signal_row(sent).treatment)


def test_signals_are_stored_and_not_handled(watch: Watch) -> None:
    begin(watch)
    assert treatment(watch, "BA", "3") == "tested"
    assert treatment(watch, "AT", "") == "tested"
    assert watch.open_kinds() == []


@pytest.mark.parametrize("code", ["HA", "PA", "MA", "FA"])
def test_what_is_for_lives_stays_live(watch: Watch, code: str) -> None:
    begin(watch)
    assert treatment(watch, code, "3") == "opened"


def test_only_named_zones_are_silent_and_a_named_fire_is(watch: Watch) -> None:
    begin(watch, ["03", "5"])
    assert treatment(watch, "BA", "3") == "tested"
    assert treatment(watch, "FA", "005") == "tested"
    assert treatment(watch, "BA", "4") == "opened"


def test_at_its_end_what_still_alarms_is_live_and_the_setter_is_called(watch: Watch) -> None:
    begin(watch, contact="anne")
    for code, zone in [("BA", "3"), ("BA", "4"), ("BR", "3")]:
        assert treatment(watch, code, zone) in ("tested", "noted", "restored")
    assert watch.later(3599) == []
    assert watch.later(1) == ["TEST_ENDED"]
    assert watch.later(1) == []
    assert sorted(watch.open_kinds()) == ["intrusion", "on_test"]
    intrusion = next(r for r in watch.station.incidents() if r.kind == "intrusion")
    assert intrusion.zones == {"4": "alarm"}
    assert intrusion.signal_count == 1
    assert "anne (sans numéro), demande notée par olga" in watch.found()[0].text
    assert "BA 4" in watch.found()[0].text
    assert len(watch.station.entries("test_ended")) == 1


def test_whoever_asked_for_the_test_is_called_by_the_machine_and_a_key_ends_it(
    watch: Watch,
) -> None:
    put_anne(watch, phone=FIRST)
    begin(watch, contact="anne")
    assert watch.later(3600) == ["TEST_ENDED"]
    (row,) = [one for one in watch.station.incidents() if one.kind == "on_test"]
    assert watch.station.live(FIRST).contact_id == "anne"
    watch.station.replies(FIRST, "acknowledged")
    row = watch.station.incident(row.id)
    assert (row.state, row.resolution_code) == ("filed", "test")


def test_a_tester_who_does_not_answer_is_an_operator_s(watch: Watch) -> None:
    put_anne(watch, phone=FIRST)
    begin(watch, contact="anne")
    assert watch.later(3600) == ["TEST_ENDED"]
    watch.station.ends(FIRST, "no_answer")
    watch.station.later(120)
    watch.station.ends(FIRST, "no_answer")
    (row,) = [one for one in watch.station.incidents() if one.kind == "on_test"]
    assert (row.state, row.with_human) == ("open", True)


def test_nobody_of_a_mute_site_is_called_for_a_test_that_ends(watch: Watch) -> None:
    put_anne(watch, phone=FIRST)
    begin(watch, contact="anne")
    watch.station.alarm("HA")
    assert watch.later(3600) == ["TEST_ENDED"]
    assert FIRST not in watch.station.wanted()


def test_an_end_by_hand_makes_live_what_alarms_and_calls_nobody(watch: Watch) -> None:
    test = begin(watch)
    treatment(watch, "BA", "3")
    finish(watch, test)
    watch.correlate()
    assert watch.open_kinds() == ["intrusion"]
    assert watch.found() == []
    with pytest.raises(Refused, match="over"):
        finish(watch, test)


def test_what_another_test_silences_stays_silent(watch: Watch) -> None:
    first, _second = begin(watch, ["3"]), begin(watch, ["3", "4"], lasts=2 * HOUR)
    treatment(watch, "BA", "3")
    finish(watch, first)
    watch.correlate()
    assert watch.open_kinds() == []
    assert watch.later(7200) == ["TEST_ENDED"]
    assert "intrusion" in watch.open_kinds()


@pytest.mark.parametrize(
    ("role", "hours"), [("operator", 4), ("supervisor", 24), ("administrator", 72)]
)
def test_its_length_is_limited_by_role(watch: Watch, role: str, hours: int) -> None:
    with pytest.raises(BadField, match=f"{hours} hours at most") as refused:
        begin(watch, lasts=hours * HOUR + timedelta(seconds=1), role=role)
    assert refused.value.field == "minutes"
    assert begin(watch, lasts=hours * HOUR, role=role).ends_at == watch.station.now + hours * HOUR


@pytest.mark.parametrize("role", ["reader", "technician", "panel", ""])
def test_nobody_else_sets_one(watch: Watch, role: str) -> None:
    with pytest.raises(BadField):
        begin(watch, role=role)


def test_it_is_extended_twice_at_most(watch: Watch) -> None:
    test = begin(watch)
    with pytest.raises(BadField, match="sooner"):
        extend(watch, test, HOUR / 2)
    for turn in (1, 2):
        watch.later(1800)
        assert extend(watch, test, 4 * HOUR).extensions == turn
    with pytest.raises(Refused, match="twice"):
        extend(watch, test, 4 * HOUR, "administrator")
    assert watch.later(4 * 3600 - 1) == []
    assert watch.later(1) == ["TEST_ENDED"]


def test_it_is_refused_during_a_vital_or_personal_alarm(watch: Watch) -> None:
    watch.station.alarm("BA", "3")
    test = begin(watch)  # an intrusion that is not confirmed is none
    watch.station.alarm("HA", "9")
    with pytest.raises(Refused, match="vital alarm"):
        begin(watch)
    with pytest.raises(Refused, match="vital alarm"):
        extend(watch, test, 2 * HOUR)


def test_a_contact_needs_the_authority_for_what_is_silenced(watch: Watch) -> None:
    assert begin(watch, contact="anne").contact_id == "anne"
    with pytest.raises(Refused, match="has not the authority to set this alarm on test: bruno"):
        begin(watch, contact="bruno")
    with pytest.raises(Refused, match="fire"):
        begin(watch, ["5"], contact="anne")
    with pytest.raises(BadField) as unknown:
        begin(watch, contact="carla")
    assert unknown.value.field == "contact"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"zones": ["3", "77"]}, "zones.1"), ({"zones": []}, "zones"), ({"reason": " "}, "reason")],
)
def test_what_is_wrong_is_named(watch: Watch, changed: Row, field: str) -> None:
    with pytest.raises(BadField) as refused:
        begin(watch, **changed)
    assert refused.value.field == field


def test_a_test_belongs_to_its_site(watch: Watch) -> None:
    test = begin(watch)
    now = watch.station.now
    watch.station.put("1003")
    with pytest.raises(NotFound):
        watch.station.write(lambda tx: on_test.end(tx, "1003", test.id, who="olga", now=now))


def test_everything_is_told_with_who_did_it(watch: Watch) -> None:
    test = begin(watch)
    extend(watch, test, 2 * HOUR)
    finish(watch, test)
    for kind in ("test_set", "test_extended", "test_ended"):
        (entry,) = watch.station.entries(kind)
        assert (entry.who, entry.site) == ("olga", "1002")
