"""Provisional instructions and contacts' calendars through the API: rights, signatures, files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from callflow import clock
from tests.support.stations.web_station import WebStation
from web.access.users import Role

Row = dict[str, Any]
ABSENT: Row = {"kind": "absent", "contact": "1001-1"}
CALENDAR = "/sites/1001/contacts/1001-1"


@pytest.fixture(autouse=True)
def _site(station: WebStation) -> None:
    station.site()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def in_hours(hours: float) -> str:
    return (clock.now() + timedelta(hours=hours)).isoformat()


async def make(api: httpx.AsyncClient, hours: float = 24, **body: Any) -> httpx.Response:
    return await api.post("/sites/1001/instructions", json={"ends_at": in_hours(hours), **body})


async def act(
    api: httpx.AsyncClient, made: Row, what: str, token: str | None = None
) -> httpx.Response:
    headers = bearer(token) if token else None
    return await api.post(f"/sites/1001/instructions/{made['id']}/{what}", headers=headers)


# --- instructions -------------------------------------------------------------------------


async def test_what_lowers_protection_waits_for_somebody_else(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    answer = await make(api, **ABSENT, text="hospitalisée")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["state"] == "awaiting_signature"
    assert (made["lowers_protection"], made["lowers"]) == (True, ["nobody_instead"])
    assert (made["author"], made["signer"]) == ("essai", None)
    own = await act(api, made, "countersign")
    assert own.status_code == 409
    assert "somebody other than its author" in own.json()["detail"]
    signed = await act(api, made, "countersign", station.token(Role.SUPERVISOR, "yves"))
    assert signed.status_code == 200, signed.text
    assert (signed.json()["state"], signed.json()["signer"]) == ("active", "yves")
    again = await act(api, made, "countersign", station.token(Role.SUPERVISOR, "zoe"))
    assert again.status_code == 409
    gone = await act(api, made, "withdraw")
    assert (gone.json()["state"], gone.json()["withdrawn_by"]) == ("withdrawn", "essai")


@pytest.mark.parametrize(
    ("role", "made", "signed"),
    [(Role.READER, 403, 403), (Role.OPERATOR, 201, 403), (Role.SUPERVISOR, 201, 200)],
)
async def test_operators_write_them_and_supervisors_countersign(
    station: WebStation, api: httpx.AsyncClient, role: Role, made: int, signed: int
) -> None:
    token = station.token(role, "lou")
    body = {**ABSENT, "ends_at": in_hours(1)}
    answer = await api.post("/sites/1001/instructions", json=body, headers=bearer(token))
    assert answer.status_code == made
    waiting = (await make(api, **ABSENT)).json()
    assert (await act(api, waiting, "countersign", token)).status_code == signed
    assert (await api.get("/sites/1001/instructions", headers=bearer(token))).status_code == 200


async def test_lists_tell_those_of_a_site_and_those_about_to_expire(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    for hours in (30, 2, 5):
        assert (await make(api, hours, kind="note", text=f"{hours} h")).status_code == 201
    listed = (await api.get("/sites/1001/instructions")).json()["items"]
    assert [each["text"] for each in listed] == ["30 h", "2 h", "5 h"]
    assert [each["expires_soon"] for each in listed] == [False, True, True]
    first = (await api.get("/instructions", params={"limit": 1})).json()
    assert [each["text"] for each in first["items"]] == ["2 h"]
    rest = (await api.get("/instructions", params={"limit": 1, "after": first["next"]})).json()
    assert [each["text"] for each in rest["items"]] == ["5 h"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "note"}, "text"),
        ({"kind": "wish"}, "kind"),
        ({"kind": "note", "text": "x", "ends_at": "2026-12-01T00:00:00"}, "ends_at"),
        ({"kind": "note", "text": "x", "ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"kind": "note", "text": "x", "ends_at": None}, "ends_at"),
        ({"kind": "plan", "plan": "operator", "kinds": ["hold_up"]}, "kinds"),
        ({"kind": "plan", "plan": "nowhere", "kinds": ["fire"]}, "plan"),
        ({"kind": "number", "contact": "1001-1", "phone": "112"}, "phone"),
        ({"kind": "absent", "contact": "ghost"}, "contact"),
        ({"kind": "note", "text": "x", "signer": "me"}, "signer"),
    ],
)
async def test_what_is_wrong_names_its_field(api: httpx.AsyncClient, body: Row, field: str) -> None:
    answer = await make(api, **body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["detail"]


async def test_an_end_is_mandatory_and_bounded(api: httpx.AsyncClient) -> None:
    answer = await api.post("/sites/1001/instructions", json={"kind": "note", "text": "x"})
    assert (answer.status_code, answer.json()["field"]) == (422, "ends_at")
    longest = await make(api, 31 * 24 + 1, kind="note", text="x")
    assert (longest.status_code, longest.json()["field"]) == (422, "ends_at")
    assert "31 days" in longest.json()["detail"]


async def test_what_nobody_knows_is_not_found(api: httpx.AsyncClient) -> None:
    body = {"kind": "note", "text": "x", "ends_at": in_hours(1)}
    assert (await api.get("/sites/9999/instructions")).status_code == 404
    assert (await api.post("/sites/9999/instructions", json=body)).status_code == 404
    for what in ("countersign", "withdraw"):
        assert (await act(api, {"id": "nothing"}, what)).status_code == 404


# --- calendars ----------------------------------------------------------------------------


def event(start: datetime, hours: int, *lines: str) -> bytes:
    end = start + timedelta(hours=hours)
    times = (f"DT{name}:{at:%Y%m%dT%H%M%S}Z" for name, at in (("START", start), ("END", end)))
    body = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", *times, *lines, "END:VEVENT"]
    return "\r\n".join([*body, "END:VCALENDAR", ""]).encode()


def tomorrow() -> datetime:
    return (clock.now() + timedelta(days=1)).replace(microsecond=0)


async def test_a_file_goes_in_counts_and_comes_out(api: httpx.AsyncClient) -> None:
    start = tomorrow()
    answer = await api.put(f"{CALENDAR}/absences.ics", content=event(start, 8, "SUMMARY:Congé"))
    assert answer.status_code == 200, answer.text
    read = answer.json()
    assert (read["times"], read["events"], read["passed_over"]) == (1, 1, 0)
    assert datetime.fromisoformat(read["until"]) > clock.now() + timedelta(days=366)
    site = (await api.get("/sites/1001")).json()
    person = next(each for each in site["contacts"] if each["id"] == "1001-1")
    (leave,) = person["availability"]["leaves"]
    assert datetime.fromisoformat(leave["from"]) == start
    given = await api.get(f"{CALENDAR}/absences.ics")
    assert given.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}" in given.text
    again = await api.put(f"{CALENDAR}/absences.ics", content=given.content)
    assert again.json()["times"] == 1


async def test_only_what_is_asked_for_is_taken(api: httpx.AsyncClient) -> None:
    content = event(tomorrow(), 8, "SUMMARY:Astreinte Yves")
    for matching, times in (("yves", 1), ("Anne", 0)):
        params = {"matching": matching}
        answer = await api.put(f"{CALENDAR}/duties.ics", content=content, params=params)
        assert (answer.json()["times"], answer.json()["passed_over"]) == (times, 1 - times)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"BEGIN:VCALENDAR\r\n" + b"x" * 300_000,
        event(datetime(2026, 1, 1, tzinfo=UTC), 1, "RRULE:FREQ=SECONDLY"),
    ],
)
async def test_a_hostile_file_is_refused_and_nothing_changes(
    api: httpx.AsyncClient, content: bytes
) -> None:
    before = (await api.get("/sites/1001")).json()
    answer = await api.put(f"{CALENDAR}/duties.ics", content=content)
    assert (answer.status_code, answer.json()["field"]) == (422, "calendar")
    assert answer.json()["detail"]
    assert (await api.get("/sites/1001")).json() == before


async def test_calendars_are_for_who_may_configure(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    token = bearer(station.token(Role.OPERATOR))
    content = event(tomorrow(), 8)
    put = await api.put(f"{CALENDAR}/duties.ics", content=content, headers=token)
    assert put.status_code == 403
    assert (await api.get(f"{CALENDAR}/duties.ics", headers=token)).status_code == 200
    assert (await api.get(f"{CALENDAR}/holidays.ics")).status_code == 422
    assert (await api.get("/sites/1001/contacts/ghost/duties.ics")).status_code == 404
    assert (await api.get("/sites/9999/contacts/1001-1/duties.ics")).status_code == 404


async def test_a_contacts_roles_and_calendar_are_part_of_its_site(api: httpx.AsyncClient) -> None:
    site = (await api.get("/sites/1001")).json()
    site["contacts"][1] |= {
        "role": "manager",
        "availability": {"week": {"mon": ["08:00-18:00"]}, "holidays": {"country": "FR"}},
    }
    site["plan_rules"] = [{"plan": "operator", "kinds": ["intrusion"], "armed": False}]
    answer = await api.put("/sites/1001", json=site)
    assert answer.status_code == 200, answer.text
    kept = answer.json()["contacts"]
    manager = next(each for each in kept if each["role"] == "manager")
    assert manager["availability"]["holidays"]["open"] == "closed"
    assert answer.json()["plan_rules"] == site["plan_rules"]
    site["contacts"][1]["availability"] = {"week": {"mon": ["25:00-26:00"]}}
    wrong = await api.put("/sites/1001", json=site)
    assert wrong.status_code == 422
    assert wrong.json()["field"].endswith("availability.week.mon.0")


# --- beside the alarm ---------------------------------------------------------------------


async def shown(station: WebStation, operator: httpx.AsyncClient, code: str = "BA") -> str:
    row = station.alarm(code=code)
    return (await operator.get(f"/incidents/{row.id}")).text


async def test_operators_see_what_is_agreed_and_who_is_away(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    assert "absent" not in await shown(station, operator)
    away = (await make(api, **ABSENT, text="hospitalisée")).json()
    await make(api, kind="note", text="Clé chez le <b>voisin</b>")
    await make(api, kind="number", contact="1001-2", phone="+33639980198")
    page = await shown(station, operator)
    assert "<bdi>Anne Le Goff</bdi> est absent" in page
    assert "inactive : pas contresignée" in page
    assert "Clé chez le &lt;b&gt;voisin" in page
    assert "<bdi>Yves Morvan</bdi> est joignable au <bdi>06 39 98 01 98</bdi>" in page.replace(
        "\u00a0", " "
    )
    assert '<b class="grave">absent</b>' not in page
    await act(api, away, "countersign", station.token(Role.SUPERVISOR, "yves"))
    page = await shown(station, operator)
    assert page.count('<b class="grave">absent</b>') == 1
    assert "pas contresignée" not in page


async def test_a_personal_alarm_shows_none(
    station: WebStation, api: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    await make(api, kind="note", text="Clé chez le voisin")
    assert "voisin" not in await shown(station, operator, "HA")
