"""Floor plans and photographs: taken from outside, kept encrypted, opened at the zone in alarm."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import select

from callflow.core.sites.drawings import MOST, Drawing, Place
from callflow.storage import schema as t
from callflow.storage.records import logbook
from callflow.storage.sites import drawings as rows
from tests.support.outside.pictures import a_picture
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access import security
from web.access.users import Role

HERE = "/sites/1001/drawings"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def station_url(database_url: str) -> str:
    """On each database."""
    return database_url


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    station.site()
    async with somebody(station, app, "odile", Role.SUPERVISOR) as person:
        yield person


async def sends(chief: Person, content: bytes, title: str = "Rez-de-chaussée") -> httpx.Response:
    fields = {"csrf": await chief.csrf(), "site": "1001", "title": title}
    given = {"file": ("../../plan.png", content, "image/png")}
    return await chief.client.post("/site-drawings", data=fields, files=given)


def kept(station: WebStation) -> list[Drawing]:
    return station.store.read_now(lambda tx: rows.of_site(tx, "1001"))


async def test_one_that_was_altered_is_said_to_be_unreadable(
    station: WebStation, chief: Person
) -> None:
    assert (await sends(chief, a_picture())).status_code == 303
    (made,) = kept(station)
    station.do(lambda tx: tx.execute(t.site_drawing.update().values(picture=b"altered")))
    answer = await chief.see(f"{HERE}/{made.id}.jpg")
    assert answer.status_code == 500
    assert "altéré" in answer.text


async def test_a_zone_is_placed_and_the_alarm_leads_to_it(
    station: WebStation, app: FastAPI, chief: Person
) -> None:
    assert (await sends(chief, a_picture((400, 200)))).status_code == 303
    (made,) = kept(station)
    act = f"{HERE}/{made.id}/place"
    answer = await chief.fill(HERE, act, zone="1001/3", x="250", y="750")
    assert answer.headers["location"] == f"{HERE}?drawing={made.id}&saved=drawing"
    assert kept(station)[0].places == (Place("1001", "3", 250, 750),)
    row = station.alarm(zone="3")
    async with somebody(station, app, "ines", Role.OPERATOR) as ines:
        alarm = (await ines.see(f"/incidents/{row.id}")).text
        (link,) = re.findall(r'href="(/sites/1001/drawings[^"]*)"', alarm)
        shown = (await ines.see(link.replace("&amp;", "&"))).text
        assert 'class="mark alarm" transform="translate(100 150)' in shown
        assert "en alarme" in shown
        assert f'action="{HERE}/' not in shown  # an operator's to look at
        seen = await ines.see(f"{HERE}/{made.id}.jpg")
        assert (seen.headers["content-type"], seen.headers["cache-control"]) == (
            "image/jpeg",
            "no-store",
        )
        assert Image.open(io.BytesIO(seen.content)).size == (400, 200)
        for path in ("place", "take-off", "remove"):
            assert (await ines.send(f"{HERE}/{made.id}/{path}")).status_code == 403
    assert (await chief.fill(HERE, f"{HERE}/{made.id}/take-off")).status_code == 303
    assert kept(station)[0].places == ()
    assert "/drawings" not in (await chief.see(f"/incidents/{row.id}")).text
    assert (await chief.fill(HERE, f"{HERE}/{made.id}/remove")).status_code == 303
    assert kept(station) == []
    told = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    kinds = ["drawing_added", "zone_placed", "zone_taken_off", "drawing_removed"]
    assert [entry.kind for entry in told if entry.kind in kinds] == kinds


async def test_a_picture_is_kept_upright_small_encrypted_and_without_its_cameras_words(
    station: WebStation, chief: Person
) -> None:
    assert (await sends(chief, a_picture((3000, 1500), "JPEG", turned=True))).status_code == 303
    (made,) = kept(station)
    assert (made.width, made.height) == (1000, 2000)
    shown = (await chief.see(f"{HERE}/{made.id}.jpg")).content
    assert Image.open(io.BytesIO(shown)).getexif() == {}
    raw = station.store.read_now(
        lambda tx: tx.execute(select(t.site_drawing.c.picture)).scalar_one()
    )
    assert b"JFIF" in shown
    assert b"JFIF" not in raw
    assert station.vault.decrypt(raw) == shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        a_picture((400, 200))[:200],
        a_picture((400, 200), "GIF"),
        a_picture((9000, 9000)),
    ],
    ids=["nothing", "PDF", "SVG", "cut", "GIF", "too many pixels"],
)
async def test_what_is_no_picture_is_refused(
    station: WebStation, chief: Person, content: bytes
) -> None:
    answer = await sends(chief, content)
    assert (answer.status_code, 'id="wrong"' in answer.text) == (422, True)
    assert kept(station) == []


async def test_what_is_wrong_is_said_and_nothing_is_changed(
    station: WebStation, chief: Person
) -> None:
    assert (await sends(chief, a_picture(), title="")).status_code == 422
    assert (await sends(chief, b"x" * (security.LARGEST["/site-drawings"] + 1))).status_code == 413
    assert (await sends(chief, a_picture(), title=EVIL)).status_code == 303
    assert EVIL not in (await chief.see(HERE)).text
    (made,) = kept(station)
    act = f"{HERE}/{made.id}/place"
    for zone, x, y in (
        ("1001/9", "1", "1"),
        ("9999/3", "1", "1"),
        ("3", "1", "1"),
        ("1001/3", "1001", "1"),
        ("1001/3", "1", "-1"),
        ("1001/3", "1e2", "1"),
    ):
        assert (await chief.fill(HERE, act, zone=zone, x=x, y=y)).status_code == 422, (zone, x, y)
    station.site("1002")
    other = f"/sites/1002/drawings/{made.id}"
    assert (await chief.see(f"{other}.jpg")).status_code == 404  # by way of its own site only
    assert (await chief.send(f"{other}/remove")).status_code == 404
    assert kept(station) == [made]
    for number in range(MOST - 1):
        assert (await sends(chief, a_picture((20, 10)), title=str(number))).status_code == 303
    assert (await sends(chief, a_picture())).status_code == 409


async def test_a_program_reads_them_with_the_places_of_zones(
    station: WebStation, chief: Person, api: httpx.AsyncClient
) -> None:
    await sends(chief, a_picture((400, 200)), EVIL)
    (made,) = kept(station)
    await chief.fill(HERE, f"{HERE}/{made.id}/place", zone="1001/3", x="250", y="750")
    (found,) = (await api.get(HERE)).json()["items"]
    assert (found["id"], found["title"]) == (made.id, EVIL)
    assert (found["width"], found["height"]) == (400, 200)
    assert found["places"] == [{"account": "1001", "zone": "3", "x": 250, "y": 750}]
    picture = await api.get(f"{HERE}/{made.id}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(picture.content)).size == (400, 200)
    station.site("1002")
    for nowhere in ("/sites/9/drawings", f"/sites/1002/drawings/{made.id}", f"{HERE}/x"):
        assert (await api.get(nowhere)).status_code == 404
    stranger = {"Authorization": "Bearer x"}
    for address in (HERE, f"{HERE}/{made.id}"):
        assert (await api.get(address, headers=stranger)).status_code == 401
