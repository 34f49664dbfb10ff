"""``report.pdf`` over HTTP: three widths of one alarm, for those who may read it, whatever is in
it."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.alarms import operating
from callflow.storage.alarms import incidents
from callflow.storage.records import logbook
from tests.support.outside.cameras import a_still
from tests.support.rows.archival import faults
from tests.support.rows.full_rows import png
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role

HOSTILE = '</td></table><script>x</script>{{7*7}}{% raw %}<img src="file:///etc/passwd">\u202e\x1b'


def text_of(pdf: bytes) -> str:
    return " ".join(page.get_textpage().get_text_range() for page in PdfDocument(pdf))


async def test_each_reader_gets_their_report(station: WebStation, api: httpx.AsyncClient) -> None:
    station.site()
    incident = station.alarm().id
    station.call(Outcome.NO_KEY, seconds=3)
    now, said = clock.now(), "note interne 0639980199"
    station.do(lambda tx: operating.claim(tx, incident, NAME, now))
    station.do(lambda tx: operating.note(tx, incident, NAME, said, now))
    folder = station.settings.images_dir / str(incident)
    folder.mkdir(parents=True)
    (folder / "hall.jpg").write_bytes(png())
    station.do(lambda tx: a_still(tx, str(incident), now, sha256=None, path=f"{incident}/hall.jpg"))
    found, text = {}, {}
    for width in ("client", "firm", "full"):
        answer = await api.get(f"/incidents/{incident}/report.pdf", params={"for": width})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-type"] == "application/pdf"
        assert faults(answer.content) == []
        found[width] = PdfReader(io.BytesIO(answer.content))
        text[width] = text_of(answer.content)
    images = {
        width: len({i.name for p in of.pages for i in p.images}) for width, of in found.items()
    }
    assert images == {"client": 1, "firm": 0, "full": 1}
    assert said in text["full"]
    for width in ("client", "firm"):
        assert "interne" not in text[width]
        assert NAME not in text[width]
    assert "décroché, aucune touche" in text["client"]
    assert "aucune touche" not in text["firm"]
    english = await api.get(
        f"/incidents/{incident}/report.pdf", params={"language": "en", "for": "firm"}
    )
    assert "Signals of the panel" in text_of(english.content)
    told = station.store.read_now(lambda tx: logbook.page(tx, incident=str(incident)))
    seen = [entry.data["paper"] for entry in told if entry.kind == "report_seen"]
    assert seen == ["report_client", "report_firm", "report_full"]  # once each, in a while


async def test_nothing_that_people_typed_leads_the_page(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site(name=HOSTILE[:60], client=HOSTILE[:60])
    incident = station.alarm(text=HOSTILE).id
    now = clock.now()
    station.do(lambda tx: operating.claim(tx, incident, NAME, now))
    station.do(lambda tx: operating.note(tx, incident, NAME, HOSTILE, now))
    station.do(lambda tx: operating.close_incident(tx, incident, NAME, "false_alarm", HOSTILE, now))
    answer = await api.get(f"/incidents/{incident}/report.pdf")
    assert faults(answer.content) == []
    text = "".join(text_of(answer.content).split())
    assert text.count("{{7*7}}{%raw%}") >= 3
    assert b"root:" not in answer.content


async def test_who_may_not_read_alarms_gets_none(
    station: WebStation, stranger: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    station.site()
    path = f"/incidents/{station.alarm().id}/report.pdf"
    assert (await stranger.get(path)).status_code == 303
    assert (await stranger.get(f"/api/v1{path}")).status_code == 401
    panel = {"Authorization": f"Bearer {station.token(Role.PANEL)}"}
    assert (await stranger.get(f"/api/v1{path}", headers=panel)).status_code == 403
    assert (await operator.get(f"{path}?for=everybody")).status_code == 422
    assert (await operator.get("/incidents/none/report.pdf")).status_code == 404
    shown = await operator.get(f"{path}?for=client")
    assert shown.headers["content-disposition"].startswith('inline; filename="Rapport 1001')


async def test_a_storms_report_is_the_stations_alone(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    accounts = [f"20{n:02}" for n in range(20)]
    for account in accounts:
        station.site(account, contacts=[])
        station.alarm(account, "AT", "")
    found = station.store.read_now(lambda tx: incidents.page(tx, account=accounts[-1], limit=1))
    path = f"/incidents/{found[0].storm_id}/report.pdf"
    assert (await api.get(path, params={"for": "client"})).status_code == 409
    assert "2003" not in (await api.get(path, params={"for": "firm"})).text


async def test_a_machine_that_lacks_pango_says_what_to_install(
    station: WebStation, api: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "weasyprint.py").write_text('raise OSError("no library")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lacking"))
    station.site()
    answer = await api.get(f"/incidents/{station.alarm().id}/report.pdf")
    assert answer.status_code == 503
    assert "apt-get install" in answer.json()["detail"]
