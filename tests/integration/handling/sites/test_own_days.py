"""What the station says of a day counts at once wherever hours ask for holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from callflow.core.records.logbook import Entry
from callflow.core.time.holidays import OwnDay, Place
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.interventions import directory
from callflow.handling.plans import preview
from callflow.handling.sites import own_days
from callflow.storage.interventions import services
from callflow.storage.records import logbook
from callflow.storage.sites import own_days as rows
from callflow.storage.sites import sites
from tests.integration.handling.station import FIRST, NIGHT, SECOND, Station, a_site
from tests.integration.handling.watched import PARIS, Watch, paris

Row = dict[str, Any]
#: NIGHT is Wednesday 04:00 in Paris, 25 November 2026.
TODAY = date(2026, 11, 25)
AT_WORK = {"week": {"wed": ["00:00-06:00"]}, "holidays": {"country": "FR", "open": "closed"}}
OFF_DAYS = {"week": {}, "holidays": {"country": "FR", "region": "Alsace", "open": "all_day"}}
LISTED = {"id": "list", "kind": "call_list", "outcomes": {"exhausted": "operator"}}
OPERATOR = {"id": "operator", "kind": "hand_to_operator"}


@pytest.fixture
def watch(station: Station) -> Watch:
    return Watch(station)


def says(
    station: Station,
    *days: date,
    holiday: bool = True,
    region: str | None = None,
    reason: str = "Pont",
) -> list[OwnDay]:
    return station.write(
        lambda tx: own_days.set_days(tx, "FR", region, days, holiday, reason, "odile", station.now)
    )


def entries(station: Station) -> Sequence[Entry]:
    found = station.read(lambda tx: logbook.page(tx, limit=10_000))
    return [row for row in found if row.kind.startswith("own_day")]


def people(station: Station, *calendars: Row) -> None:
    for name in ("direct", "feast"):
        station.plan(name, LISTED, OPERATOR)
    called = a_site()["contacts"]
    for person, calendar in zip(called[1:], calendars, strict=True):
        person["availability"] = calendar
    station.put(contacts=called, plans={"*": "direct"})


def test_people_are_away_or_there_on_it(station: Station) -> None:
    people(station, AT_WORK, OFF_DAYS)
    station.alarm()
    assert station.wanted() == [FIRST]
    (day,) = says(station, TODAY)
    station.put("1003", accounts=[{"account": "1003"}], **_of("1003", AT_WORK, OFF_DAYS))
    station.alarm(account="1003")
    assert sorted(station.wanted()) == [FIRST, SECOND]  # the first alarm's call, and the second's
    forget(station, day)
    assert station.read(rows.own_days) == {}


def _of(account: str, *calendars: Row) -> Row:
    called = a_site(account)["contacts"]
    for person, calendar in zip(called[1:], calendars, strict=True):
        person["availability"] = calendar
    return {"contacts": called, "zones": [], "plans": {"*": "direct"}}


def forget(station: Station, day: OwnDay, reason: str = "Fait par erreur") -> None:
    station.write(lambda tx: own_days.forget_day(tx, day.id, reason, "odile", station.now))


def test_a_rule_of_plans_that_says_on_a_holiday_counts_on_it(station: Station) -> None:
    people(station, {}, {})
    when = {"week": {}, "holidays": {"country": "FR", "open": "all_day"}}
    station.put(plans={"*": "direct"}, plan_rules=[{"plan": "feast", "when": when}])
    assert station.alarm().plan["id"] == "direct"
    says(station, TODAY)
    station.put(
        "1003",
        accounts=[{"account": "1003"}],
        zones=[],
        contacts=[],
        plans={"*": "direct"},
        plan_rules=[{"plan": "feast", "when": when}],
    )
    assert station.alarm(account="1003").plan["id"] == "feast"


def test_the_line_of_a_service_that_is_shut_on_holidays_is_not_the_competent_one(
    station: Station,
) -> None:
    def lines() -> list[bool]:
        found = station.read(services.lines)
        return [bool(line.hours.spans(NIGHT, NIGHT + timedelta(hours=1), PARIS)) for line in found]

    line = {
        "id": "p",
        "service": "police",
        "name": "Police",
        "number": "+33639980017",
        "hours": AT_WORK,
    }
    station.write(lambda tx: directory.put_directory(tx, [line], "odile", station.now))
    assert lines() == [True]
    says(station, TODAY)
    assert lines() == [False]


SHOP = {"week": {"wed": ["08:00-18:00"], "thu": ["08:00-18:00"]}, "holidays": {"country": "FR"}}


def test_a_site_that_may_not_open_on_it_is_not_late_on_it_either(watch: Watch) -> None:
    station = watch.station
    watch.at(paris("2026-11-25T07:00"))
    station.put(schedule=SHOP)
    assert watch.sends("OP", "1", partition="1") == ["EARLY_OPENING"]
    (day,) = says(station, TODAY)
    assert watch.sends("OP", "1", partition="2") == ["OUT_OF_HOURS"]
    assert watch.at(paris("2026-11-25T18:00:03")) == []
    assert watch.at(paris("2026-11-26T18:00:03")) == ["LATE_TO_CLOSE"]
    assert day.day == TODAY


def test_a_holiday_that_is_none_is_watched_at_its_closing(watch: Watch) -> None:
    station = watch.station
    watch.at(paris("2026-11-10T12:00"))  # a Tuesday, before Armistice Day
    station.put(schedule=SHOP)
    assert watch.sends("OP", "1", partition="1") == ["OUT_OF_HOURS"]
    says(station, date(2026, 11, 11), holiday=False, reason="Ouvert pour les soldes")
    assert watch.at(paris("2026-11-11T18:00:03")) == ["LATE_TO_CLOSE"]


def test_what_is_late_already_is_not_put_off_by_a_day_far_away(watch: Watch) -> None:
    station = watch.station
    watch.at(paris("2026-11-25T12:00"))
    station.put(schedule=SHOP)
    before = station.read(lambda tx: sites.get(tx, "1002"))
    says(station, date(2027, 5, 7))
    after = station.read(lambda tx: sites.get(tx, "1002"))
    assert before is not None
    assert after is not None
    assert after.schedule_due == before.schedule_due == paris("2026-11-25T18:00")


def test_the_next_holiday_of_a_preview_is_the_stations(station: Station) -> None:
    station.put(contacts=a_site()["contacts"])
    says(station, date(2026, 12, 7))

    def night(tx: Any) -> Any:
        site = sites.load_site(tx, "1002")
        assert site is not None
        return preview.night_of_a_holiday(tx, site, station.now)

    assert station.read(night) == paris("2026-12-07T03:00")


def test_each_word_has_a_reason_and_an_entry_of_the_audit(station: Station) -> None:
    made = says(station, date(2026, 12, 26), date(2027, 12, 26), region="Moselle", holiday=False)
    assert {day.place for day in made} == {Place("FR", "57")}
    (again,) = says(station, date(2026, 12, 26), region="Moselle", reason="Finalement")
    forget(station, again, "  plus   rien ")
    said = [(row.kind, row.data) for row in entries(station)]
    assert [kind for kind, _ in said] == ["own_days_set", "own_days_set", "own_day_forgotten"]
    first, _, last = (data for _, data in said)
    assert (first["days"], first["day_kind"]) == ("2026-12-26, 2027-12-26", "ordinary")
    assert (first["place"], first["note"], first["by"]) == ("FR-57", "Pont", "odile")
    assert (last["note"], last["day_kind"]) == ("plus rien", "holiday")


def test_what_is_wrong_names_its_field_and_writes_nothing(station: Station) -> None:
    for days, more, field in (
        ([date(2026, 11, 24)], {}, "day"),  # over
        ([date(2026, 12, 25)], {}, "day"),  # a holiday already
        ([date(2026, 12, 24)], {"holiday": False}, "day"),  # none already
        ([date(2026, 12, 24)], {"reason": "  "}, "reason"),
        ([date(2026, 12, 24)], {"reason": "x" * 201}, "reason"),
        ([date(2026, 12, 24)], {"region": "Bretagne"}, "region"),
    ):
        with pytest.raises(BadField) as refused:
            says(station, *days, **more)
        assert refused.value.field == field, (days, more)
    (day,) = says(station, TODAY)
    with pytest.raises(BadField, match="say why"):
        forget(station, day, " ")
    station.now += timedelta(days=1)
    with pytest.raises(BadField, match="is over"):
        forget(station, day)
    with pytest.raises(NotFound):
        station.write(lambda tx: own_days.forget_day(tx, "ghost", "why", "odile", station.now))
    assert len(entries(station)) == 1


def test_who_follows_which_place_is_counted(station: Station) -> None:
    people(station, AT_WORK, OFF_DAYS)
    when = {"holidays": {"country": "FR", "open": "all_day"}}
    station.put("1003", accounts=[{"account": "1003"}], zones=[], schedule=SHOP, contacts=[])
    station.put(
        "1004",
        accounts=[{"account": "1004"}],
        zones=[],
        contacts=[],
        plan_rules=[{"plan": "direct", "when": when}, {"plan": "feast"}],
    )
    assert station.read(rows.followers) == {
        Place("FR"): {"sites": 1, "people": 1, "rules": 1},
        Place("FR", "6AE"): {"people": 1},
    }
