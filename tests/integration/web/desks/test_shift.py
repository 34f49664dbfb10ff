"""The pages of a shift and of the roster, and their API, as their forms work without a script."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.desks.roster import Part
from callflow.core.time.hours import Span
from callflow.handling.alarms import operating
from callflow.handling.base import policy
from callflow.handling.desks import rosters, shifts
from callflow.handling.sites import own_days
from callflow.storage import Tx
from callflow.storage.desks import shifts as rows
from callflow.storage.people import users
from callflow.storage.records import logbook
from callflow.storage.watch import readings
from tests.support.stations.shifts import ticks_of
from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access.users import Role

COLLEAGUE, BOSS = "david", "irène"


@pytest.fixture
def alarms(station: WebStation) -> list[str]:
    """Three open alarms, one of them vital."""
    made = []
    for account, code in (("1001", "BA"), ("1002", "FA"), ("1003", "AT")):
        station.site(account, name=f"Site {account}")
        made.append(str(station.alarm(account, code).id))
    return made


def form_of(page: str) -> dict[str, str]:
    """What the page's form would send, its hidden fields."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found)


def ticks(alarms: list[str]) -> dict[str, str]:
    return {f"tick-{alarm}": "on" for alarm in alarms}


async def begin(operator: httpx.AsyncClient, alarms: list[str], **more: str) -> httpx.Response:
    form = form_of((await operator.get("/shift")).text)
    sent = {**form, **ticks(alarms), "password": PASSWORD, **more}
    return await operator.post("/shift/begin", data=sent)


def on_shift(station: WebStation) -> list[str]:
    return [row.name for row in station.store.read_now(rows.on_shift)]


def colleague(station: WebStation) -> None:
    """David is on shift."""
    station.user(COLLEAGUE)
    now = clock.now()
    user = station.store.read_now(lambda tx: users.user_by_name(tx, COLLEAGUE))
    station.do(lambda tx: rows.begin(tx, user.id, now) if user else None)


