"""A file of sites is in no process alone: two show it, one that dies loses none, an erasure all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.sites.files import reading
from callflow.core.sites.files.upload import Phase
from callflow.handling.records import erasure
from callflow.handling.sites.files import saving
from callflow.handling.sites.files.saving import ready
from callflow.handling.station import duties
from callflow.storage import Store
from callflow.storage import schema as t
from callflow.storage.sites import uploads
from tests.integration.web.sites.test_site_edit import person
from tests.integration.web.sites.test_site_files import TOWN, names, plain, sends, settled
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.app import create_app

pytestmark = pytest.mark.both_databases


@pytest.fixture
def station_url(database_url: str) -> str:
    """On each database."""
    return database_url


@dataclass
class Web:
    """One of the web's processes: its application, its connections, its visitor."""

    app: FastAPI
    alix: Person


@pytest.fixture
async def webs(station: WebStation, app: FastAPI) -> AsyncIterator[tuple[Web, Web]]:
    """Two processes of one station; Alix is logged in at both."""
    station.site()
    store = Store(station.settings.database, mac=station.vault.seal)
    other = create_app(station.settings, store, station.vault)
    first, second = await person(station, app, "alix"), Person(other, "alix")
    await second.log_in()
    yield Web(app, first), Web(other, second)
    await app.state.site_imports.close()
    await other.state.site_imports.close()
    store.close()


async def ends(web: Web, where: str) -> str:
    """What its page says at the end."""
    await web.alix.see(where)
    await settled(web.app)
    return plain(await web.alix.see(where))


def older(station: WebStation, seconds: float) -> None:
    """Whoever works on it said so for the last time so long ago."""
    beat = clock.now() - timedelta(seconds=seconds)
    station.do(lambda tx: tx.execute(t.site_upload.update().values(beat_at=beat)))


async def test_what_one_process_took_the_other_shows_and_writes(
    station: WebStation, webs: tuple[Web, Web]
) -> None:
    first, second = webs
    where = await sends(first.alix, first.app, TOWN)
    assert "Rien n’est encore écrit" in await ends(second, where)
    assert "Sites 1 1 0 –" in await ends(first, where)  # both show it, each may write it
    assert (await second.alix.send(f"{where}/import")).status_code == 303
    await settled(second.app)
    assert names(station)["1001"] == "Joaillerie"
    for web in webs:
        done = await ends(web, where)
        assert "Importé" in done
        assert "Sites 1 1 0 –" in done
    await first.alix.send(f"{where}/import")  # pressed there as well
    await settled(first.app)
    kept = station.store.read_now(lambda tx: tx.execute(t.site_upload.select()).one())
    assert (kept.phase, kept.data) == ("done", None)


async def test_it_lies_there_encrypted(station: WebStation, webs: tuple[Web, Web]) -> None:
    await sends(webs[0].alix, webs[0].app, TOWN)
    kept = station.store.read_now(lambda tx: tx.execute(t.site_upload.select()).one())
    assert b"Fournil" not in kept.data
    assert "Fournil" not in str(kept)


async def test_the_progress_of_one_process_is_real_at_the_other(
    station: WebStation, webs: tuple[Web, Web]
) -> None:
    first, second = webs
    async with first.app.state.site_imports._one:  # another file is being read
        answer = await first.alix.client.post(
            "/site-files",
            data={"csrf": await first.alix.csrf()},
            files={"file": ("town.csv", TOWN.encode(), "text/csv")},
        )
        where = answer.headers["location"]
        id = where.rpartition("/")[2]
        one = await first.app.state.site_imports.get(id, "alix")
        one.phase, one.done, one.total = Phase.COMPARING, 50, 200
        await first.app.state.site_imports._tell(one)  # as it does each second
        assert 'max="200" value="50"' in (await second.alix.see(where)).text
    await settled(first.app)
    assert "Rien n’est encore écrit" in await ends(second, where)


