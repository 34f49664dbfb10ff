"""The pages of checks and drills, and the auditor's report: their forms without any script."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdf
from fastapi import FastAPI

from callflow import clock
from callflow.core.people.users import Role
from callflow.handling.watch import checks
from callflow.storage.watch import checks as rows
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import PASSWORD, WebStation

HERE = "/station/checks"
SIGN = f"{HERE}/sign"
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n"


def begun(station: WebStation) -> None:
    station.do(lambda tx: checks.begin_usual(tx, clock.now() - timedelta(minutes=5)))


async def person(station: WebStation, app: FastAPI, name: str, role: Role) -> Person:
    station.user(name, role)
    made = Person(app, name)
    assert (await made.log_in()).status_code == 303
    return made


def done(station: WebStation) -> dict[str, bool]:
    now = clock.now()
    found = station.store.read_now(lambda tx: rows.between(tx, now - timedelta(hours=1), now))
    return {one.check_id: one.ok for one in found}


async def test_what_is_due_is_on_the_handover_page_and_signed_with_one_password(
    station: WebStation, app: FastAPI
) -> None:
    begun(station)
    ines = await person(station, app, "ines", Role.OPERATOR)
    assert "#check-first-aid" in (await ines.see("/shift")).text
    shown = (await ines.see(HERE)).text
    assert 'name="result-first-aid"' in shown
    assert 'name="result-generator-run"' not in shown  # a supervisor's
    said = {"result-first-aid": "ok", "remark-first-aid": "complète", "result-room": "failed"}
    said |= {"remark-room": "<b>sas</b> bloqué"}
    wrong = await ines.fill(HERE, SIGN, **said, password="autre")
    assert (wrong.status_code, "rien n&#39;a été signé" in wrong.text) == (403, True)
    assert 'value="complète"' in wrong.text  # what was typed stays
    assert done(station) == {}
    assert (await ines.fill(HERE, SIGN, password=PASSWORD)).status_code == 422
    half = await ines.fill(HERE, SIGN, **{**said, "remark-room": ""}, password=PASSWORD)
    assert (half.status_code, done(station)) == (422, {})  # all or nothing
    stale = await ines.hidden(HERE, SIGN)
    signed = await ines.fill(HERE, SIGN, **said, password=PASSWORD)
    assert signed.headers["location"] == f"{HERE}?saved=signed"
    assert done(station) == {"first-aid": True, "room": False}
    again = await ines.client.post(SIGN, data={**stale, **said, "password": PASSWORD})
    assert again.status_code == 409
    history = (await ines.see(f"{HERE}/room")).text
    assert "&lt;b&gt;sas" in history
    assert "ines" in history
    assert "#check-first-aid" not in (await ines.see("/shift")).text


async def test_a_file_is_a_pdf_or_a_picture_and_is_kept(station: WebStation, app: FastAPI) -> None:
    begun(station)
    odile = await person(station, app, "odile", Role.SUPERVISOR)
    fields = {**(await odile.hidden(HERE, SIGN)), "result-evacuation": "ok", "password": PASSWORD}
    page = b"%PDF" + b"<script>alert(1)</script>"
    for content, status in ((b"", 422), (page, 422), (b"GIF89a", 422), (PDF, 303)):
        file = {"file-evacuation": ("../../x.html", content, "text/html")}
        answer = await odile.client.post(SIGN, data=fields, files=file)
        assert answer.status_code == status, content
    shown = (await odile.see(f"{HERE}/evacuation")).text
    (link,) = set(re.findall(r'href="(/documents/[^"]+)"', shown))
    kept = await odile.see(link)
    assert (kept.content, kept.headers["content-type"]) == (PDF, "application/pdf")


async def test_what_is_asked_for_is_an_administrators_matter(
    station: WebStation, app: FastAPI
) -> None:
    odile = await person(station, app, "odile", Role.SUPERVISOR)
    for where in (f"{HERE}/new", f"{HERE}/room", f"{HERE}/room/retire"):
        assert (await odile.send(where)).status_code == 403
    anna = await person(station, app, "anna", Role.ADMINISTRATOR)
    fields = {"title": "Ronde =1+1", "text": "", "period": "week", "who": "operator"}
    fields |= {"proof": "figure", "unit": "m", "lowest": "1,5", "highest": "", "source": ""}
    for wrong in ({"period": "moon"}, {"lowest": "deux"}, {"who": "panel"}, {"title": " "}):
        answer = await anna.fill(HERE, f"{HERE}/new", **{**fields, **wrong})
        assert answer.status_code == 422, wrong
    made = await anna.fill(HERE, f"{HERE}/new", **fields)
    where = made.headers["location"].partition("?")[0]
    assert where == f"{HERE}/ronde-1-1"
    stale = await anna.hidden(where, where)
    assert (await anna.fill(where, where, **{**fields, "lowest": "2"})).status_code == 303
    second = await anna.client.post(where, data={**stale, **fields})
    assert second.status_code == 409
    gone = await anna.fill(where, f"{where}/retire", reason="inutile")
    assert gone.headers["location"] == f"{HERE}?saved=list"
    assert f'href="{where}"' in (await anna.see(HERE)).text  # what was done of it is still read
    assert "demandé jusqu’au" in (await anna.see(where)).text
    assert (await anna.see(f"{HERE}/nothing")).status_code == 404


async def test_the_auditors_report_is_a_supervisors_and_says_what_is_not_verified(
    station: WebStation, app: FastAPI
) -> None:
    begun(station)
    ines = await person(station, app, "ines", Role.OPERATOR)
    assert (await ines.see("/station/report")).status_code == 403
    assert (await ines.send("/station/report", year="2026")).status_code == 403
    odile = await person(station, app, "odile", Role.SUPERVISOR)
    for year in ("1999", "3000", "x"):
        assert (await odile.send("/station/report", year=year)).status_code == 422
    this_year = str(clock.now().year)
    for language in ("fr", "en"):
        made = await odile.send("/station/report", year=this_year, language=language)
        assert made.headers["location"] == "/station/report?saved=report"
    shown = (await odile.see("/station/report")).text
    links = re.findall(r'href="(/documents/[^"]+)"', shown)
    assert len(links) == 2
    texts = []
    for link in links:
        pdf = pypdf.PdfReader(io.BytesIO((await odile.see(link)).content))
        texts.append("\n".join(each.extract_text() for each in pdf.pages))
    assert "Contrôles et exercices" in "".join(texts)
    assert "Unverified text" in "".join(texts)
    assert (await ines.see(links[0])).status_code == 403
