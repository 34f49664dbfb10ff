"""Whom the machine calls and by which plan, as the hour, the arming and the zone have it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from callflow.core.time import ical
from callflow.core.time.hours import Span
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.sites import calendars, sites
from callflow.handling.sites.shape import Site
from callflow.storage import schema
from callflow.storage.sites import contacts
from tests.integration.handling.station import FIRST, NIGHT, SECOND, Station, a_site
from tests.integration.handling.watched import PARIS
from tests.support.rows.documents import site_document

Row = dict[str, Any]
DAY = timedelta(days=1)
#: NIGHT is Wednesday 04:00 in Paris.
BY_NIGHT, BY_DAY = {"week": {"wed": ["00:00-06:00"]}}, {"week": {"wed": ["08:00-18:00"]}}
LISTED = {"id": "list", "kind": "call_list", "outcomes": {"exhausted": "operator"}}
OPERATOR = {"id": "operator", "kind": "hand_to_operator"}


@pytest.fixture(autouse=True)
def _plans(station: Station) -> None:
    for name in ("direct", "night", "by_zone"):
        station.plan(name, LISTED, OPERATOR)


def put(station: Station, *availabilities: Row | None, **changed: Any) -> None:
    """The shop, its keyholders with these calendars; who is called first follows from them."""
    people = a_site()["contacts"]
    for person, body in zip(people[1:], availabilities, strict=False):
        person["availability"] = body
    station.put(contacts=people, **{"plans": {"*": "direct"}, **changed})


def kept(station: Station, contact: str = "1002-anne") -> Any:
    found = station.read(lambda tx: contacts.get(tx, contact))
    assert found is not None
    return found.availability


# --- who ----------------------------------------------------------------------------------


def test_who_is_away_at_this_hour_is_not_called(station: Station) -> None:
    put(station, BY_DAY, BY_NIGHT)
    station.alarm()
    assert station.wanted() == [SECOND]


def test_who_replaces_is_known_from_another_site(station: Station) -> None:
    zoe = {"id": "zoe", "name": "Zoé", "role": "keyholder", "phone": "+33639980199"}
    station.put("2000", contacts=[zoe], zones=[], accounts=[{"account": "2000"}])
    span = {"from": (NIGHT - DAY).isoformat(), "until": (NIGHT + DAY).isoformat()}
    put(station, {"leaves": [span], "replacements": [{"contact": "zoe", **span}]})
    station.alarm()
    assert station.wanted() == ["+33639980199"]
    assert station.rings("+33639980199")


def test_nobody_there_is_an_operators_at_once(station: Station) -> None:
    put(station, BY_DAY, BY_DAY)
    row = station.alarm()
    assert row.with_human
    assert station.calls(row.id) == []


def test_what_get_gives_put_takes_and_left_out_is_unchanged(station: Station) -> None:
    rule = {"plan": "night", "kinds": ["intrusion"], "armed": True, "when": BY_NIGHT}
    put(station, BY_NIGHT, plan_rules=[rule])
    given = station.read(lambda tx: site_document(tx, "1002"))
    assert given is not None
    anne = next(person for person in given["contacts"] if person["id"] == "1002-anne")
    assert anne["availability"] == BY_NIGHT
    assert given["plan_rules"] == [rule]
    station.write(
        lambda tx: sites.put_site(tx, station.vault, "1002", Site.read(given), "admin", station.now)
    )
    assert station.read(lambda tx: site_document(tx, "1002")) == given
    station.put()  # says nothing of calendars
    assert kept(station) == BY_NIGHT
    put(station, None)
    assert kept(station) is None


@pytest.mark.parametrize(
    ("availability", "field"),
    [
        ({"week": {"mon": ["8-9"]}}, "contacts.1.availability.week.mon.0"),
        ({"holidays": {"country": "XX"}}, "contacts.1.availability.holidays.country"),
        (
            {
                "replacements": [
                    {"contact": "ghost", "from": "2026-01-01T00:00Z", "until": "2026-01-02T00:00Z"}
                ]
            },
            "contacts.1.availability.replacements.0.contact",
        ),
    ],
)
def test_a_wrong_calendar_names_its_field(station: Station, availability: Row, field: str) -> None:
    with pytest.raises(BadField) as refused:
        put(station, availability)
    assert refused.value.field == field


# --- which plan ---------------------------------------------------------------------------


def plan_of(station: Station, code: str = "BA", zone: str = "3", **rules: Any) -> str:
    put(station, plan_rules=[{"plan": "night", "kinds": ["intrusion"], **rules}])
    return str(station.alarm(code, zone).plan["id"])


def test_another_plan_by_time(station: Station) -> None:
    assert plan_of(station, when=BY_NIGHT) == "night"


def test_the_usual_plan_at_another_time(station: Station) -> None:
    assert plan_of(station, when=BY_DAY) == "direct"


def test_a_late_signal_gets_the_plan_of_the_hour_when_it_was_raised(station: Station) -> None:
    put(station, plan_rules=[{"plan": "night", "kinds": ["intrusion"], "when": BY_NIGHT}])
    raised = station.now
    station.later(8 * 3600)
    assert station.alarm(panel_time=raised).plan["id"] == "night"


@pytest.mark.parametrize(
    ("sent", "armed", "plan"),
    [
        ("CL", True, "night"),
        ("CL", False, "direct"),
        ("OP", True, "direct"),
        ("OP", False, "night"),
        (None, True, "night"),  # where nothing is known it may be armed
    ],
)
def test_another_plan_by_arming(station: Station, sent: str | None, armed: bool, plan: str) -> None:
    put(station, plan_rules=[{"plan": "night", "kinds": ["intrusion"], "armed": armed}])
    if sent is not None:
        station.receives(station.signal(sent, ""))
        station.correlate()
        station.now += timedelta(seconds=1)
    assert station.alarm().plan["id"] == plan


@pytest.mark.parametrize(("zone", "plan"), [("3", "night"), ("003", "night"), ("4", "direct")])
def test_another_plan_by_zone(station: Station, zone: str, plan: str) -> None:
    assert plan_of(station, zone=zone, zones=[{"account": "1002", "zone": "03"}]) == plan


def test_a_hold_up_is_not_meant_by_a_rule_for_anything(station: Station) -> None:
    put(station, plan_rules=[{"plan": "night"}, {"plan": "night", "categories": ["vital"]}])
    assert station.alarm("HA").plan["id"] == "operator"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"plan": "nowhere"}, "plan_rules.0.plan"),
        ({"plan": "night", "zones": [{"account": "9", "zone": "1"}]}, "plan_rules.0.zones"),
        ({"plan": "night", "kinds": ["burglary"]}, "plan_rules.0.kinds.0"),
    ],
)
def test_a_wrong_rule_names_its_field(station: Station, rule: Row, field: str) -> None:
    with pytest.raises(BadField) as refused:
        put(station, plan_rules=[rule])
    assert refused.value.field == field


def test_what_another_version_wrote_keeps_nobody_away_and_is_an_operators(station: Station) -> None:
    put(station)
    station.write(lambda tx: contacts.write_availability(tx, "1002-anne", {"moon": "full"}))
    row = station.alarm()
    assert station.wanted() == [FIRST]
    station.write(
        lambda tx: tx.execute(
            update(schema.site).values(plan_rules=[{"plan": "x", "moon": "full"}])
        )
    )
    assert row.plan["id"] == "direct"
    assert station.alarm("FA").plan["id"] == "operator"


# --- calendars from files -----------------------------------------------------------------


def brought(station: Station, *spans: Span, absences: bool, contact: str = "1002-anne") -> None:
    data = ical.write(spans, key="k", summary="x", now=station.now)
    read = ical.read(data, PARIS, station.now, absences=absences)
    station.write(
        lambda tx: calendars.import_calendar(
            tx, "1002", contact, read, absences=absences, who="admin", now=station.now
        )
    )


def given(station: Station, *, absences: bool) -> list[Span]:
    data = station.read(
        lambda tx: calendars.export_calendar(
            tx, "1002", "1002-anne", absences=absences, now=station.now
        )
    )
    return list(ical.read(data, PARIS, station.now, absences=absences).spans)


def test_absences_of_a_file_keep_the_contact_from_being_called(station: Station) -> None:
    put(station)
    away = Span(station.now, station.now + DAY)
    brought(station, away, absences=True)
    assert given(station, absences=True) == [away]
    station.alarm()
    assert station.wanted() == [SECOND]
    assert station.entries("absences_imported")[0].text.startswith("Absences de anne")


def test_duties_of_a_file_are_when_the_contact_is_called(station: Station) -> None:
    put(station)
    duty = Span(station.now + DAY, station.now + 2 * DAY)
    brought(station, duty, absences=False)
    assert given(station, absences=False) == [duty]
    station.alarm()
    assert station.wanted() == [SECOND]
    station.later(DAY.total_seconds())
    station.put(
        "3000",
        contacts=[{"id": "1002-anne", "name": "anne", "role": "keyholder", "phone": FIRST}],
        zones=[],
        accounts=[{"account": "3000"}],
        plans={"*": "direct"},
    )
    station.alarm(account="3000")
    assert FIRST in station.wanted()  # the same person, and the same calendar, at another site


def test_the_next_file_replaces_the_last_and_leaves_the_rest(station: Station) -> None:
    put(station, BY_NIGHT)
    away = Span(station.now, station.now + DAY)
    brought(station, away, absences=True)
    brought(station, absences=True)
    assert kept(station) == BY_NIGHT


def test_hours_are_given_as_they_count(station: Station) -> None:
    put(station, BY_DAY)
    spans = given(station, absences=False)
    assert len(spans) == 58
    assert {span.start.astimezone(PARIS).hour for span in spans} == {8}
    put(station, None)
    assert given(station, absences=False) == []


def test_nobodys_calendar_is_not_found(station: Station) -> None:
    with pytest.raises(NotFound):
        brought(station, absences=True, contact="ghost")
