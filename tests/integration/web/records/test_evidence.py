"""An alarm's evidence file on its pages and by the API: asked for, written down, made, taken."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from fastapi import FastAPI
from pypdf import PdfReader

from callflow.disclosure import reporting, verify
from callflow.storage.records import disclosures, logbook
from tests.support.pages.visitors import Person, somebody
from tests.support.rows import evidence
from tests.support.stations.web_station import WebStation
from web.access.users import Role

FORM = {
    "requester": "insurer",
    "name": "Assurances réunies",
    "reason": "sinistre du 30 novembre",
    "reference": "SIN-2026-117",
    "recordings": "rule",
    "images": "rule",
}


@pytest.fixture
def incident(station: WebStation) -> str:
    station.site()
    return str(evidence.a_break_in(station).id)


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.SUPERVISOR) as person:
        yield person


@pytest.fixture(autouse=True)
def report(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Laid out once, and not by each test: it takes seconds."""
    if "looks_on" not in request.node.name:
        monkeypatch.setattr(reporting, "report_of", AsyncMock(return_value=b"%PDF"))


def told(station: WebStation, incident: str) -> list[str]:
    entries = station.store.read_now(lambda tx: logbook.page(tx, incident=incident))
    return [one.kind for one in entries if one.kind.startswith("evidence")]


async def made(chief: Person, where: str) -> str:
    """The page of a file, once it is made."""
    for _ in range(1000):
        shown = (await chief.see(where)).text
        if "hx-trigger" not in shown.split('id="file"')[1][:200]:
            return shown
    raise AssertionError("it is not made")


async def test_a_supervisor_asks_looks_on_and_takes_the_file(
    station: WebStation, chief: Person, incident: str, tmp_path: Path
) -> None:
    at = f"/incidents/{incident}/evidence"
    assert at in (await chief.see(f"/incidents/{incident}")).text
    answer = await chief.fill(at, at, **FORM)
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert "SIN-2026-117" in await made(chief, where)
    file = await chief.fill(where, f"{where}/file")
    assert file.headers["content-type"] == "application/zip"
    assert int(file.headers["content-length"]) == len(file.content)
    path = tmp_path / "dossier.zip"
    path.write_bytes(file.content)
    verify.verify(path, station.vault.public_key.hex())
    with zipfile.ZipFile(path) as zipped:
        text = zipped.read("logbook.jsonl").decode()
        with PdfReader(io.BytesIO(zipped.read("report.pdf"))) as report:
            text += "".join(each.extract_text() for each in report.pages)
    assert "Bijouterie du Parlement" in text
    assert "[contact 1]" in text
    assert not re.search(r"Morvan|Goff|06[ .]39[ .]98[ .]10[ .]0[12]|odile", text, re.IGNORECASE)
    assert told(station, incident) == ["evidence_asked", "evidence_made", "evidence_taken"]
    (row,) = station.store.read_now(disclosures.latest)
    assert (row.size, row.asked_by, row.stamped) == (len(file.content), "odile", False)
    assert "Assurances réunies" in (await chief.see("/evidence")).text
    again = await chief.fill(where, f"{where}/make")
    assert again.headers["location"] == where


async def test_what_it_would_show_is_seen_before_and_nothing_is_written(
    station: WebStation, chief: Person, incident: str
) -> None:
    at = f"/incidents/{incident}/evidence"
    form = {**FORM, "words": "Zoé Tanguy"}
    shown = await chief.send(f"{at}/preview", **form)
    assert shown.status_code == 200
    listed = shown.text.split('id="scroll-preview"')[1].split("</table>")[0]
    assert "avec [masqué]" in listed
    assert "Tanguy" not in listed
    assert "Morvan" not in listed
    assert "SIN-2026-117" in shown.text  # what was typed stands there still
    everything = {f"also-{third}": "1" for third in ("contacts", "staff", "members", "others")}
    shown = await chief.send(f"{at}/preview", **form, **everything)
    assert "MORVAN" in shown.text.split('id="scroll-preview"')[1]
    assert told(station, incident) == []
    assert station.store.read_now(disclosures.latest) == []


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("requester", "", 422),
        ("requester", "neighbour", 422),
        ("name", " ", 409),
        ("reason", "x", 409),
        ("reference", "", 409),
        ("recordings", "some", 422),
        ("words", "x" * 4001, 422),
        ("words", "\n".join("abcdef" for _ in range(101)), 409),
    ],
)
async def test_who_does_not_say_who_and_why_gets_none(
    station: WebStation, chief: Person, incident: str, field: str, value: str, status: int
) -> None:
    at = f"/incidents/{incident}/evidence"
    answer = await chief.send(at, **{**FORM, field: value})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text or status == 422
    assert told(station, incident) == []


