"""Passkeys against devices that lie: nothing but the right signature lets anybody in."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow.core.people.sessions import Passkey
from callflow.storage.people import access, users
from tests.support.pages.visitors import Person
from tests.support.phones.soft_key import SoftKey, b64
from tests.support.stations.web_station import PASSWORD, WebStation

ORIGIN = "http://localhost"


async def options_for_new(person: Person, password: str = PASSWORD) -> httpx.Response:
    return await person.client.post(
        "/account/passkeys/options",
        json={"password": password},
        headers={"X-CSRF-Token": await person.csrf()},
    )


async def add(person: Person, key: SoftKey, origin: str = ORIGIN) -> httpx.Response:
    options = (await options_for_new(person)).json()
    body = {"name": "clé", "credential": key.create(options, origin)}
    return await send_new(person, body)


async def send_new(person: Person, body: dict[str, Any]) -> httpx.Response:
    headers = {"X-CSRF-Token": await person.csrf()}
    return await person.client.post("/account/passkeys", json=body, headers=headers)


async def asked(app: FastAPI, name: str) -> tuple[Person, dict[str, Any]]:
    """Somebody after the password, and what their browser is asked to sign."""
    person = Person(app, name)
    assert (await person.log_in()).headers["location"] == "/login/factor"
    page = (await person.see("/login/factor")).text
    found = re.search(r'data-options="([^"]+)"', page)
    assert found
    return person, json.loads(html.unescape(found[1]))


@pytest.fixture
async def claire(station: WebStation, app: FastAPI) -> tuple[Person, SoftKey]:
    """Claire, with a passkey."""
    return await _with_key(station, app, "claire")


async def _with_key(station: WebStation, app: FastAPI, name: str) -> tuple[Person, SoftKey]:
    station.user(name)
    person, key = Person(app, name), SoftKey()
    await person.log_in()
    assert (await add(person, key)).status_code == 200
    return person, key


async def test_the_right_signature_lets_in_once(
    app: FastAPI, claire: tuple[Person, SoftKey]
) -> None:
    key = claire[1]
    person, options = await asked(app, "claire")
    signed = key.get(options, ORIGIN)
    answer = await person.client.post("/login/passkey", json=signed)
    assert (answer.status_code, answer.json()) == (200, {"next": "/"})
    assert await person.is_in()
    again, _ = await asked(app, "claire")
    replayed = await again.client.post("/login/passkey", json=signed)
    assert replayed.status_code == 401
    assert not await again.is_in()


LIES: dict[str, Callable[[SoftKey, dict[str, Any]], dict[str, Any]]] = {
    "another origin": lambda key, options: key.get(options, "https://evil.example"),
    "another party": lambda key, options: key.get(options, ORIGIN, party="evil.example"),
    "another challenge": lambda key, options: key.get(
        {**options, "challenge": b64(b"x" * 64)}, ORIGIN
    ),
    "nothing": lambda key, options: {},
    "no response": lambda key, options: {"id": b64(key.id), "type": "public-key"},
    "odd bytes": lambda key, options: {
        **key.get(options, ORIGIN),
        "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "!"},
    },
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_lets_nobody_in(app: FastAPI, claire: tuple[Person, SoftKey], lie: str) -> None:
    person, options = await asked(app, "claire")
    answer = await person.client.post("/login/passkey", json=LIES[lie](claire[1], options))
    assert answer.status_code == 401
    assert answer.json()["detail"] == "cet appareil n'a pas prouvé qui vous êtes"
    assert not await person.is_in()
    right = await person.client.post("/login/passkey", json=claire[1].get(options, ORIGIN))
    assert right.status_code == 200


async def test_another_device_under_the_same_name_lets_nobody_in(
    app: FastAPI, claire: tuple[Person, SoftKey]
) -> None:
    forged = SoftKey()
    forged.id, forged.counter = claire[1].id, 50
    person, options = await asked(app, "claire")
    answer = await person.client.post("/login/passkey", json=forged.get(options, ORIGIN))
    assert answer.status_code == 401
    assert not await person.is_in()


async def test_another_persons_device_lets_nobody_in(
    station: WebStation, app: FastAPI, claire: tuple[Person, SoftKey]
) -> None:
    _, theirs = await _with_key(station, app, "yves")
    person, options = await asked(app, "claire")
    answer = await person.client.post("/login/passkey", json=theirs.get(options, ORIGIN))
    assert answer.status_code == 401
    assert not await person.is_in()


async def test_a_counter_that_goes_back_is_a_clone(
    app: FastAPI, claire: tuple[Person, SoftKey]
) -> None:
    key = claire[1]
    key.counter = 20
    person, options = await asked(app, "claire")
    await person.client.post("/login/passkey", json=key.get(options, ORIGIN))
    assert await person.is_in()
    key.counter = 10
    again, options = await asked(app, "claire")
    answer = await again.client.post("/login/passkey", json=key.get(options, ORIGIN))
    assert answer.status_code == 401
    assert not await again.is_in()


async def test_nobody_signs_without_having_given_a_password(
    app: FastAPI, claire: tuple[Person, SoftKey]
) -> None:
    _, options = await asked(app, "claire")
    stranger = Person(app)
    answer = await stranger.client.post("/login/passkey", json=claire[1].get(options, ORIGIN))
    assert answer.status_code == 401
    assert (await stranger.see("/login/factor")).headers["location"] == "/login"


async def test_a_device_is_added_by_signing_and_for_this_place_only(
    station: WebStation, app: FastAPI
) -> None:
    station.user("claire")
    person, key = Person(app, "claire"), SoftKey()
    await person.log_in()
    refused = await options_for_new(person, "wrong")
    assert refused.status_code == 403
    assert "pas votre mot de passe" in refused.json()["detail"]
    assert (await add(person, key, "https://evil.example")).status_code == 422
    options = (await options_for_new(person)).json()
    body = {"name": "clé", "credential": key.create(options, ORIGIN)}
    assert (await send_new(person, body)).status_code == 200
    assert (await send_new(person, body)).status_code == 409  # what was asked is answered
    assert (await add(person, key)).status_code == 409  # it is known

    def kept(tx: Any) -> list[Passkey]:
        row = users.user_by_name(tx, "claire")
        assert row is not None
        return access.passkeys(tx, row.id)

    assert [row.id for row in station.store.read_now(kept)] == [b64(key.id)]
