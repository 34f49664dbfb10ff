"""The station's table of events: searched, tried, changed; and the numbers that may be dialled."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from callflow.storage import schema as t
from callflow.storage.alarms import surroundings as rows
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role
from web.kit import conflicts

HERE = "/settings/events"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.ADMINISTRATOR) as person:
        await person.see(f"{HERE}?lang=en")
        yield person


def words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


async def test_it_is_searched_by_code_and_words_and_paged(chief: Person) -> None:
    found = words(await chief.see(f"{HERE}?q=BA"))
    assert "1 code" in found
    assert "Burglary alarm" in found
    assert "Hold-up" in words(await chief.see(f"{HERE}?q=hold-up"))
    assert "No code is called so" in words(await chief.see(f"{HERE}?q=zzz"))
    whole = await chief.see(HERE)
    assert whole.text.count("?code=") == 50
    assert "?n=2" in whole.text
    for sort, first in (("priority", "1"), ("-priority", "4")):
        shown = (await chief.see(f"{HERE}?sort={sort}")).text
        ranks = re.findall(r'<td class="n">([1-4])</td>', shown)
        assert (len(ranks), ranks[0]) == (50, first)
        assert ranks == sorted(ranks, reverse=sort.startswith("-"))
    for wrong in ("sort=opens", "state=theirs", "n=0"):
        assert (await chief.see(f"{HERE}?{wrong}")).status_code == 422


async def test_an_event_is_tried_at_its_site_and_nothing_happens(
    station: WebStation, chief: Person
) -> None:
    override = {"code": "BA", "zone": "3", "kind": "fire"}
    station.site(event_overrides=[override])
    found = words(await chief.see(f"{HERE}?raw=%5B%231001%7CNri1/BA3%5D"))
    assert "BA zone 3" in found
    assert "Fire alarm · vital · priority 1 · opens an alarm" in found
    assert "as its site says, Bijouterie du Parlement" in found
    assert "Intrusion alarm" in words(await chief.see(f"{HERE}?raw=BA&account=1001"))
    assert "an unknown account" in words(await chief.see(f"{HERE}?raw=BA&account=9999"))
    assert "No event is read" in words(await chief.see(f"{HERE}?raw=nothing+at+all"))
    assert station.store.read_now(lambda tx: tx.execute(t.signal.select()).all()) == []


async def test_a_code_means_something_else_at_every_site_until_it_is_reset(
    station: WebStation, chief: Person
) -> None:
    station.site()
    assert station.alarm(code="AT").kind == "power"
    sent = {"code": "AT", "kind": "technical", "priority": "2"}
    assert (await chief.fill(f"{HERE}?code=AT", HERE, **sent)).status_code == 303
    changed = station.alarm(code="AT", zone="9")
    assert (changed.kind, changed.priority) == ("technical", 2)
    assert "as the station's own table says" in words(await chief.see(f"{HERE}?raw=AT"))
    assert "changed by odile" in words(await chief.see(f"{HERE}?state=own"))
    audit = words(await chief.see("/audit?what=settings"))
    assert "priority (AT) 3 2" in audit
    reset = await chief.fill(f"{HERE}?code=AT", f"{HERE}/AT/reset")
    assert reset.status_code == 303
    assert station.store.read_now(rows.event_rules) == {}
    again = await chief.send(f"{HERE}/AT/reset", as_of=conflicts.stamp(None))
    assert again.status_code == 404


async def test_a_site_and_a_declared_zone_come_before_the_station(
    station: WebStation, chief: Person
) -> None:
    zones = [{"account": "1001", "zone": "4", "name": "Cabine", "kind": "lift"}]
    station.site(zones=zones, event_overrides=[{"code": "BA", "zone": "3", "kind": "flood"}])
    await chief.fill(f"{HERE}?code=BA", HERE, code="BA", kind="tamper")
    kinds = {zone: station.alarm(zone=zone).kind for zone in ("3", "4", "5")}
    assert kinds == {"3": "flood", "4": "lift", "5": "tamper"}


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"code": "FA", "priority": "3"}, 409, "a vital alarm is lowered at a site"),
        ({"code": "FA", "opens": "no"}, 409, "a vital alarm is lowered at a site"),
        ({"code": "HA", "kind": "test"}, 422, ""),  # a personal alarm, which nothing lowers
        ({"code": "BA"}, 409, "nothing would be different"),
        ({"code": "ZQ9", "kind": "fire"}, 409, "no table has this code"),
        ({"code": "BA", "kind": "war"}, 422, ""),
        ({"code": "BA", "priority": "9"}, 422, "1 (first) to 4"),
        ({"code": "TRUNK_DOWN", "opens": "no"}, 409, "no table has this code"),
    ],
)
async def test_what_may_not_be_changed_is_refused(
    station: WebStation, chief: Person, fields: dict[str, str], status: int, why: str
) -> None:
    answer = await chief.send(HERE, as_of=conflicts.stamp(None), **fields)
    assert answer.status_code == status
    assert why in words(answer)
    assert station.store.read_now(rows.event_rules) == {}


@pytest.mark.parametrize(
    ("number", "machine", "person"),
    [
        ("06 39 98 10 01", "dialled", "dialled"),  # a keyholder's
        ("06 39 98 99 99", "neither a contact's", "neither a contact's"),
        ("17", "an emergency number", "an emergency number"),
        ("+33 (0) 112", "an emergency number", "an emergency number"),
        ("bonjour", "not a full international number", "not a full international number"),
    ],
)
async def test_a_number_is_tried_and_nothing_is_dialled(
    station: WebStation, chief: Person, number: str, machine: str, person: str
) -> None:
    station.site()
    page = words(await chief.see(f"/settings/dialling?lang=en&number={number.replace('+', '%2B')}"))
    assert re.search(rf"By the machine: (never dialled — )?[^.]*{machine}", page)
    assert re.search(rf"person who asks for it: (never dialled — )?[^.]*{person}", page)
    assert ("never dialled —" in page) == (machine != "dialled")
    if machine == "dialled":
        assert "Anne Le Goff" in page


async def test_nobody_of_a_site_with_a_personal_alarm_is_dialled(
    station: WebStation, chief: Person
) -> None:
    station.site(**{**site_body(), "name": "Banque"})
    station.alarm(code="HA")
    page = words(await chief.see("/settings/dialling?lang=en&number=0639981001"))
    assert "personal alarm: nothing may ring" in page