async def test_hostile_words_stay_words(chief: Person, incident: str) -> None:
    hostile = '<script>alert(1)</script>{{ 7*7 }}"><b>'
    at = f"/incidents/{incident}/evidence"
    sent = {**FORM, "name": hostile, "reason": hostile, "reference": hostile, "words": hostile}
    where = (await chief.send(at, **sent)).headers["location"]
    for shown in (await made(chief, where), (await chief.see("/evidence")).text):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.READER, Role.TECHNICIAN])
async def test_no_other_role_makes_or_takes_one(
    station: WebStation, app: FastAPI, chief: Person, incident: str, role: Role
) -> None:
    where = (await chief.send(f"/incidents/{incident}/evidence", **FORM)).headers["location"]
    await made(chief, where)
    station.user("bea", role)
    other = Person(app, "bea")
    await other.log_in()
    for address in ("/evidence", where, f"/incidents/{incident}/evidence"):
        assert (await other.see(address)).status_code == 403
    for address in (f"{where}/file", f"{where}/make", f"/incidents/{incident}/evidence"):
        assert (await other.send(address, **FORM)).status_code == 403


async def test_a_stranger_reads_the_key_alone(
    station: WebStation, stranger: httpx.AsyncClient, incident: str
) -> None:
    said = await stranger.get("/evidence/key.txt")
    assert station.vault.public_key.hex() in said.text
    assert verify.fingerprint(station.vault.public_key) in said.text
    for address in ("/evidence", "/evidence/x", f"/incidents/{incident}/evidence"):
        assert (await stranger.get(address)).status_code == 303
    sent = await stranger.post(f"/api/v1/incidents/{incident}/evidence", json={})
    assert sent.status_code == 401


async def test_what_there_is_none_of(chief: Person, station: WebStation) -> None:
    assert (await chief.see("/evidence/none")).status_code == 404
    assert (await chief.see("/incidents/none/evidence")).status_code == 404
    assert (await chief.send("/incidents/none/evidence", **FORM)).status_code == 404
    assert (await chief.send("/incidents/none/evidence/preview", **FORM)).status_code == 404
    assert (await chief.send("/evidence/none/file")).status_code == 404


async def test_a_program_gets_the_file_in_one_request(
    station: WebStation, api: httpx.AsyncClient, incident: str, tmp_path: Path
) -> None:
    body = {name: FORM[name] for name in ("requester", "name", "reason", "reference")}
    answer = await api.post(f"/incidents/{incident}/evidence", json={**body, "requester": "police"})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        names = zipped.namelist()
        assert "MORVAN" in zipped.read("logbook.jsonl").decode()  # the police sees everybody
    assert sum(name.startswith("recordings/") for name in names) == 2
    assert sum(name.startswith("images/") for name in names) == 1
    path = tmp_path / "dossier.zip"
    path.write_bytes(answer.content)
    key = (await api.get("/evidence/key")).json()
    verify.verify(path, key["fingerprint"])
    assert told(station, incident) == ["evidence_asked", "evidence_made", "evidence_taken"]
    assert (await api.post("/incidents/none/evidence", json=body)).status_code == 404
    wrong = await api.post(f"/incidents/{incident}/evidence", json={**body, "reason": ""})
    assert wrong.status_code == 422
    handler = {"Authorization": f"Bearer {station.token(Role.OPERATOR, 'poste')}"}
    sent = await api.post(f"/incidents/{incident}/evidence", json=body, headers=handler)
    assert sent.status_code == 403


async def test_a_fault_of_ours_is_said_and_nobody_waits_for_ever(
    chief: Person, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "report_of", AsyncMock(side_effect=TypeError("ours")))
    where = (await chief.send(f"/incidents/{incident}/evidence", **FORM)).headers["location"]
    assert "le journal de la station dit pourquoi" in await made(chief, f"{where}?lang=fr")


async def test_a_file_that_is_gone_from_the_disk_is_said_to_be_elsewhere(
    station: WebStation, api: httpx.AsyncClient, incident: str
) -> None:
    for path in station.settings.recordings_dir.iterdir():
        path.unlink()
    body = {name: FORM[name] for name in ("requester", "name", "reason", "reference")}
    answer = await api.post(f"/incidents/{incident}/evidence", json={**body, "requester": "court"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        manifest = zipped.read("manifest.json").decode()
    assert manifest.count('"why": "elsewhere"') == 2
