"""Files of sites in the pages: tried first, all that is wrong shown, then written whole or not."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
import threading

import httpx
import pytest
from fastapi import FastAPI

from callflow.core.sites.files import reading
from callflow.storage import StoreUnavailable
from callflow.storage.records import logbook
from tests.integration.web.sites.test_site_edit import person
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

TOWN = (
    "abonné;nom du site;nom du contact;rôle;téléphone\n"
    "0417;Boulangerie;Fournil;site;06 39 98 00 16\n"
    "0417;;Lou;dépositaire;06 39 98 00 17\n"
    "1001;Joaillerie;Anne Le Goff;;06 39 98 10 99\n"
)


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.site()
    return await person(station, app, "alix")


async def sends(
    admin: Person, app: FastAPI, text: str | bytes, name: str = "town.csv", **fields: str
) -> str:
    """The address of a file that was sent, once it was compared."""
    data = text if isinstance(text, bytes) else text.encode()
    answer = await admin.client.post(
        "/site-files",
        data={"csrf": await admin.csrf(), **fields},
        files={"file": (name, data, "text/csv")},
    )
    assert answer.status_code == 303
    await settled(app)
    return answer.headers["location"]


async def settled(app: FastAPI) -> None:
    if app.state.site_imports._tasks:
        await asyncio.wait(app.state.site_imports._tasks, timeout=30)


def plain(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    text = re.sub("<[^>]+>", " ", answer.text.split("<main", 1)[1])
    return " ".join(html.unescape(text).split())


def names(station: WebStation) -> dict[str, str]:
    return station.store.read_now(
        lambda tx: {
            site: (site_document(tx, site) or {"name": "–"})["name"] for site in ("0417", "1001")
        }
    )


async def test_a_file_is_shown_first_and_then_written(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    where = await sends(admin, app, TOWN)
    shown = plain(await admin.see(where))
    assert "Rien n’est encore écrit" in shown
    assert "Sites 1 1 0 –" in shown
    assert "Contacts 2 1 0 0" in shown
    assert "nom Bijouterie du Parlement → Joaillerie" in shown
    assert names(station) == {"0417": "–", "1001": "Bijouterie du Parlement"}
    assert (await admin.send(f"{where}/import")).status_code == 303
    await settled(app)
    assert "Importé" in plain(await admin.see(where))
    assert names(station) == {"0417": "Boulangerie", "1001": "Joaillerie"}
    told = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    (entry,) = [each for each in told if each.kind == "sites_imported"]
    assert (entry.who, entry.data["file"]) == ("alix", "town.csv")
    await admin.send(f"{where}/import")  # pressed twice
    await settled(app)
    again = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    assert [each.kind for each in again].count("sites_imported") == 1


async def test_all_errors_are_shown_in_both_languages_and_nothing_can_be_written(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    where = await sends(admin, app, TOWN + "0418;;Zoé;<b>x</b>;17\n")
    shown = plain(await admin.see(where))
    assert "3 erreurs" in shown
    assert "5 téléphone un numéro d’urgence n’est composé que par une personne" in shown
    assert "5 rôle « <b>x</b> » : écrire l’un de" in shown
    english = plain(await admin.see(f"{where}?lang=en"))
    assert "5 site name is missing" in english
    assert "Import it" not in english
    await admin.send(f"{where}/import")
    await settled(app)
    assert names(station)["0417"] == "–"


async def test_what_changed_since_it_was_shown_is_shown_anew(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    where = await sends(admin, app, TOWN)
    station.site(name="Horlogerie")
    await admin.send(f"{where}/import")
    await settled(app)
    shown = plain(await admin.see(where))
    assert "entre-temps" in shown
    assert "nom Horlogerie → Joaillerie" in shown
    assert names(station) == {"0417": "–", "1001": "Horlogerie"}
    station.site("3001")  # elsewhere: the file would do the same
    await admin.send(f"{where}/import")
    await settled(app)
    assert names(station)["1001"] == "Joaillerie"


async def test_a_database_that_is_away_is_said(
    station: WebStation, app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await sends(admin, app, TOWN)

    async def away(function: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as broken:
        broken.setattr(station.store, "write", away)
        imports = app.state.site_imports
        await imports.write(await imports.get(where.rpartition("/")[2], "alix"))
        await settled(app)
    assert "La base de données ne répond pas" in plain(await admin.see(where)).replace(
        "la b", "La b"
    )
    await admin.send(f"{where}/import")
    await settled(app)
    assert names(station)["0417"] == "Boulangerie"


async def test_no_file_and_one_that_is_too_large_are_refused(
    app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = await admin.csrf()
    empty = await admin.client.post("/site-files", data={"csrf": csrf})
    assert (empty.status_code, 'id="wrong"' in empty.text) == (422, True)
    large = {"file": ("x.csv", b"x" * (reading.MOST_BYTES + 2_000_000), "text/csv")}
    answer = await admin.client.post("/site-files", data={"csrf": csrf}, files=large)
    assert answer.status_code == 413
    assert "callflow sites import FILE" in answer.json()["detail"]
    larger = {"file": ("x.csv", b"x" * (reading.MOST_BYTES + 1), "text/csv")}
    answer = await admin.client.post("/site-files", data={"csrf": csrf}, files=larger)
    assert (answer.status_code, "callflow sites import FICHIER" in answer.text) == (422, True)
    where = await sends(admin, app, b"PK\x03\x04nothing", "x.xlsx")
    assert "ne se lit ni comme CSV ni comme XLSX" in plain(await admin.see(where))
    for path, asked in (
        ("export", {"format": "doc"}),
        ("export", {"format": "csv", "state": "gone"}),
        ("template", {"format": "x"}),
    ):
        assert (await admin.send(f"/site-files/{path}", **asked)).status_code == 422
    made = await admin.send("/site-files/template", format="csv")
    assert "numéros d’abonné" in made.text


async def test_progress_is_looked_at_until_the_file_is_there(app: FastAPI, admin: Person) -> None:
    async with app.state.site_imports._one:  # another file is being read
        answer = await admin.client.post(
            "/site-files",
            data={"csrf": await admin.csrf()},
            files={"file": ("town.csv", TOWN.encode(), "text/csv")},
        )
        where = answer.headers["location"]
        waiting = await admin.see(where)
        assert "En attente d’un autre fichier" in plain(waiting)
        assert f'hx-get="{where}" hx-trigger="every 1s"' in waiting.text
        assert "<progress" in waiting.text
        one = await app.state.site_imports.get(where.rpartition("/")[2], "alix")
        one.phase, one.done, one.total = "comparing", 50, 200
        assert 'max="200" value="50"' in (await admin.see(where)).text
    await settled(app)
    assert "hx-trigger" not in (await admin.see(where)).text.split('id="file"')[1].split("<p")[0]


async def test_the_end_of_the_process_ends_what_is_being_read(
    app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def read(_data: bytes, tick: reading.Tick) -> reading.Table:
        begun.set()
        try:
            while not ended.wait(0.005):
                tick(1)
        finally:
            ended.set()
        return reading.Table()

    monkeypatch.setattr(reading, "read", read)
    await app.state.site_imports.begin("town.csv", b"", "alix", remove=False)
    assert await asyncio.to_thread(begun.wait, 30)
    await app.state.site_imports.close()
    assert await asyncio.to_thread(ended.wait, 30)


async def test_the_sites_that_match_are_given_told_of_and_taken_back(
    station: WebStation, app: FastAPI, admin: Person
) -> None:
    station.site("1002", name="=HYPERLINK(1)", state="suspended")
    answer = await admin.send("/site-files/export", format="csv", state="suspended")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [line[2] for line in lines[1:]] == ["'=HYPERLINK(1)"] * 3
    phone = lines[0].index("téléphone")
    assert {line[phone] for line in lines[1:]} == {f"'+3363998100{n}" for n in "012"}
    assert "2580" not in answer.text
    assert "tilleul" not in answer.text
    told = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    (entry,) = [each for each in told if each.kind == "sites_exported"]
    assert (entry.data["sites"], entry.data["contacts"]) == (1, 3)
    assert "suspended" in entry.text
    for format in ("csv", "xlsx"):
        given = await admin.send("/site-files/export", format=format)
        where = await sends(admin, app, given.content, f"x.{format}", remove="yes")
        shown = plain(await admin.see(where))
        assert "tout est déjà ainsi" in shown
        assert "Sites 0 0 2 –" in shown


async def test_only_who_may_configure_is_offered_files(station: WebStation, app: FastAPI) -> None:
    station.site()
    station.user("oper", Role.OPERATOR)
    operator = Person(app, "oper")
    await operator.log_in()
    assert (await operator.send("/site-files/export", format="csv")).status_code == 403
    assert "site-files" not in (await operator.see("/sites")).text
    chief = await person(station, app, "alix")
    assert "/site-files/export" in (await chief.see("/sites")).text
    where = await sends(chief, app, TOWN)
    other = await person(station, app, "bea")  # a file is its sender's alone
    assert (await other.see(where)).status_code == 404
    assert (await other.send(f"{where}/import")).status_code == 404
    assert (await chief.send(f"{where}/drop")).status_code == 303
    assert (await chief.see(where)).status_code == 404
