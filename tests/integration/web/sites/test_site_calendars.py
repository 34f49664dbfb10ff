"""A site's hours and rules, and its people's authorities and hours, in forms and drawn."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.calls.call import Outcome
from tests.support.pages.visitors import Person
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HOURS = "/sites/1001/edit/hours"
ANNE = "/sites/1001/people/1001-1"
WEEK = {"mon": "08:00-12:00, 13:30-18:30", "sat": "22:00–06:00"}
FILE = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:test\r
BEGIN:VEVENT\r
UID:1\r
DTSTAMP:20260101T000000Z\r
DTSTART:%s\r
DTEND:%s\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
async def admin(station: WebStation, app: FastAPI) -> Person:
    station.site()
    station.user("alix", Role.ADMINISTRATOR)
    found = Person(app, "alix")
    await found.log_in()
    return found


def site(station: WebStation) -> dict[str, Any]:
    found = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert found is not None
    return found


async def send(who: Person, at: str, path: str, **form: str) -> tuple[int, str]:
    """What is answered, as a reader sees it."""
    found = re.search(r'name="as_of" value="([^"]+)"', (await who.see(f"{at}?lang=en")).text)
    assert found
    answer = await who.send(path, as_of=html.unescape(found[1]), **form)
    return answer.status_code, html.unescape(re.sub("<[^>]+>", "", answer.text))


async def test_hours_and_rules_are_written_drawn_and_taken_away(
    station: WebStation, admin: Person
) -> None:
    form = {
        "scheduled": "yes",
        "country": "fr",
        "region": "Alsace",
        "on_holidays": "closed",
        "exceptions": "24/12/2026 08:00-12:00\r\n2026-08-14",
        "early": "15",
        "late": "30",
        "arrived_within": "5",
        "arrived_user": "12",
    }
    assert (await send(admin, HOURS, "/sites/1001/hours", **WEEK, **form))[0] == 303
    kept = site(station)["schedule"]
    assert kept["week"] == {"mon": ["08:00-12:00", "13:30-18:30"], "sat": ["22:00-06:00"]}
    assert kept["exceptions"] == {"2026-12-24": ["08:00-12:00"], "2026-08-14": []}
    assert kept["holidays"] == {"country": "FR", "region": "Alsace", "open": "closed"}
    assert (kept["early"], kept["late"], kept["arrived_within"]) == (15, 30, 5)
    shown = (await admin.see(f"{HOURS}?year=2026&lang=en")).text
    assert "00:00–06:00" in shown  # Sunday, what is left of Saturday's night
    assert shown.count('class="exception"') == 2
    assert 'value="08:00-12:00, 13:30-18:30"' in shown
    for wrong, said in (
        ({"mon": "8-12"}, "such as 08:00-18:30 or 22:00-06:00 (Monday)"),
        ({"exceptions": "Christmas"}, "08:00-12:00: Christmas (Days that are not as usual)"),
        ({"exceptions": "24/12/2026\n2026-12-24 08:00-12:00"}, "this day is there twice"),
        ({"exceptions": "2026-12-24 8h"}, "or 22:00-06:00: 2026-12-24 8h"),
        ({"region": "Bretagne"}, "must be a region with holidays of its own: 57, 6AE"),
        ({"country": "XX"}, "such as FR (Country of the holidays)"),
        ({"late": "soon"}, "must be a number (Minutes after a closing)"),
        ({"late": "-1"}, "(Minutes after a closing)"),
        ({"arrived_user": ""}, "say which code, or which user"),
    ):
        status, text = await send(admin, HOURS, "/sites/1001/hours", **{**WEEK, **form, **wrong})
        assert (status, said in text) == (422, True), wrong
    assert site(station)["schedule"] == kept
    rules = {"cancel_within": "90", "swinger_after": "3", "swinger_shunt": "yes"}
    answer = await send(admin, HOURS, "/sites/1001/rules", police_agreement="A-35", **rules)
    assert answer[0] == 303
    now = site(station)
    kept_rules = {"cancel_within": 90, "swinger_after": 3, "swinger_shunt": True}
    assert now["rules"] == kept_rules | {"feeder": "", "provider": ""}
    assert now["police_agreement"] == "A-35"
    rules["swinger_after"] = "1.5"
    status, text = await send(admin, HOURS, "/sites/1001/rules", **rules)
    assert (status, "must be a number" in text) == (422, True)
    status, text = await send(admin, HOURS, "/sites/1001/hours", **WEEK)
    assert (status, "write down why" in text, site(station)["schedule"]) == (422, True, kept)
    await send(admin, HOURS, "/sites/1001/hours", **WEEK, reason="fermé l'hiver")
    assert site(station)["schedule"] is None
    shown = (await admin.see(HOURS)).text
    assert "fermé l&#39;hiver" in shown
    (gone,) = re.findall('name="removed" value="([0-9a-f]+)"', shown)
    await send(admin, HOURS, "/sites/1001/hours/back", removed=gone)
    assert site(station)["schedule"] == kept
    status, text = await send(admin, HOURS, "/sites/1001/hours/back", removed=gone)
    assert (status, "among what was removed" in text) == (404, True)


async def test_what_somebody_may_do_is_set_apart_by_kind(
    station: WebStation, admin: Person
) -> None:
    ticks = {"may.*.inform": "yes", "apart.fire": "yes", "may.fire.cancel": "yes"}
    ticks |= {"apart.hold_up": "yes"}
    assert (await send(admin, ANNE, f"{ANNE}/authorities", **ticks))[0] == 303
    may = site(station)["contacts"][1]["authorities"]
    assert may == {"*": ["inform"], "fire": ["cancel"], "hold_up": []}
    # What counts for any alarm is changed on the other form, and the rest stays.
    form = {"id": "1001-1", "name": "Anne", "role": "keyholder", "language": "fr"}
    await send(admin, "/sites/1001/edit", "/sites/1001/contacts", **form)
    assert site(station)["contacts"][1]["authorities"] == {"fire": ["cancel"], "hold_up": []}
    assert (await admin.see("/sites/1001/people/nobody")).status_code == 404
    assert (await admin.see(f"{ANNE}?role=guard")).status_code == 404


async def test_when_somebody_can_be_called(station: WebStation, admin: Person) -> None:
    form = {"limited": "yes", "country": "FR", "on_holidays": "all_day"}
    assert (await send(admin, ANNE, f"{ANNE}/hours", **WEEK, **form))[0] == 303
    now = clock.now()
    begins, ends = ((now + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M") for n in (1, 9))
    away = {"from": begins, "until": ends, "instead": "1001-2"}
    assert (await send(admin, ANNE, f"{ANNE}/absence", **away))[0] == 303
    there = site(station)["contacts"][1]["availability"]
    assert there["week"] == {"mon": ["08:00-12:00", "13:30-18:30"], "sat": ["22:00-06:00"]}
    assert there["holidays"]["open"] == "all_day"
    assert [each["contact"] for each in there["replacements"]] == ["1001-2"]
    assert len(there["leaves"]) == 1
    for wrong, said in (
        ({"until": begins}, "must lie after from (Until)"),
        ({"from": ""}, "choose a day and a time (From)"),
        ({"from": "2020-08-01T00:00", "until": "2020-08-16T00:00"}, "is over already"),
        ({"instead": "ghost"}, "there is no such contact: ghost"),
    ):
        status, text = await send(admin, ANNE, f"{ANNE}/absence", **{**away, **wrong})
        assert (status, said in text) == (422, True), wrong
    shown = (await admin.see(f"{ANNE}?lang=en&year={begins[:4]}")).text
    assert 'class="away"' in shown
    assert "Yves Morvan" in shown
    begins = there["leaves"][0]["from"]
    for what in ("leaves", "replacements"):
        await send(admin, ANNE, f"{ANNE}/forget", what=what, begins=begins)
    there = site(station)["contacts"][1]["availability"]
    assert set(there) == {"week", "holidays"}
    await send(admin, ANNE, f"{ANNE}/hours")
    assert site(station)["contacts"][1]["availability"] is None


async def test_absences_come_and_go_as_a_file(station: WebStation, admin: Person) -> None:
    shown = (await admin.see(ANNE)).text
    found = re.search(r'name="as_of" value="([^"]+)"', shown)
    assert found
    csrf = await admin.csrf()
    at = [(clock.now() + timedelta(days=n)).strftime("%Y%m%dT080000Z").encode() for n in (2, 5)]

    async def put(data: bytes) -> httpx.Response:
        return await admin.client.post(
            f"{ANNE}/calendar/absences",
            data={
                "csrf": csrf,
                "as_of": html.unescape(found[1]),
                "role": "keyholder",
            },
            files={"file": ("a.ics", data, "text/calendar")},
        )

    for wrong, said in (
        (b"no calendar", "n’est pas un fichier iCalendar lisible"),
        (FILE.replace(b"DTSTART:%s\r\n", b"") % at[1], "a un évènement sans DTSTART : '1'"),
    ):
        refused = await put(wrong)
        assert refused.status_code == 422
        assert said in html.unescape(refused.text)
        assert re.search(r'type="file"[^>]*aria-invalid="true"', refused.text)
    assert (await put(FILE % tuple(at))).status_code == 303
    assert len(site(station)["contacts"][1]["availability"]["leaves"]) == 1
    back = await admin.see(f"{ANNE}/calendar/absences")
    assert back.headers["content-type"].startswith("text/calendar")
    assert b"DTSTART" in back.content
    assert at[0] in back.content
    assert (await admin.see(f"{ANNE}/calendar/moods")).status_code == 404


async def test_a_test_call_is_asked_for_and_its_end_is_shown(
    station: WebStation, admin: Person
) -> None:
    shown = (await admin.see(f"{ANNE}?lang=en")).text
    assert "Never tested." in shown
    assert (await admin.send(f"{ANNE}/test-call", role="keyholder")).status_code == 303
    assert "under way" in (await admin.see(ANNE)).text
    again = await admin.send(f"{ANNE}/test-call", role="keyholder")
    assert (again.status_code, "runs at this site already" in again.text) == (409, True)
    station.call(Outcome.ACKNOWLEDGED)
    assert "Never tested." not in (await admin.see(ANNE)).text
    assert "test call: " in (await admin.see("/sites/1001/edit")).text
    assert (await admin.send("/sites/1001/people/ghost/test-call")).status_code in (404, 409)
