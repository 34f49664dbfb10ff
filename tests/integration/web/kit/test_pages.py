"""The pages without a browser: logging in, forms without JavaScript, headers, languages."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.alarms import operating
from callflow.storage.alarms import incidents
from callflow.texts import RESOLUTIONS
from tests.support.rows.in_clear import in_clear
from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access.users import Role
from web.kit.rendering import static_url


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


# --- logging in --------------------------------------------------------------------------------


async def test_a_stranger_is_sent_to_the_login_and_back(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.user()
    answer = await stranger.get("/incidents/abc")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/login?next=/incidents/abc",
    )
    form = {"name": NAME, "password": PASSWORD, "next": "/incidents/abc"}
    logged_in = await stranger.post("/login", data=form)
    assert logged_in.headers["location"] == "/incidents/abc"
    cookie = logged_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # loopback


@pytest.mark.parametrize(
    ("open_page", "login"),
    [
        ("http://localhost/incidents/abc", "/login?next=/incidents/abc"),
        ("http://localhost/?incident=abc", "/login?next=/%3Fincident%3Dabc"),
        ("http://[", "/login"),
        ("", "/login"),
    ],
)
async def test_a_part_asked_by_a_stranger_leads_back_to_the_page_that_is_open(
    stranger: httpx.AsyncClient, open_page: str, login: str
) -> None:
    asked = {"hx-request": "true", "hx-current-url": open_page}
    for answer in (
        await stranger.get("/presence", headers=asked),
        await stranger.post("/presence", headers=asked),
    ):
        assert (answer.status_code, answer.headers["hx-redirect"]) == (204, login)


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil", "\n/x"])
async def test_a_login_never_leads_to_another_site(
    station: WebStation, stranger: httpx.AsyncClient, back: str
) -> None:
    station.user()
    answer = await stranger.post("/login", data={"name": NAME, "password": PASSWORD, "next": back})
    assert answer.headers["location"] == "/"


async def test_wrong_passwords_wait(station: WebStation, stranger: httpx.AsyncClient) -> None:
    station.user()
    wrong = {"name": NAME, "password": "non"}
    answers = [(await stranger.post("/login", data=wrong)).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    right = await stranger.post("/login", data={"name": NAME, "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0


async def test_an_unknown_name_is_refused_like_a_wrong_password(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.user()
    pages = []
    for name in (NAME, "nobody"):
        answer = await stranger.post("/login", data={"name": name, "password": "x"})
        pages.append(answer.text.replace(name, ""))
    assert pages[0] == pages[1]


async def test_logging_out_ends_the_session(operator: httpx.AsyncClient) -> None:
    kept = dict(operator.cookies)
    assert (await operator.get("/")).status_code == 200
    await operator.post("/logout")
    operator.cookies.update(kept)
    assert (await operator.get("/")).status_code == 303


async def test_a_reader_sees_and_does_nothing(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    station.site()
    row = station.alarm()
    station.user("lucie", Role.READER)
    await stranger.post("/login", data={"name": "lucie", "password": PASSWORD})
    page = await stranger.get(f"/incidents/{row.id}")
    assert page.status_code == 200
    assert 'data-act="' not in page.text
    assert (await stranger.post(f"/incidents/{row.id}/claim")).status_code == 403


# --- forms -------------------------------------------------------------------------------------


async def test_a_form_of_another_page_is_refused(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    where = f"/incidents/{station.alarm().id}"
    token = csrf_of((await operator.get(where)).text)
    assert (await operator.post(f"{where}/claim", data={"csrf": "x" * 43})).status_code == 403
    assert (await operator.post(f"{where}/claim")).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    answer = await operator.post(f"{where}/claim", data={"csrf": token}, headers=foreign)
    assert answer.status_code == 403
    assert (await operator.post(f"{where}/claim", data={"csrf": token})).status_code == 303


async def test_a_person_takes_notes_and_closes(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    where = f"/incidents/{station.alarm().id}"
    token = csrf_of((await operator.get(where)).text)

    async def act(name: str, **fields: str) -> httpx.Response:
        return await operator.post(f"{where}/{name}", data={"csrf": token, **fields})

    await act("claim")
    page = (await operator.get(where)).text
    assert "Rendre à la file" in page
    assert "arrêtée par un opérateur" in page
    await act("note", text="Porte ouverte\r\nvue sur place")
    assert "Porte ouverte\nvue sur place" in (await operator.get(where)).text
    assert (await act("close", code="nonsense")).status_code == 422
    await act("close", code="false_alarm", text="erreur du gardien")
    page = (await operator.get(where)).text
    assert "Fausse alarme" in page
    assert "erreur du gardien" in page


async def test_who_holds_it_is_said(station: WebStation, operator: httpx.AsyncClient) -> None:
    station.site()
    row = station.alarm()
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    where = f"/incidents/{row.id}"
    page = (await operator.get(where)).text
    token = csrf_of(page)
    assert "<bdi>yves</bdi> a pris cette alarme" in page
    refused = await operator.post(f"{where}/claim", data={"csrf": token})
    assert refused.status_code == 409
    assert "yves" in refused.text


# --- what is shown -----------------------------------------------------------------------------


async def test_the_plan_shows_where_it_is(station: WebStation, operator: httpx.AsyncClient) -> None:
    station.site()
    row = station.alarm()
    station.call(Outcome.NO_KEY, seconds=2)
    page = (await operator.get(f"/incidents/{row.id}")).text
    assert page.count('aria-current="step"') == 1
    assert "Contre-appel sur site" in page
    assert "décroché, aucune touche" in page
    assert "<audio controls" in page
    assert "06 39 98 10 00" in page


async def test_codes_never_reach_a_page(station: WebStation, operator: httpx.AsyncClient) -> None:
    station.site()
    row = station.alarm()
    page = (await operator.get(f"/incidents/{row.id}")).text
    for secret in ("2580", "2581", "tilleul"):
        assert not in_clear(secret, page)
    assert station.vault.code("1001-0", "2580") not in page


async def test_a_recording_is_played_and_drawn(
    station: WebStation, operator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    station.site()
    station.alarm()
    call = station.call(Outcome.NO_KEY, seconds=2)
    part = await operator.get(f"/recordings/{call}", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    picture = await operator.get(f"/recordings/{call}/waveform.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.count("M") > 400
    assert (await stranger.get(f"/recordings/{call}")).status_code == 303


async def test_french_first_english_second(
    station: WebStation, operator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert 'lang="fr"' in (await stranger.get("/login")).text
    english = await stranger.get("/login", headers={"Accept-Language": "en-GB,fr;q=0.5"})
    assert "Password" in english.text
    assert "File des opérateurs" in (await operator.get("/")).text
    assert "Operators' queue" in (await operator.get("/?lang=en")).text
    assert "Operators' queue" in (await operator.get("/")).text  # remembered


async def test_every_answer_is_guarded(
    operator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    answers = [
        await operator.get("/"),
        await stranger.get("/login"),
        await stranger.get("/api/v1/incidents"),
        await stranger.get("/nowhere"),
        await stranger.get(static_url("console/main.js")),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answers[0].headers["cache-control"]
    assert "immutable" in answers[-1].headers["cache-control"]


async def test_a_page_that_is_not_there_is_a_page(operator: httpx.AsyncClient) -> None:
    answer: Any = await operator.get("/incidents/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "aucune alarme n&#39;a cet identifiant" in answer.text
    assert "there is no" not in answer.text


async def test_a_refused_act_is_said_in_the_language_of_the_page(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    path = f"/incidents/{station.alarm().id}"
    csrf = csrf_of((await operator.get(path)).text)
    french = await operator.post(f"{path}/release", data={"csrf": csrf})
    assert french.status_code == 409
    assert "prenez d&#39;abord cette alarme" in french.text
    english = await operator.post(f"{path}/release?lang=en", data={"csrf": csrf})
    assert "take the incident first" in english.text


async def test_a_signal_without_a_zone_names_none(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    station.alarm(zone="")
    console = (await operator.get("/")).text
    assert "Bijouterie du Parlement" in console
    assert "· zone" not in console
    assert "zone  " not in console


async def test_nobody_is_told_what_to_say_on_the_phone_under_duress(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    intrusion = station.alarm()
    words = "ne rien dire de l’alarme"
    assert words not in (await operator.get(f"/incidents/{intrusion.id}")).text
    duress = station.alarm(code="1121")
    for incident in (duress, intrusion):  # of the site, whichever alarm is looked at (D29)
        shown = (await operator.get(f"/incidents/{incident.id}")).text
        assert "À dire" in shown
        assert words in shown
    assert "rien ne doit sonner sur place" in (await operator.get(f"/incidents/{duress.id}")).text


async def test_the_logbook_names_the_person_who_was_called(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    incident = station.alarm()
    station.call(Outcome.NO_ANSWER)
    number = r"0\d( \d\d){4}"  # as people in France write it
    for path in ("/", f"/incidents/{incident.id}"):
        shown = (await operator.get(path)).text
        assert re.search(rf"Appel émis vers Accueil \({number}\)", shown)
        assert re.search(rf"Fin de l&#39;appel vers Accueil \({number}\) : sans réponse", shown)


async def test_a_page_offers_every_resolution_code_in_its_language(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    station.site()
    incident = station.alarm().id
    station.do(lambda tx: operating.claim(tx, incident, NAME, clock.now()))
    path = f"/incidents/{incident}"
    for language, column in (("fr", 0), ("en", 1)):
        shown = (await operator.get(f"{path}?lang={language}")).text
        choice = re.search(r'<select name="code".*?</select>', shown, re.DOTALL)
        assert choice
        offered = dict(re.findall(r'<option value="([a-z_]+)">([^<]+)</option>', choice[0]))
        assert set(offered) == set(RESOLUTIONS)
        words = {code: text[column] for code, text in RESOLUTIONS.items()}
        assert {code: text[:1].lower() + text[1:] for code, text in offered.items()} == words


async def test_a_forms_address_asked_for_again_is_the_page_of_the_form(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    """The answer to a form that was refused stands at the form's address: a reload, or the other
    language, must not end at an error."""
    station.site()
    incident = station.alarm().id
    for asked, page in (
        (f"/incidents/{incident}/claim?lang=en", f"/incidents/{incident}?lang=en"),
        ("/account/totp?lang=en", "/account?lang=en"),
        ("/call-backs/1/done", "/call-backs"),
        ("/shift/begin", "/shift"),
        ("/scheme", "/"),
    ):
        answer = await operator.get(asked)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert (await operator.get("/api/v1/incidents/1/claim")).status_code == 405


async def test_alarms_beyond_the_lists_are_counted_and_shown_page_by_page(
    station: WebStation, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "SHOWN", 2)
    fewer = {**(incidents.queue.__kwdefaults__ or {}), "limit": 2}
    monkeypatch.setattr(incidents.queue, "__kwdefaults__", fewer)
    for account in ("1001", "1002", "1003", "1004", "1005"):
        station.site(account, name=f"Magasin {account}")
        station.alarm(account)
    console = (await operator.get("/")).text
    assert "3 alarmes ne sont pas dans ces listes" in console
    assert console.count('class="row ') == 2
    seen = [f"Magasin 100{place}" in console for place in range(1, 6)]
    for number in (2, 3):
        shown = (await operator.get(f"/queue?n={number}")).text
        assert f"Page {number} sur 3" in shown
        seen = [known or f"Magasin 100{at}" in shown for at, known in enumerate(seen, 1)]
    assert seen == [True] * 5


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("/presence", "standing-box"),
        ("/call-backs", "call-backs-box"),
        ("/desk", "desk"),
        ("/lines", "lines"),
        ("/station", "organs"),
    ],
)
async def test_an_open_page_that_asks_for_a_part_gets_what_is_in_main_alone(
    operator: httpx.AsyncClient, address: str, part: str
) -> None:
    """Header, palette and help are most of a page, and are asked for every few seconds."""
    whole = await operator.get(address)
    asked = await operator.get(address, headers={"HX-Request": "true"})
    assert (whole.status_code, asked.status_code) == (200, 200)
    for shown in (whole.text, asked.text):
        assert f'id="{part}"' in shown
    for around in ("<html", "<header", 'id="palette"', "<script"):
        assert around in whole.text
        assert around not in asked.text
    assert len(asked.text) < len(whole.text) / 2