async def test_a_shift_is_taken_up_with_everything_read_and_the_password(
    station: WebStation, operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    page = (await operator.get("/shift")).text
    for text in ("Prise de poste", "Site 1001", "Site 1002", "Aucun site en essai", "personne"):
        assert text in page
    early = await begin(operator, alarms[:2])
    assert early.status_code == 409
    assert "cochez chaque alarme en cours" in early.text
    assert early.text.count(" checked") == 2
    wrong = await begin(operator, alarms, password="autre")
    assert wrong.status_code == 403
    assert "mot de passe" in wrong.text
    assert on_shift(station) == []
    done = await begin(operator, alarms)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert on_shift(station) == [NAME]
    again = await operator.get("/shift", params={"lang": "en"})
    assert "You are on shift since" in again.text
    assert "Take up the shift" not in again.text


async def test_alarms_of_a_kind_are_ticked_together_and_vital_ones_singly(
    station: WebStation, operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    station.site("1004")
    other = str(station.alarm("1004", "AT").id)
    shown = (await operator.get("/shift")).text
    given = ticks_of(shown)
    vital = [name for name in given if name.startswith("tick-")]
    assert vital == [f"tick-{alarms[1]}"]
    name, together = next((n, ids) for n, ids in given.items() if other in ids)
    assert sorted(together.split()) == sorted([alarms[2], other])
    form = {**form_of(shown), "password": PASSWORD}
    early = await operator.post("/shift/begin", data=form | {name: together})
    assert early.status_code == 409
    assert early.text.count(" checked") == 1  # what was ticked stays so
    done = await operator.post("/shift/begin", data=form | given)
    assert done.status_code == 303
    entries = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    took = {entry.incident for entry in entries if entry.kind == "shift_took"}
    assert took == {*alarms, other}


async def test_a_form_read_long_ago_is_refused(
    station: WebStation, operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    old = (clock.now() - timedelta(hours=1)).isoformat()
    assert (await begin(operator, alarms, read_at=old)).status_code == 409
    assert (await begin(operator, alarms, read_at="hier")).status_code == 422
    assert on_shift(station) == []


async def test_a_shift_ends_with_nothing_held(
    station: WebStation, operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    await begin(operator, alarms)
    colleague(station)
    for alarm in alarms[:2]:
        station.do(lambda tx, i=alarm: operating.claim(tx, i, NAME, clock.now()))
    page = (await operator.get("/shift/end")).text
    assert "Se déconnecter" in page
    assert page.count('value="queue"') == 1  # a vital alarm goes to nobody's queue
    form = {**form_of(page), "password": PASSWORD, "text": "La clé du 1003 est chez le gardien"}
    choices = {f"to-{alarms[0]}": "queue", f"to-{alarms[1]}": "queue"}
    refused = await operator.post("/shift/end", data={**form, **choices})
    assert refused.status_code == 409
    assert "une alarme vitale se transmet à un collègue" in refused.text
    assert "La clé du 1003" in refused.text  # what was typed stays
    choices[f"to-{alarms[1]}"] = f"to:{COLLEAGUE}"
    done = await operator.post("/shift/end", data={**form, **choices})
    assert done.status_code == 303
    assert on_shift(station) == [COLLEAGUE]
    shown = (await operator.get("/shift")).text
    assert "La clé du 1003 est chez le gardien" in shown


async def test_the_last_one_needs_a_supervisor_s_signature(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    await begin(operator, [])
    station.user(BOSS, Role.SUPERVISOR)
    form = {**form_of((await operator.get("/shift/end")).text), "password": PASSWORD}
    assert (await operator.post("/shift/end", data=form)).status_code == 409
    why = {"reason": "Station de repli active", "supervisor": BOSS}
    wrong = await operator.post("/shift/end", data={**form, **why, "supervisor_password": "essai"})
    assert wrong.status_code == 403
    assert "mot de passe du chef de salle" in wrong.text
    nobody = {**form, **why, "supervisor": NAME, "supervisor_password": PASSWORD}
    assert (await operator.post("/shift/end", data=nobody)).status_code == 403
    assert on_shift(station) == [NAME]
    done = await operator.post("/shift/end", data={**form, **why, "supervisor_password": PASSWORD})
    assert done.status_code == 303
    assert on_shift(station) == []


async def test_whoever_takes_over_reads_where_nobody_is_on_the_roster(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    assert "Rien ne manque dans ce qui est planifié" in (await operator.get("/shift")).text
    now = clock.now()
    soon = Span(now - timedelta(hours=3), now + timedelta(hours=2))
    station.do(
        lambda tx: rosters.add_duties(tx, Part.TECHNICIAN, "Ana", "+33639989920", [soon], BOSS, now)
    )
    shown = (await operator.get("/shift")).text
    assert "Rien ne manque dans ce qui est planifié" not in shown
    assert "personne — technicien d’astreinte" in shown


async def test_a_supervisor_ends_a_forgotten_shift(
    station: WebStation, operator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await begin(operator, [])
    station.user(BOSS, Role.SUPERVISOR)
    await stranger.post("/login", data={"name": BOSS, "password": PASSWORD})
    page = (await stranger.get("/shift")).text
    path = re.search(r'action="(/shift/\w+/end)"', page)
    assert path
    form = {**form_of(page), "reason": "partie sans signer"}
    assert (await stranger.post(path[1], data={**form, "password": "essai"})).status_code == 403
    refused = await operator.post(path[1], data={**form_of(page), "password": PASSWORD})
    assert refused.status_code == 403
    assert on_shift(station) == [NAME]
    done = await stranger.post(path[1], data={**form, "password": PASSWORD})
    assert done.status_code == 303
    assert on_shift(station) == []


async def test_every_page_says_who_is_on_shift(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    assert "prendre le poste" in (await operator.get("/shift/presence")).text
    await begin(operator, [])
    part = (await operator.get("/shift/presence")).text
    assert "En poste depuis" in part
    assert "data-asked" not in part
    assert 'id="presence"' in (await operator.get("/")).text


async def test_logging_out_ends_no_shift_and_says_so(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    await begin(operator, [])
    out = await operator.post("/logout")
    assert out.headers["location"] == "/login?shift=on"
    assert "toujours en poste" in (await operator.get(out.headers["location"])).text
    assert on_shift(station) == [NAME]


async def test_whoever_is_alone_is_asked_and_answers(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    quick = station.settings.model_copy(update={"dead_man_night": 1e-6, "dead_man_day": 1e-6})
    station.do(lambda tx: policy.save_policy(tx, quick))
    await begin(operator, [])
    part = (await operator.get("/shift/presence")).text
    assert "tout va bien ?" in part
    sent = await operator.post("/shift/presence", data=form_of(part))
    assert sent.status_code == 303
    (row,) = station.store.read_now(rows.on_shift)
    assert row.attended_at is not None
    colleague(station)
    assert "data-asked" not in (await operator.get("/shift/presence")).text


async def test_who_only_reads_takes_no_shift(
    station: WebStation, app: httpx.ASGITransport, stranger: httpx.AsyncClient
) -> None:
    station.user("lecteur", Role.READER)
    await stranger.post("/login", data={"name": "lecteur", "password": PASSWORD})
    page = (await stranger.get("/shift")).text
    form = {**form_of(page), "password": PASSWORD}
    assert (await stranger.post("/shift/begin", data=form)).status_code == 403
    assert (await stranger.get("/shift/end")).status_code == 403
    assert "prendre le poste" not in (await stranger.get("/shift/presence")).text


# --- the roster -----------------------------------------------------------------------------

DUTY = {"part": "technician", "name": "Ana", "phone": "06 39 98 99 20", "first": "2026-11-23"}
HOURS = {"start": "20:00", "last": "2026-11-24", "end": "08:00", "weeks": "2"}


async def log_in(client: httpx.AsyncClient, station: WebStation) -> dict[str, str]:
    """A supervisor; the form's token."""
    station.user(BOSS, Role.SUPERVISOR)
    await client.post("/login", data={"name": BOSS, "password": PASSWORD})
    return form_of((await client.get("/roster")).text)


async def test_a_duty_is_written_in_for_two_weeks_and_taken_out(
    station: WebStation, stranger: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    token = await log_in(stranger, station)
    added = await stranger.post("/roster", data={**token, **DUTY, **HOURS})
    assert (added.status_code, added.headers["location"]) == (303, "/roster?day=2026-11-23")
    for day in ("2026-11-25", "2026-12-01"):
        page = (await stranger.get("/roster", params={"day": day})).text
        assert "Ana" in page
        assert "06 39 98 99 20" in page
        assert "personne" in page  # the other nights
    found = (await api.get("/roster?since=2026-11-23T00:00:00Z&until=2026-12-31T00:00:00Z")).json()
    times = [(one["begins_at"], one["phone"]) for one in found["items"]]
    assert times == [
        ("2026-11-23T19:00:00Z", "+33639989920"),
        ("2026-11-30T19:00:00Z", "+33639989920"),
    ]
    year = (await stranger.get("/roster/year", params={"year": 2026})).text
    assert 'class="part"' in year  # drawn, for the part that somebody has
    assert 'class="part"' not in (await stranger.get("/roster/year", params={"year": 2025})).text
    gone = f"/roster/{found['items'][0]['id']}/remove"
    out = await stranger.post(gone, data={**token, "day": "2026-11-23"})
    assert out.status_code == 303
    week = (await stranger.get("/roster", params={"day": "2026-11-25"})).text
    assert "Ana" not in week.split('id="week"')[1], "above it stands who is on duty now"
    assert (await stranger.post(gone, data=token)).status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "Qui : 1 à 64 caractères"),
        ({"phone": ""}, "Téléphone : qui doit être appelé a besoin d’un numéro"),
        ({"phone": "17"}, "Téléphone : "),
        ({"part": "operator"}, "Qui : un opérateur est un utilisateur de la station"),
        ({"last": "2026-11-22"}, "Dernier jour : doit suivre le début"),
        ({"first": "hier"}, "Premier jour : doit être une date"),
        ({"start": "8"}, "De : doit être une heure"),
        ({"weeks": "99"}, "Semaines de suite : de 1 à 53"),
    ],
)
async def test_what_is_no_duty_is_refused_by_its_field(
    station: WebStation, stranger: httpx.AsyncClient, changed: dict[str, str], said: str
) -> None:
    token = await log_in(stranger, station)
    refused = await stranger.post("/roster", data={**token, **DUTY, **HOURS, **changed})
    assert refused.status_code == 422
    assert said in refused.text
    assert 'value="20:00"' in refused.text or changed.get("start")
    (field,) = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', refused.text)
    assert field in changed or (field, "part" in changed) == ("name", True)


async def test_the_roster_of_a_week_that_everybody_forgot_says_so_and_names_its_holidays(
    station: WebStation, stranger: httpx.AsyncClient
) -> None:
    token = await log_in(stranger, station)
    await stranger.post("/roster", data={**token, **DUTY, **HOURS})  # two weeks from 23 November
    after = (await stranger.get("/roster", params={"day": "2026-12-07"})).text
    assert "personne — technicien d’astreinte" in after
    assert "7 déc. 2026" in after
    for day, gap in (("2026-12-21", True), ("2027-02-01", False)):
        page = (await stranger.get("/roster", params={"day": day})).text
        assert ("personne — technicien d’astreinte" in page) is gap, day
        assert ("★" in page and "Noël" in page) is gap
    own = date(clock.now().year + 1, 11, 27)  # no public holiday is in its week
    station.do(lambda tx: own_days.set_days(tx, "FR", None, [own], True, "Pont", BOSS, clock.now()))
    page = (await stranger.get("/roster", params={"day": own.isoformat()})).text
    assert page.count("★") == 1


async def test_an_operator_reads_the_roster_and_does_not_change_it(
    operator: httpx.AsyncClient,
) -> None:
    page = (await operator.get("/roster")).text
    assert "Inscrire au planning" not in page
    token = form_of((await operator.get("/shift")).text)
    refused = await operator.post("/roster", data={**token, **DUTY, **HOURS})
    assert refused.status_code == 403


async def test_the_roster_over_the_api(station: WebStation, api: httpx.AsyncClient) -> None:
    body = {
        "part": "technician",
        "name": "Ana",
        "phone": "06 39 98 99 20",
        "begins_at": "2026-11-23T19:00:00Z",
        "ends_at": "2026-11-24T07:00:00Z",
    }
    made = await api.post("/roster", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["phone"] == "+33639989920"
    late = await api.post("/roster", json={**body, "ends_at": "2026-11-23T19:00:00Z"})
    assert late.status_code == 422
    unknown = await api.post("/roster", json={**body, "part": "operator"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "name")
    assert (await api.get("/roster?since=2026-11-23T00:00:00Z&until=2030-01-01T00:00:00Z")).is_error
    path = f"/roster/{made.json()['id']}"
    assert (await api.delete(path)).status_code == 204
    assert (await api.delete(path)).status_code == 404


async def test_a_person_s_duties_are_a_calendar(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    at = clock.now()
    for hours in (1, 30):
        begins = at + timedelta(hours=hours)
        body = {"part": "supervisor", "name": "Ana", "phone": "+33639989920"}
        times = {
            "begins_at": begins.isoformat(),
            "ends_at": (begins + timedelta(hours=8)).isoformat(),
        }
        assert (await api.post("/roster", json={**body, **times})).status_code == 201
    calendar = await api.get("/roster.ics", params={"name": "Ana"})
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.text.count("BEGIN:VEVENT") == 2


async def test_who_is_on_shift_over_the_api(station: WebStation, api: httpx.AsyncClient) -> None:
    assert (await api.get("/shifts")).json()["items"] == []
    colleague(station)
    (one,) = (await api.get("/shifts")).json()["items"]
    assert (one["name"], one["role"]) == (COLLEAGUE, "operator")


def test_what_a_shift_refuses_is_said_in_french() -> None:
    from web.kit import i18n  # noqa: PLC0415

    for text in shifts._REFUSED.values():
        assert i18n.catalogue("fr").gettext(text) != text


# --- the headset --------------------------------------------------------------------------------


async def test_a_headset_that_was_checked_is_kept_with_the_shift_and_one_that_was_not_is_said(
    station: WebStation, operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    sound = {"sound-heard": "on", "sound-level": "-20.5"}
    assert (await begin(operator, alarms, **sound)).status_code == 303
    (mine,) = station.store.read_now(rows.on_shift)
    assert (mine.sound_fault, mine.sound_level) == ("", -20.5)
    page = (await operator.get("/shift")).text
    assert "casque en ordre" in page
    station.user(COLLEAGUE)
    station.do(lambda tx: rows.begin(tx, _id_of(tx, COLLEAGUE), clock.now()))
    assert "casque non essayé" in (await operator.get("/shift")).text
    csrf = form_of(page)["csrf"]
    again = {"csrf": csrf, "sound-heard": "on", "sound-level": "-62"}
    assert (await operator.post("/shift/sound", data=again)).status_code == 303
    assert "casque : micro trop faible" in (await operator.get("/shift")).text
    (organ,) = station.store.read_now(readings.every)
    assert (organ.key, organ.state, organ.figure) == (f"headset:{NAME}@", "degraded", -62.0)
    entries = station.store.read_now(lambda tx: logbook.page(tx, limit=1000))
    told = [one.text for one in entries if one.kind == "sound_checked"]
    assert told[-1] == f"Casque essayé par {NAME} : micro trop faible"


def _id_of(tx: Tx, name: str) -> str:
    user = users.user_by_name(tx, name)
    assert user is not None
    return user.id


@pytest.mark.parametrize("level", ["nan", "1e1", "-900", "7", "-20.5; drop", "<b>", "=1+1"])
async def test_a_level_that_no_microphone_hears_signs_nothing(
    station: WebStation, operator: httpx.AsyncClient, alarms: list[str], level: str
) -> None:
    refused = await begin(operator, alarms, **{"sound-heard": "on", "sound-level": level})
    assert refused.status_code == 422
    assert station.store.read_now(rows.on_shift) == []
    assert "<b>" not in refused.text.split('name="sound-level"')[1][:60]


async def test_a_refused_signature_keeps_what_was_tried(
    operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    tried = {"sound-heard": "on", "sound-level": "-20.5", "password": "wrong"}
    refused = await begin(operator, alarms, **tried)
    assert refused.status_code == 403
    assert 'name="sound-heard" checked' in refused.text
    assert 'value="-20.5"' in refused.text


async def test_only_who_is_on_shift_keeps_a_check(
    operator: httpx.AsyncClient, alarms: list[str]
) -> None:
    form = {"csrf": form_of((await operator.get("/shift")).text)["csrf"], "sound-heard": "on"}
    assert (await operator.post("/shift/sound", data=form)).status_code == 409


async def test_a_page_that_beats_in_another_s_name_or_as_no_page_beats_for_nobody(
    app: FastAPI, operator: httpx.AsyncClient
) -> None:
    csrf = form_of((await operator.get("/shift")).text)["csrf"]
    screens = app.state.hub.screens
    theirs = screens.opens("somebody else", "another session")
    beat = {"csrf": csrf, "screen": theirs, "seen": "20261125030000-1", "hidden": "0"}
    assert (await operator.post("/beat", data=beat)).status_code == 204
    (fed,) = [one for one in screens.told() if one["open_for"] is not None]
    assert (fed["user_id"], fed["drawn"]) == ("somebody else", None)
    for wrong in ("", "x" * 16, "../../etc", "0" * 4000):
        assert (await operator.post("/beat", data={**beat, "screen": wrong})).status_code == 422
    for number in range(40):  # a flood of names is no flood of rows
        assert (
            await operator.post("/beat", data={**beat, "screen": f"{number:016x}"})
        ).status_code == 204
    assert len(screens.told()) <= 9
