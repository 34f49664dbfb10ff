"""The year of holidays of a place: read by all, the station's own days said and taken back."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.time.holidays import Place
from callflow.handling.sites import own_days, sites
from callflow.handling.sites.shape import Site
from callflow.storage.sites import own_days as rows
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HERE = "/holidays"
#: A year that is yet to come, whose days may all be said otherwise.
YEAR = clock.now().year + 1


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> Person:
    return await somebody(station, app, Role.SUPERVISOR)


async def somebody(station: WebStation, app: FastAPI, role: Role) -> Person:
    station.user(role.value, role)
    found = Person(app, role.value)
    await found.log_in()
    await found.see(f"{HERE}?lang=en")
    return found


def words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def marks(answer: httpx.Response, what: str) -> int:
    return answer.text.count(f'<td class="{what}">')


def kept(station: WebStation) -> Any:
    return station.store.read_now(rows.own_days)


async def test_a_place_is_drawn_with_the_days_that_count_there(chief: Person) -> None:
    france = await chief.see(f"{HERE}?year={YEAR}")
    assert "Christmas Day" in words(france)
    assert marks(france, "holiday") == 11
    alsace = await chief.see(f"{HERE}?year={YEAR}&region=Alsace")
    assert marks(alsace, "holiday") == 13
    assert f"France, Alsace , {YEAR}" in words(alsace)
    assert "Good Friday" in words(alsace)
    reunion = words(await chief.see(f"{HERE}?year={YEAR}&region=974&lang=fr"))
    assert "France, La Réunion" in reunion
    assert "Abolition de l'esclavage" in reunion
    assert "Allemagne" in words(await chief.see(f"{HERE}?country=de&region=Alsace"))
    assert "France" in words(await chief.see(f"{HERE}?country=nowhere"))
    assert (await chief.see(f"{HERE}?year=1800")).status_code == 422


async def test_a_day_of_the_stations_own_is_said_drawn_and_taken_back(
    station: WebStation, chief: Person
) -> None:
    place = {"country": "FR", "region": "6AE"}
    day = {"day": f"{YEAR}-12-24", "what": "holiday", "of": "region", "years": "2"}
    said = await chief.fill(f"{HERE}?region=6AE", HERE, **place, **day, reason="Fermeture de Noël")
    assert said.status_code == 303
    assert said.headers["location"] == f"{HERE}?country=FR&region=6AE&year={YEAR}"
    less = {"day": f"{YEAR}-11-11", "what": "ordinary", "of": "country", "years": "1"}
    await chief.fill(f"{HERE}?region=6AE", HERE, **place, **less, reason="Soldes")
    alsace = Place("FR", "6AE")
    assert kept(station) == {
        (alsace, date(YEAR, 12, 24)): True,
        (alsace, date(YEAR + 1, 12, 24)): True,
        (Place("FR"), date(YEAR, 11, 11)): False,
    }
    shown = await chief.see(f"{HERE}?region=6AE&year={YEAR}")
    assert (marks(shown, "added"), marks(shown, "taken"), marks(shown, "holiday")) == (1, 1, 12)
    assert "Fermeture de Noël supervisor" in words(shown)
    assert "for the whole country" in words(shown)
    moselle = await chief.see(f"{HERE}?region=57&year={YEAR}")
    assert (marks(moselle, "added"), marks(moselle, "taken")) == (0, 1)
    (back,) = re.findall(rf'action="({HERE}/[^"]+/forget)"', moselle.text)
    again = await chief.send(back, country="FR", region="57", year=str(YEAR), reason=" ")
    assert again.status_code == 422
    assert "say why" in words(again)
    gone = await chief.send(
        back, country="FR", region="57", year=str(YEAR), reason="Plus de soldes"
    )
    assert gone.headers["location"] == f"{HERE}?country=FR&region=57&year={YEAR}"
    assert len(kept(station)) == 2
    assert (await chief.send(back, country="FR", reason="encore")).status_code == 404


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    station: WebStation, chief: Person
) -> None:
    form = {"country": "FR", "day": f"{YEAR}-12-24", "what": "holiday", "years": "1"}
    for wrong, field, said in (
        ({"day": ""}, "day", "choose a day (Day)"),
        ({"day": f"{YEAR}-12-25"}, "day", "is a holiday there already"),
        ({"day": "2020-12-24"}, "day", "is over"),
        ({"what": "ordinary"}, "day", "is no holiday there already"),
        ({"years": "11"}, "years", "must be 1 to 10"),
        ({"years": "x"}, "years", "must be 1 to 10"),
        ({"day": "2028-02-29", "years": "2"}, "years", "not every year has this day"),
        ({"day": "9999-12-24"}, "day", "must lie within"),
        ({"reason": ""}, "reason", "say why"),
    ):
        answer = await chief.fill(HERE, HERE, **{**form, "reason": "Parce que <b>", **wrong})
        assert answer.status_code == 422, wrong
        assert said in words(answer), wrong
        (at,) = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', answer.text)
        assert at == field, wrong
        if "reason" not in wrong:
            assert 'value="Parce que &lt;b&gt;"' in answer.text
    assert kept(station) == {}


async def test_an_operator_reads_and_changes_nothing(station: WebStation, app: FastAPI) -> None:
    claire = await somebody(station, app, Role.OPERATOR)
    shown = await claire.see(HERE)
    assert shown.status_code == 200
    assert "own-day" not in shown.text
    assert "A day of the station's own" not in words(shown)
    answer = await claire.send(HERE, country="FR", day=f"{YEAR}-12-24", reason="x")
    assert answer.status_code == 403
    assert kept(station) == {}


async def test_the_years_of_a_person_and_of_a_site_have_it(
    station: WebStation, app: FastAPI
) -> None:
    chief = await somebody(station, app, Role.ADMINISTRATOR)
    calendar = {"week": {}, "holidays": {"country": "FR", "open": "closed"}}
    station.site(schedule=calendar)

    def give(tx: Any) -> None:
        body = site_document(tx, "1001")
        assert body is not None
        body["contacts"][1]["availability"] = calendar
        sites.put_site(tx, station.vault, "1001", Site.read(body), "odile", clock.now())

    station.store.write_now(give)
    pages = (f"/sites/1001/edit/hours?year={YEAR}", f"/sites/1001/people/1001-1?year={YEAR}")
    for page in pages:
        assert marks(await chief.see(page), "holiday") == 11
    tomorrow = date(YEAR, 12, 24)
    station.store.write_now(
        lambda tx: own_days.set_days(tx, "FR", None, [tomorrow], True, "Pont", "odile", clock.now())
    )
    for page in pages:
        assert marks(await chief.see(page), "holiday") == 12
    followed = words(await chief.see(HERE))
    assert "France 1 1 0 0" in followed


async def test_the_api_reads_says_and_takes_back(api: httpx.AsyncClient) -> None:
    found = (await api.get("/holidays", params={"region": "Alsace", "year": YEAR})).json()
    assert len(found["items"]) == 13
    assert found["next"] is None
    day = {"region": "Alsace", "day": f"{YEAR}-12-24", "holiday": True, "reason": "Pont"}
    (made,) = (await api.post("/holidays", json=day)).json()["items"]
    assert (made["country"], made["region"], made["holiday"]) == ("FR", "6AE", True)
    items = (await api.get("/holidays", params={"region": "6AE", "year": YEAR})).json()["items"]
    (own,) = [each for each in items if each["id"]]
    assert (own["day"], own["holiday"], own["name"]) == (day["day"], True, "")
    again = await api.post("/holidays", json=day)
    assert (again.status_code, again.json()["field"]) == (422, "day")
    gone = await api.delete(f"/holidays/{made['id']}")
    assert gone.status_code == 422  # without a reason
    gone = await api.delete(f"/holidays/{made['id']}", params={"reason": "Erreur"})
    assert gone.status_code == 204
    gone = await api.delete(f"/holidays/{made['id']}", params={"reason": "Erreur"})
    assert gone.status_code == 404
    for wrong, field in (
        ({"country": "ZZ"}, "country"),
        ({"region": "Bretagne"}, "region"),
        ({"day": "2020-01-02"}, "day"),
        ({"reason": " "}, "reason"),
    ):
        answer = await api.post("/holidays", json={**day, **wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, field), wrong
    answer = await api.get("/holidays", params={"country": "ZZ"})
    assert (answer.status_code, answer.json()["field"]) == (422, "country")
