"""A trunk is tried from its page: a real call over it alone, to whom the dial policy allows."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.calls import calling, dialogues, trunk_tests
from callflow.storage import schema as t
from callflow.storage.people import users
from callflow.texts.station.trunks import TESTS
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

HERE = "/settings/trunks"
ANNE = "+33639981001"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    station.user("odile", Role.ADMINISTRATOR)
    station.site()
    number: dict[str, Any] = {"machine_number": "+33299000001", "human_number": "+33299000001"}
    two = [{"name": name, **number} for name in ("trunk", "spare")]
    two.append({"name": "off", "enabled": False, **number})
    station.do(lambda tx: users.write_settings(tx, {"trunks": two}))
    person = Person(app, "odile")
    async with person.client:
        assert (await person.log_in()).status_code == 303
        await person.see(f"{HERE}?lang=en")
        yield person


def words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


async def test_a_call_goes_over_this_trunk_alone_and_its_result_is_shown(
    station: WebStation, chief: Person
) -> None:
    answer = await chief.send(HERE, trunk="spare", number="06 39 98 10 01")
    assert answer.status_code == 303
    now = clock.now()
    (order,) = station.do(lambda tx: calling.claim_calls(tx, node="node0", now=now))
    assert (order.to, order.trunk, order.dialogue) == (ANNE, "spare", "message")
    loaded = station.store.read_now(
        lambda tx: dialogues.dialogue_begin(tx, station.vault, order.call_id)
    )
    assert loaded is not None
    assert "There is no alarm" in loaded[0].text  # in the language of who asks
    assert (loaded[0].language, loaded[0].identify) == ("en", False)
    again = await chief.send(HERE, trunk="trunk", number=ANNE)
    assert "this number is being called" in words(again)
    station.do(lambda tx: calling.call_answered(tx, order.call_id, now))
    station.do(
        lambda tx: calling.call_ended(tx, order.call_id, outcome=Outcome.ACKNOWLEDGED, now=now)
    )
    page = words(await chief.see(HERE))
    assert "odile spare 06 39 98 10 01 message heard and acknowledged" in page.lower()
    assert "Trunk spare tried by odile" in words(await chief.see("/audit?what=settings"))


async def test_who_asks_in_french_has_it_said_in_french(station: WebStation, chief: Person) -> None:
    await chief.see(f"{HERE}?lang=fr")
    await chief.send(HERE, trunk="spare", number=ANNE)
    now = clock.now()
    (order,) = station.do(lambda tx: calling.claim_calls(tx, node="node0", now=now))
    loaded = station.store.read_now(
        lambda tx: dialogues.dialogue_begin(tx, station.vault, order.call_id)
    )
    assert loaded is not None
    assert loaded[0].text == TESTS["trunk_test"][0][1]
    assert loaded[0].language == "fr"


async def test_a_trunk_that_fails_its_test_hands_the_call_on_to_none(
    station: WebStation, chief: Person
) -> None:
    await chief.send(HERE, trunk="trunk", number=ANNE)
    now = clock.now()
    (order,) = station.do(lambda tx: calling.claim_calls(tx, node="node0", now=now))
    assert order.trunk == "trunk"
    # What a 503 says of a number is said of the trunk here: whoever is called was not asked.
    failed: dict[str, Any] = {"outcome": Outcome.UNREACHABLE, "detail": "SIP 503", "now": now}
    station.do(lambda tx: calling.call_ended(tx, order.call_id, not_carried=True, **failed))
    assert station.do(lambda tx: calling.claim_calls(tx, node="node0", now=now)) == []
    ((tested, asked),) = station.store.read_now(lambda tx: trunk_tests.last_tests(tx, limit=9))
    assert (asked, tested.outcome) == ("trunk", "trunk_failure")
    page = words(await chief.see(HERE))
    assert "trunk failure no ringing came back, SIP 503" in page


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"number": "17"}, ""),
        ({"number": "+33 112"}, ""),
        ({"number": "116 117"}, ""),
        ({"number": "06 39 98 99 99"}, "this number is neither a contact's"),
        ({"number": ""}, "is missing"),
        ({"trunk": "nothing"}, "there is no such trunk"),
        ({"trunk": "off"}, "this trunk is switched off"),
    ],
)
async def test_what_may_not_be_dialled_is_refused_and_no_call_is_asked_for(
    station: WebStation, chief: Person, fields: dict[str, str], why: str
) -> None:
    answer = await chief.send(HERE, **{"trunk": "trunk", "number": ANNE, **fields})
    assert answer.status_code in (404, 409, 422)
    assert why in words(answer)
    assert station.store.read_now(lambda tx: tx.execute(t.call.select()).all()) == []


async def test_nobody_of_a_site_with_a_personal_alarm_is_called(
    station: WebStation, chief: Person
) -> None:
    station.alarm(code="HA")
    before = station.store.read_now(lambda tx: len(tx.execute(t.call.select()).all()))
    answer = await chief.send(HERE, trunk="trunk", number=ANNE)
    assert answer.status_code == 409
    assert "personal alarm" in words(answer)
    assert len(station.store.read_now(lambda tx: tx.execute(t.call.select()).all())) == before
