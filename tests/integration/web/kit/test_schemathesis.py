"""Every operation of the JSON API, asked by every role with what its schema allows and forbids.

Schemathesis draws the requests, the same ones each time. An answer is never an error of ours, never
a success for what the schema forbids, always one that the schema names; and whoever has not the
right is refused whatever they send.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from callflow import clock
from callflow.core.calls.call import Outcome
from tests.support.pages.routes import routes
from tests.support.stations.web_station import WebStation
from web.access.users import RIGHTS, Right, Role
from web.app import create_app

Operation = Any  # of schemathesis, whose own types are private
CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    content_type_conformance,
]
#: Requests drawn for an operation of each kind: of things that are there, of any; so many of the
#: former are sent by each role, too. The first of each in a fast run, the second in a deep one; and
#: how many requests that makes.
THERE, ANY, OTHERS, ENOUGH = (2, 6), (1, 3), (1, 2), (350, 1000)


class Bench:
    """A station with one of everything, and who asks it."""

    def __init__(self, folder: Path) -> None:
        self.station = WebStation(folder)
        self.app: FastAPI = create_app(
            self.station.settings, self.station.store, self.station.vault
        )
        self.station.site()
        self.incident = self.station.alarm().id
        call = self.station.call(Outcome.NO_ANSWER, seconds=1)
        self._loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://station")
        config = SchemathesisConfig.from_dict(
            {"generation": {"with-security-parameters": False, "allow-extra-parameters": False}}
        )
        schema = schemathesis.openapi.from_dict(self.app.openapi(), config=config)
        self.operations: list[Operation] = [
            found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)
        ]
        self._right = {
            (route.method, route.path): route.right for route in routes(self.app) if route.by_token
        }
        self.there = {
            "incident_id": self.incident,
            "recording_id": call,
            "site_id": "1001",
            "contact": "1001-1",
            "which": "absences",
            "plan_id": self._asked("GET", "/plans")["items"][0]["id"],
            "version": 1,
            **self._filled(),
        }

    def close(self) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()
        self.station.close()

    def _asked(self, method: str, path: str, json: Any = None) -> Any:
        token = self.station.token()
        headers = {"Authorization": f"Bearer {token}"}
        sent = self._client.request(method, f"/api/v1{path}", json=json, headers=headers)
        answer = self._loop.run_until_complete(sent)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def _filled(self) -> dict[str, str]:
        """One more of what belongs to a site."""
        until = (clock.now() + timedelta(hours=4)).isoformat()
        note = {"kind": "note", "text": "x", "ends_at": until}
        test = {"zones": ["3"], "minutes": 60, "reason": "x"}
        return {
            "instruction": self._asked("POST", "/sites/1001/instructions", note)["id"],
            "test_id": self._asked("POST", "/sites/1001/on-test", test)["id"],
        }

    def right(self, operation: Operation) -> Right | None:
        """What the operation's own dependencies ask for."""
        return self._right[operation.method.upper(), operation.path]

    def send(self, case: Any, token: str | None) -> httpx.Response:
        """The request as it is drawn, under this token."""
        drawn = case.as_transport_kwargs(base_url="http://station")
        made = requests.Request(
            **{name: drawn.get(name) for name in _PARTS if drawn.get(name) is not None}
        ).prepare()
        headers = {k: str(v) for k, v in made.headers.items() if k.lower() != "authorization"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = made.body.encode() if isinstance(made.body, str) else made.body
        assert body is None or isinstance(body, bytes)
        sent = self._client.request(str(made.method), str(made.url), headers=headers, content=body)
        return self._loop.run_until_complete(sent)


_PARTS = ("method", "url", "headers", "params", "json", "data", "cookies")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("station"))
    yield made
    made.close()


def drawn(
    operation: Operation, mode: GenerationMode, most: int, known: dict[str, Any]
) -> list[Any]:
    """So many requests of the operation, the same each time; ``known`` are ids that are there."""
    named = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
    key = (operation.label, mode, most, *named.items())
    if key not in _DRAWN:  # to draw takes longer than to ask
        _DRAWN[key] = _draw(operation, mode, most, named)
    return _DRAWN[key]


_DRAWN: dict[tuple[object, ...], list[Any]] = {}


def _draw(
    operation: Operation, mode: GenerationMode, most: int, named: dict[str, Any]
) -> list[Any]:
    found: list[Any] = []
    quick = settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    strategy = operation.as_strategy(generation_mode=mode, path_parameters=named or None)

    @quick
    @given(case=strategy)
    def draw(case: Any) -> None:
        found.append(case)

    # Where an operation takes nothing, nothing is forbidden.
    with contextlib.suppress(Unsatisfiable):
        draw()
    return found


@pytest.mark.timeout(600)
def test_no_operation_breaks_or_takes_what_its_schema_forbids(bench: Bench, deep_run: bool) -> None:
    """An administrator's program, that may do anything."""
    token, asked = bench.station.token(), 0
    wrong: dict[tuple[str, str, int], tuple[str, bytes, str]] = {}
    for operation, mode in product(bench.operations, GenerationMode):
        for case in (
            *drawn(operation, mode, THERE[deep_run], bench.there),
            *drawn(operation, mode, ANY[deep_run], {}),
        ):
            answer, asked = bench.send(case, token), asked + 1
            for failure in failures(case, answer):
                key = (operation.label, type(failure).__name__, answer.status_code)
                sent = (str(answer.request.url), answer.request.content[:300])
                wrong.setdefault(key, (*sent, str(failure)[:300]))
    asked_of = {(operation.method.upper(), operation.path) for operation in bench.operations}
    assert asked_of == {(r.method, r.path) for r in routes(bench.app) if r.by_token}
    assert asked > ENOUGH[deep_run]
    assert wrong == {}


def failures(case: Any, answer: httpx.Response) -> tuple[Exception, ...]:
    """What is wrong with an answer."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as found:
        return tuple(found.exceptions)
    return ()


@pytest.mark.parametrize(
    "role",
    [
        *(None, Role.READER),  # the others by what no schema draws: access/test_rights.py
        *(pytest.param(role, marks=pytest.mark.deep) for role in Role if role is not Role.READER),
    ],
)
def test_whoever_has_not_the_right_is_refused_whatever_is_sent(
    bench: Bench, role: Role | None, deep_run: bool
) -> None:
    token = None if role is None else bench.station.token(role)
    wrong, refused = [], 0
    for operation, mode in product(bench.operations, GenerationMode):
        may = role is not None and bench.right(operation) in RIGHTS[role]
        cases = drawn(operation, mode, THERE[deep_run], bench.there)
        for case in cases[: OTHERS[deep_run]]:
            answer = bench.send(case, token)
            refused += answer.status_code == (401 if role is None else 403)
            if answer.status_code >= 500 or (answer.status_code < 400 and not may):
                wrong.append((operation.label, answer.status_code, answer.text[:200]))
    assert wrong == []
    assert (refused > 0) == (role is None or set(Right) - RIGHTS[role] > {Right.ADMINISTER})
