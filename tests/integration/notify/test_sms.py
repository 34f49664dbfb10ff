"""SMS as the gateway gets them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from callflow.core.messages.outbox import Channel, Fault, Undelivered
from callflow.notify import sms
from callflow.notify.http import new_client
from callflow.notify.segments import segments
from callflow.settings.config import Settings
from tests.integration.notify.conftest import MESSAGE, message
from tests.support.sip.far_ends import HttpServer, Response

Make = Callable[..., Settings]
TO = "+33639980101"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


async def failure(settings: Settings, client: httpx.AsyncClient, to: str = TO) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await sms.send(settings, client, message(Channel.SMS, to))
    return failed.value


async def test_the_gateway_is_told_number_and_text(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer() as gateway:
        made = settings(sms_url=gateway.url("/v1/sms"), sms_token="t0ken")
        await sms.send(made, client, message(Channel.SMS, TO))
        (request,) = gateway.requests
    assert (request.method, request.path) == ("POST", "/v1/sms")
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["idempotency-key"] == MESSAGE.id
    assert json.loads(request.body) == {"to": TO, "text": MESSAGE.body, "reference": MESSAGE.id}


async def test_a_gateways_own_shape_is_filled_in_and_nothing_in_it_is_read_twice(
    settings: Make, client: httpx.AsyncClient
) -> None:
    template = {"messages": [{"dest": "{to}", "content": "{text}", "flash": False}], "n": 1}
    async with HttpServer() as gateway:
        made = settings(sms_url=gateway.url(), sms_template=template)
        text = '{to} "quoted" {id}\n}'
        await sms.send(made, client, message(Channel.SMS, TO, body=text))
        (request,) = gateway.requests
    told = {"dest": TO, "content": text, "flash": False}
    assert json.loads(request.body) == {"messages": [told], "n": 1}


async def test_a_long_text_is_cut_to_the_segments_that_are_set(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer() as gateway:
        made = settings(sms_url=gateway.url(), sms_segments=2)
        await sms.send(made, client, message(Channel.SMS, TO, body="alarme " * 100))
        (request,) = gateway.requests
    text = json.loads(request.body)["text"]
    assert segments(text) == 2
    assert text.endswith("...")


@pytest.mark.parametrize("to", ["114", "+33114", "112", "0033 17", "+33 1 1 4", "abc", ""])
async def test_no_emergency_number_gets_a_machines_message(
    settings: Make, client: httpx.AsyncClient, to: str
) -> None:
    async with HttpServer() as gateway:
        failed = await failure(settings(sms_url=gateway.url()), client, to)
        assert gateway.requests == []
    assert failed.fault is Fault.FORBIDDEN


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.REFUSED),
        (401, Fault.REFUSED),
        (302, Fault.REFUSED),
        (429, Fault.BUSY),
        (500, Fault.BUSY),
        (503, Fault.BUSY),
    ],
)
async def test_what_the_gateway_answers_says_whether_to_try_again(
    settings: Make, client: httpx.AsyncClient, status: int, fault: Fault
) -> None:
    async with HttpServer() as other, HttpServer() as gateway:
        gateway.answer = lambda _: Response(status=status, headers={"Location": other.url()})
        failed = await failure(settings(sms_url=gateway.url()), client)
        assert other.requests == []
    assert (failed.fault, failed.detail) == (fault, f"HTTP {status}")


async def test_a_gateway_that_is_away_may_come_back(
    settings: Make, client: httpx.AsyncClient
) -> None:
    async with HttpServer() as gateway:
        made = settings(sms_url=gateway.url())
    assert (await failure(made, client)).fault is Fault.UNREACHABLE


async def test_no_gateway_set_is_said(settings: Make, client: httpx.AsyncClient) -> None:
    failed = await failure(settings(), client)
    assert (failed.fault, failed.detail) == (Fault.NOT_SET_UP, "CALLFLOW_SMS_URL")
