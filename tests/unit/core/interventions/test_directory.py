"""The competent line for a site at an hour (D23)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.core.interventions.directory import ServiceLine, competent, masked
from callflow.core.interventions.law import Service
from callflow.core.time.availability import Availability

PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
DAYTIME = Availability.from_json(
    {
        "week": {day: ["08:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": {"country": "FR"},
    }
)


def line(name: str, service: Service = Service.POLICE, **more: Any) -> ServiceLine:
    return ServiceLine(id=name, service=service, name=name, number="+33130000001", **more)


LINES = (
    line("national"),
    line("county", place="78"),
    line("brigade", place="78120", hours=DAYTIME),
    line("brigade by night", place="78120"),
    line("bank", site_id="1002"),
    line("fire", Service.FIRE, place="78"),
)


def who(at: datetime, postcode: str = "78120", site: str = "1001", **more: Any) -> str | None:
    asked = {"service": Service.POLICE, "zone": PARIS, **more}
    found = competent(LINES, site=site, postcode=postcode, at=at, **asked)
    return found.name if found else None


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2026-11-25T08:00", "brigade"),
        ("2026-11-25T18:59:59", "brigade"),
        ("2026-11-25T19:00", "brigade by night"),
        ("2026-11-25T07:59:59", "brigade by night"),
        ("2026-11-28T12:00", "brigade by night"),  # a Saturday
        ("2026-07-14T12:00", "brigade by night"),  # a holiday, a Tuesday
    ],
)
def test_the_line_of_the_place_by_day_and_the_one_it_is_forwarded_to_by_night(
    at: str, name: str
) -> None:
    assert who(local(at)) == name


def test_the_longest_place_wins_and_the_site_s_own_line_over_all() -> None:
    noon = local("2026-11-25T12:00")
    assert who(noon, "78000") == "county"
    assert who(noon, "75008") == "national"
    assert who(noon, "") == "national"
    assert who(noon, site="1002") == "bank"


def test_each_service_has_lines_of_its_own() -> None:
    noon = local("2026-11-25T12:00")
    assert who(noon, service=Service.FIRE) == "fire"
    assert who(noon, "75008", service=Service.FIRE) is None
    assert who(noon, service=Service.MEDICAL) is None


def test_hours_are_by_the_clock_of_the_site() -> None:
    at = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)  # 05:30 in Paris, 08:30 in Saint-Denis
    assert who(at) == "brigade by night"
    assert who(at, zone=REUNION) == "brigade"


def test_in_the_night_that_has_an_hour_twice_the_line_is_found() -> None:
    nights = Availability.from_json({"week": {"sat": ["22:00-03:00"]}})
    lines = [line("night", hours=nights), line("else")]
    both = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]  # 02:30, twice
    found = [
        competent(lines, Service.POLICE, site=None, postcode="", at=at, zone=PARIS) for at in both
    ]
    assert [each.name if each else None for each in found] == ["night", "night"]


def test_a_reserved_number_is_shown_by_its_ends_only() -> None:
    assert masked("+33130000017") == "+33•••••••17"
    assert "3000" not in masked("+33130000017")
