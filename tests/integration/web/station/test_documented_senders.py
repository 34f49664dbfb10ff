"""The documentation's senders of signals, as they stand there, against a web process."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from callflow.core.signals.signal import StoredSignal
from callflow.storage.signals import signals
from tests.support.stations.web_station import WebProcess, WebStation
from web.access.users import Role

PAGE = (Path(__file__).parents[4] / "docs/how-to/signals-over-http.md").read_text()
#: Where the page's station is, and ours is not.
DEFAULT = "127.0.0.1:8000"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def example(language: str) -> str:
    """The block of this language that sends signals."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (block,) = (block for block in found if "/api/v1/signals" in block)
    return str(block)


def stored(station: WebStation) -> list[StoredSignal]:
    return list(station.store.read_now(signals.page))


def test_the_cameras_request(web: tuple[WebStation, WebProcess]) -> None:
    station, process = web
    head, body = example("http").split("\n\n", 1)
    token = station.token(Role.PANEL)
    head = head.replace("TOKEN", token).replace(DEFAULT, process.url.removeprefix("http://"))
    lines = [*head.split("\n"), f"Content-Length: {len(body.encode())}", "Connection: close"]
    request = "\r\n".join(lines) + "\r\n\r\n" + body
    answers = []
    for _ in range(2):  # it did not hear the first answer
        with socket.create_connection(("127.0.0.1", station.settings.ports.web), 10) as camera:
            camera.sendall(request.encode())
            answers.append(camera.makefile("rb").read().decode())
    (row,) = stored(station)
    for answer in answers:
        assert answer.startswith("HTTP/1.1 201 ")
        assert json.loads(answer.split("\r\n\r\n", 1)[1])["id"] == row.id
    assert (row.account, row.code, row.zone) == ("1001", "BA", "7")
    assert row.panel_time == datetime(2026, 11, 25, 3, 15, 2, 120_000, tzinfo=UTC)
    assert row.extra.startswith("[Vhttps://camera-7.example/snapshot.jpg")


class _Loader(yaml.SafeLoader):
    """YAML as Home Assistant reads it: with secrets."""


def test_the_hubs_command_and_automation(web: tuple[WebStation, WebProcess]) -> None:
    station, process = web
    secrets = {"callflow_authorization": f"Bearer {station.token(Role.PANEL)}"}
    _Loader.add_constructor("!secret", lambda loader, node: secrets[node.value])
    hub = yaml.load(example("yaml"), _Loader)
    templates = Environment(undefined=StrictUndefined)
    templates.filters["to_json"] = json.dumps
    at = datetime(2026, 11, 25, 3, 15, 2, 120_000, tzinfo=UTC)
    door = SimpleNamespace(name="Porte d’entrée", last_changed=at)
    trigger = SimpleNamespace(entity_id="binary_sensor.front_door", to_state=door)

    def rendered(template: str, /, **values: Any) -> str:
        return templates.from_string(template).render(values)

    repeat = hub["automation"][0]["actions"][0]["repeat"]
    act = repeat["sequence"][0]
    service, name = act["action"].split(".")
    command = hub[service][name]
    data = {key: rendered(text, trigger=trigger) for key, text in act["data"].items()}
    headers = {key: rendered(text, **data) for key, text in command["headers"].items()}
    for _ in range(2):
        answer = httpx.request(
            command["method"],
            rendered(command["url"], **data).replace(f"http://{DEFAULT}", process.url),
            headers=headers | {"Content-Type": command["content_type"]},
            content=rendered(command["payload"], **data),
            timeout=30,
        )
        heard = SimpleNamespace(status=answer.status_code)
        again = dict(repeat=SimpleNamespace(index=1))
        assert rendered(repeat["until"], answer=heard, **again) == "True", answer.text
        assert rendered(repeat["until"], answer=SimpleNamespace(status=503), **again) == "False"
        assert rendered(repeat["until"], **again) == "False"
    (row,) = stored(station)
    assert (row.account, row.zone, row.text) == ("1001", "1", "Porte d’entrée")
    assert row.panel_time == at