async def test_killed_while_it_read_the_next_process_reads_it(
    station: WebStation, webs: tuple[Web, Web], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = webs
    with monkeypatch.context() as dying:
        dying.setattr(reading, "read", died)
        where = await sends(first.alix, first.app, TOWN)
    # As who is killed leaves it.
    now = {"phase": "reading", "beat_at": clock.now() + timedelta(minutes=1)}
    station.do(lambda tx: tx.execute(t.site_upload.update().values(**now)))
    assert "Lecture du fichier" in plain(await second.alix.see(where))  # it may still live
    older(station, 11)
    assert "Rien n’est encore écrit" in await ends(second, where)
    assert names(station)["0417"] == "–"
    await second.alix.send(f"{where}/import")
    await settled(second.app)
    assert names(station)["0417"] == "Boulangerie"


def died(_data: bytes, _tick: reading.Tick) -> reading.Table:
    raise InterruptedError


async def test_killed_between_the_dry_run_and_the_end_nothing_is_written_and_it_is_still_there(
    station: WebStation, webs: tuple[Web, Web], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = webs
    where = await sends(first.alix, first.app, TOWN)
    monkeypatch.setattr(saving, "ready", never)
    await first.alix.send(f"{where}/import")
    await settled(first.app)
    monkeypatch.setattr(saving, "ready", ready)
    assert names(station)["0417"] == "–"
    assert "Écriture" in plain(await second.alix.see(where))
    older(station, 11)
    shown = await ends(second, where)
    assert "les pages ont redémarré avant qu’il soit écrit" in shown.replace("Les", "les")
    assert "Sites 1 1 0 –" in shown
    await second.alix.send(f"{where}/import")
    await settled(second.app)
    assert names(station)["0417"] == "Boulangerie"


def never(*_: object, **__: object) -> None:
    raise InterruptedError


async def test_one_that_was_taken_over_is_not_written_by_whoever_had_it(
    station: WebStation, webs: tuple[Web, Web], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It only was slow: whoever took over decides, and it is written once."""
    first, second = webs
    where = await sends(first.alix, first.app, TOWN)

    def slow(*given: object, **named: object) -> object:
        station.do(lambda tx: tx.execute(t.site_upload.update().values(worker="another")))
        return ready(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as late:
        late.setattr(saving, "ready", slow)
        await first.alix.send(f"{where}/import")
        await settled(first.app)
    assert names(station) == {"0417": "–", "1001": "Bijouterie du Parlement"}
    older(station, 11)
    assert "Sites 1 1 0 –" in await ends(second, where)


async def test_a_process_that_ends_leaves_it_to_the_next_at_once(
    station: WebStation, webs: tuple[Web, Web]
) -> None:
    first, second = webs
    async with first.app.state.site_imports._one:
        answer = await first.alix.client.post(
            "/site-files",
            data={"csrf": await first.alix.csrf()},
            files={"file": ("town.csv", TOWN.encode(), "text/csv")},
        )
        await first.app.state.site_imports.close()
    assert "Rien n’est encore écrit" in await ends(second, answer.headers["location"])


@pytest.mark.parametrize("how", ["erased", "old", "dropped"])
async def test_what_is_not_kept_any_more_is_said_and_can_not_be_written(
    station: WebStation, webs: tuple[Web, Web], how: str
) -> None:
    first, second = webs
    where = await sends(first.alix, first.app, TOWN)
    await ends(second, where)
    now = clock.now()
    if how == "erased":
        begin = partial(erasure.begin_erasure, contact_id="1001-2", reason="asked", who="odile")
        station.do(lambda tx: begin(tx, station.vault, now=now))
    elif how == "old":
        later = now + uploads.KEPT + timedelta(seconds=1)
        assert uploads.forget_old in station.store.read_now(lambda tx: duties.due(tx, later))
        station.do(lambda tx: uploads.forget_old(tx, later))
    else:
        await second.alix.send(f"{where}/drop")
    assert station.store.read_now(uploads.ids) == set()
    for web in webs:
        assert (await web.alix.send(f"{where}/import")).status_code == 404
        gone = await web.alix.see(f"{where}?lang=en")
        assert gone.status_code == 404
        assert "send it again" in gone.text
        assert web.app.state.site_imports._kept == {}
    asks = await first.alix.client.get(where, headers={"HX-Request": "true"})
    assert (asks.status_code, asks.headers["hx-redirect"]) == (204, where)
    assert names(station)["0417"] == "–"


async def test_four_are_kept_and_the_oldest_goes(
    station: WebStation, webs: tuple[Web, Web]
) -> None:
    first, second = webs
    where = [await sends(first.alix, first.app, TOWN, f"{n}.csv") for n in range(3)]
    where += [await sends(second.alix, second.app, TOWN, f"{n}.csv") for n in range(3, 5)]
    assert (await first.alix.see(where[0])).status_code == 404
    assert (await first.alix.see(where[1])).status_code == 200
    working = {"phase": "comparing", "beat_at": clock.now() + timedelta(minutes=1)}
    station.do(lambda tx: tx.execute(t.site_upload.update().values(**working)))
    answer = await first.alix.client.post(
        "/site-files",
        data={"csrf": await first.alix.csrf()},
        files={"file": ("town.csv", TOWN.encode(), "text/csv")},
    )
    assert answer.status_code == 422
