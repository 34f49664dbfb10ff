"""Workbooks and other systems' lists in the pages: tried, refused row by row, mapped, written."""

from __future__ import annotations

import io
import re
import zipfile

import httpx
import pytest
from fastapi import FastAPI

from tests.integration.web.sites.test_site_edit import person
from tests.integration.web.sites.test_site_files import plain, sends, settled
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.site()
    return await person(station, app, "alix")


def zipped(**parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, text in parts.items():
            packed.writestr(f"{name}.csv", text)
    return made.getvalue()


WHOLE = zipped(
    sites="site id;site name\na;Atelier\nb;\n",
    zones="site id;account;zone;zone name\na;0417;1;=Hall\n",
    accounts="site id;account\na;0417\nb;0418\n",
)


def name_of(station: WebStation, site: str) -> str | None:
    found = station.store.read_now(lambda tx: site_document(tx, site))
    return str(found["name"]) if found else None


async def test_a_whole_station_is_shown_first_and_what_is_right_is_written(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    where = await sends(admin, app, WHOLE, "whole.zip")
    shown = plain(await admin.see(where))
    assert "1 erreur" in shown
    assert "sites.csv 3 nom du site" in shown
    await admin.send(f"{where}/import")
    await settled(app)
    assert name_of(station, "a") is None  # all of it or nothing

    where = await sends(admin, app, WHOLE, "whole.zip", valid="yes")
    assert "Rien n’est encore écrit" in plain(await admin.see(where))
    await admin.send(f"{where}/import")
    await settled(app)
    assert "Sites refusés 1" in plain(await admin.see(where))
    assert (name_of(station, "a"), name_of(station, "b")) == ("Atelier", None)
    report = await admin.see(f"{where}/report.csv")
    assert report.headers["content-type"].startswith("text/csv")
    assert "sites.csv;3;nom du site;;b;refusé;" in report.text


async def test_another_system_s_columns_are_chosen_once_and_kept(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    old = "N;RAISON <b>;TEL\n0417;Bar;0639980016\n"
    where = await sends(admin, app, old, "vieux.csv")
    page = await admin.see(where)
    assert "RAISON &lt;b&gt;" in page.text
    assert "ni numéro d’abonné ni identifiant du site" in plain(page)
    columns = {"column-0-0": "account.account", "column-0-1": "site.name", "column-0-2": ""}
    refused = await admin.send(f"{where}/columns", **columns, name="")
    assert refused.status_code == 422
    twice = await admin.send(f"{where}/columns", **{**columns, "column-0-2": "site.name"}, name="x")
    assert twice.status_code == 422
    answer = await admin.send(f"{where}/columns", **columns, name="Ancien")
    await settled(app)
    where = answer.headers["location"]
    assert 'value="site.name" selected' in (await admin.see(where)).text
    await admin.send(f"{where}/import")
    await settled(app)
    assert name_of(station, "0417") == "Bar"
    assert '<option value="Ancien">Ancien</option>' in (await admin.see("/site-files")).text
    again = await sends(admin, app, old.replace("Bar", "Café"), "vieux.csv", mapping="Ancien")
    assert "Sites 0 1 0 –" in plain(await admin.see(again))


async def test_what_the_page_gives_whole_it_takes(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    for kind in ("xlsx", "zip"):
        given = await admin.send("/site-files/export", whole=kind)
        assert given.headers["content-disposition"].endswith(f'.{kind}"')
        where = await sends(admin, app, given.content, f"whole.{kind}")
        assert re.search("Sites 0 0 1 –", plain(await admin.see(where)))


async def test_a_file_is_its_sender_s_alone(
    station: WebStation, app: FastAPI, admin: Person, operator: httpx.AsyncClient
) -> None:
    where = await sends(admin, app, WHOLE, "whole.zip")
    for path in (where, f"{where}/report.csv"):
        assert (await operator.get(path)).status_code == 403
    station.user("odile", Role.ADMINISTRATOR)
    other = Person(app, "odile")
    async with other.client:
        await other.log_in()
        assert (await other.client.get(f"{where}/report.csv")).status_code == 404


async def test_a_whole_file_goes_on_in_another_process(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    where = await sends(admin, app, WHOLE, "whole.zip", valid="yes")
    imports = app.state.site_imports
    imports._kept.clear()  # as a process that was started anew
    await admin.see(where)
    await settled(app)
    await admin.send(f"{where}/import")
    await settled(app)
    assert name_of(station, "a") == "Atelier"
