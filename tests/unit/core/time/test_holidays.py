"""Which days are holidays: the public ones of a place, and what the station says of its days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.core.plans.choice import rules_from_json
from callflow.core.sites.schedule import Schedule
from callflow.core.time.availability import Availability, available
from callflow.core.time.holidays import (
    Holidays,
    OwnDays,
    Place,
    followed,
    place_of,
    public,
    read_place,
    regions,
)
from callflow.core.time.hours import CalendarError

PARIS = ZoneInfo("Europe/Paris")
FRANCE, ALSACE = Place("FR"), Place("FR", "6AE")
FRIDAY, CHRISTMAS = date(2026, 11, 27), date(2026, 12, 25)
#: The station is closed on a Friday in November, and works on Christmas Day, both all over France.
OWN: OwnDays = {(FRANCE, FRIDAY): True, (FRANCE, CHRISTMAS): False}


@pytest.mark.parametrize(
    ("region", "days"),
    [
        (None, []),
        ("Alsace", ["2026-04-03", "2026-12-26"]),
        ("Moselle", ["2026-04-03", "2026-12-26"]),
        ("La Réunion", ["2026-12-20"]),
        ("Guadeloupe", ["2026-03-12", "2026-04-03", "2026-05-27", "2026-07-21"]),
        ("Martinique", ["2026-05-22", "2026-07-21"]),
        ("Mayotte", ["2026-04-27"]),
    ],
)
def test_regions_have_days_of_their_own(region: str | None, days: list[str]) -> None:
    place = read_place("FR", region, "place")
    theirs = {*public(place, 2026, "fr")} - {*public(FRANCE, 2026, "fr")}
    assert [day.isoformat() for day in sorted(theirs)] == days
    assert all(Holidays(country="FR", region=region).on(day) for day in theirs)
    assert len(public(FRANCE, 2026, "fr")) == 11


def test_a_place_is_one_whatever_it_is_called() -> None:
    assert place_of("FR", "Alsace") == place_of("FRA", "6AE") == ALSACE
    assert read_place("FR", None, "place") == FRANCE
    assert regions("FR")["6AE"] == "Alsace"
    assert "Zone A" not in regions("FR")  # school holidays are no public ones
    for wrong, field in ((("XX", None), "country"), (("FR", "Bretagne"), "region")):
        with pytest.raises(CalendarError) as refused:
            read_place(wrong[0], wrong[1], "place")
        assert refused.value.field == f"place.{field}"


def test_names_are_in_the_language_that_is_asked_for_or_in_the_countrys() -> None:
    assert public(FRANCE, 2026, "fr")[CHRISTMAS] == "Noël"
    assert public(FRANCE, 2026, "en")[CHRISTMAS] == "Christmas Day"
    assert public(Place("DE"), 2026, "fr")[CHRISTMAS] == "Erster Weihnachtstag"


def test_the_stations_word_goes_before_the_librarys_and_a_regions_before_its_countrys() -> None:
    here = Holidays(country="FR", own=OWN)
    assert here.on(FRIDAY)
    assert not here.on(CHRISTMAS)
    own = {**OWN, (ALSACE, CHRISTMAS): True, (ALSACE, date(2026, 12, 26)): False}
    there = Holidays(country="FR", region="Alsace", own=own)
    assert there.on(CHRISTMAS)
    assert there.on(FRIDAY)
    assert not there.on(date(2026, 12, 26))
    assert Holidays(country="FR", region="Moselle", own=own).on(date(2026, 12, 26))
    assert not Holidays(country="DE", own=own).on(FRIDAY)


def test_one_rule_for_people_sites_and_plans() -> None:
    calendar: dict[str, Any] = {"week": {"fri": ["08:00-18:00"]}, "holidays": {"country": "FR"}}
    noon = datetime(2026, 11, 27, 11, tzinfo=UTC)
    person = Availability.from_json(calendar, own=OWN)
    (rule,) = rules_from_json([{"plan": "day", "when": calendar}], own=OWN)
    for hours in (person, rule.when):
        assert not available(hours, noon, PARIS)
        assert "own" not in str(hours.to_json())
    assert available(Availability.from_json(calendar), noon, PARIS)
    site = Schedule.from_json(calendar, OWN)
    assert site.hours(FRIDAY) == ()
    assert site.hours(CHRISTMAS) == Schedule.from_json(calendar).hours(date(2026, 12, 18))


def test_an_exception_of_the_site_goes_before_the_stations_day() -> None:
    day = {"exceptions": {"2026-11-27": ["09:00-12:00"]}, "holidays": {"country": "FR"}}
    assert Schedule.from_json(day, OWN).hours(FRIDAY) != ()


def test_whose_holidays_calendars_follow() -> None:
    said: list[Any] = [
        {"holidays": {"country": "FR", "region": "Alsace", "open": "closed"}},
        {"holidays": {"country": "FR", "region": None}},
        *({"week": {}}, None, {"holidays": {"country": "nowhere"}}, {"holidays": ["FR"]}),
    ]
    assert list(followed(said)) == [ALSACE, FRANCE]
