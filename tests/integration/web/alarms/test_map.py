"""The map: sites and open alarms where they are, whatever a site is called; nothing is asked of
anybody outside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from callflow.core.sites.departments import on_the_map, place_of
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

EVIL = "<script>alert(1)</script>"
RENNES, LYON, SAINT_DENIS = (48.117, -1.678), (45.764, 4.836), (-20.88, 55.45)


@pytest.fixture
def station_url(database_url: str) -> str:
    """On each database."""
    return database_url


@pytest.fixture
async def lea(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "lea", Role.READER) as person:
        yield person


def at(where: tuple[float, float]) -> dict[str, float]:
    return dict(zip(("latitude", "longitude"), where, strict=True))


def marks(shown: str) -> list[tuple[str, str]]:
    """[(priority, place)] of where alarms are drawn."""
    return re.findall(r'class="mark p(\d)" transform="translate\((\d+ \d+)\)', shown)


def middle(code: str) -> str:
    return f"{on_the_map()[code].x} {on_the_map()[code].y}"


def drawn(where: tuple[float, float]) -> str:
    place = place_of(*where)
    assert place is not None
    return f"{place[0]} {place[1]}"


async def test_it_shows_sites_and_alarms_by_department(station: WebStation, lea: Person) -> None:
    station.site("1001", name=EVIL, postcode="35000")
    station.site("1002", postcode="29200")
    station.site("1003", postcode="20200")
    station.site("1004")
    row = station.alarm("1002", zone="3")
    shown = (await lea.see("/map")).text
    rows = re.findall(r'<tr id="d-(\w+)">', shown)
    assert rows[0] == "29"  # what has an alarm comes first
    assert sorted(rows) == ["29", "2B", "35", "none"]
    assert f'href="/incidents/{row.id}"' in shown
    assert EVIL not in shown
    assert re.search(rf'#d29" class="p{row.priority}"', shown)
    assert '#d35" class="ours"' in shown
    assert re.search(r'#d75"></use>', shown)
    assert marks(shown) == [(str(row.priority), middle("29"))]


async def test_coordinates_go_before_the_postcode(station: WebStation, lea: Person) -> None:
    station.site("1001", postcode="35000", **at(RENNES))
    station.site("1002", postcode="97400", **at(SAINT_DENIS))
    station.site("1003", name=EVIL, postcode="29200", **at(LYON))
    station.site("1004", postcode="69000", **at(LYON))
    alarms = [station.alarm(account, zone="3") for account in ("1001", "1002", "1003", "1004")]
    shown = (await lea.see("/map")).text
    assert sorted(place for _, place in marks(shown)) == sorted((drawn(RENNES), drawn(LYON)))
    assert re.search(rf"translate\({drawn(LYON)}\).*?<text[^>]*>2</text>", shown)
    assert all(f'href="/incidents/{row.id}"' in shown for row in alarms)  # beyond the map, too
    (dots,) = re.findall(r'class="dots" d="([^"]*)"', shown)
    assert len(re.findall("M", dots)) == 2  # two towns: sites near each other are one dot
    closer = (await lea.see("/map?site=1003")).text
    x, y, width, height = map(int, re.findall(r'viewBox="(-?\d+) (-?\d+) (\d+) (\d+)"', closer)[0])
    assert f"{x + width // 2} {y + height // 2}" == drawn(LYON)
    assert f'cx="{x + width // 2}"' in closer
    assert EVIL not in closer
    nowhere = (await lea.see("/map?site=1002")).text
    assert 'class="wanted"' not in nowhere
    assert "ni coordonnées" in nowhere
    assert (await lea.see("/map?site=nothing")).status_code == 404


async def test_an_alarm_and_a_site_lead_to_it(station: WebStation, app: FastAPI) -> None:
    station.site()
    row = station.alarm(zone="3")
    async with somebody(station, app, "ines", Role.OPERATOR) as ines:
        for page in (f"/incidents/{row.id}", "/sites/1001"):
            assert 'href="/map?site=1001"' in (await ines.see(page)).text


async def test_an_alarm_has_an_inset_where_the_coordinates_are_known(
    station: WebStation, app: FastAPI
) -> None:
    station.site("1001", postcode="35000", **at(RENNES))
    station.site("1002", postcode="35000")
    station.site("1003", postcode="97400", **at(SAINT_DENIS))
    alarms = [station.alarm(account, zone="3") for account in ("1001", "1002", "1003")]
    async with somebody(station, app, "ines", Role.OPERATOR) as ines:
        shown = [(await ines.see(f"/incidents/{row.id}")).text for row in alarms]
        assert ['class="inset"' in each for each in shown] == [True, False, False]
        assert 'data-at="[-1.678, 48.117]"' in shown[0]
        assert "#d35" in shown[0]


@pytest.mark.parametrize(
    ("typed", "refused"),
    [
        ({"latitude": "48,117", "longitude": "-1.678"}, ""),
        ({"latitude": "", "longitude": ""}, ""),
        ({"latitude": "48.117", "longitude": ""}, "longitude"),
        ({"latitude": "91", "longitude": "0"}, "latitude"),
        ({"latitude": "nan", "longitude": "0"}, "latitude"),
        ({"latitude": "48.117", "longitude": "181"}, "longitude"),
    ],
)
async def test_coordinates_are_typed_on_the_sites_form(
    station: WebStation, app: FastAPI, typed: dict[str, str], refused: str
) -> None:
    station.site()
    edit = "/sites/1001/edit"
    site = {"name": "Port", "timezone": "Europe/Paris", "language": "fr"}
    async with somebody(station, app, "odile", Role.SUPERVISOR) as odile:
        answer = await odile.fill(edit, edit, **site, **typed)
        assert answer.status_code == (422 if refused else 303)
        if refused:
            assert re.search(rf'name="{refused}"[^>]*aria-invalid', answer.text)
        shown = (await odile.see(edit)).text
    kept = "48.117" if not refused and typed["latitude"] else ""
    assert re.findall(r'name="latitude" value="([^"]*)"', shown) == [kept]
