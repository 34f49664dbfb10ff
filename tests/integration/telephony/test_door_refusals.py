"""Whom the door of browsers' telephones refuses is counted, for health and metrics."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from callflow.handling.watch.health import DOOR_REFUSED
from ivr.telephony.door import Refused
from tests.support.suite.ports import free_port


def asks(port: int, words: bytes) -> bytes:
    """What the door answers to these first words, once it is open."""
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            link = socket.create_connection(("127.0.0.1", port), timeout=20)
            break
    with link:
        link.sendall(words)
        return link.recv(100)


@pytest.mark.timeout(60)
def test_strangers_at_the_door_are_counted_by_reason() -> None:
    port, refused = free_port(), Refused()
    told = {"listen": [("127.0.0.1", port, False)], "upstream": 1, "prefix": "x", "web_port": 2}
    told |= {"certificate": "", "key": "", "public": [], "allowed": [], "proxies": []}
    told |= {"proxy_header": "x-forwarded-for"}
    door = subprocess.Popen(
        [sys.executable, "-m", "ivr.door"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with door:
        assert door.stdin is not None
        assert door.stdout is not None
        door.stdin.write(json.dumps(told).encode() + b"\n")
        door.stdin.flush()
        page = b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:1\r\nOrigin: http://evil.example\r\n\r\n"
        assert asks(port, page).startswith(b"HTTP/1.1 403 ")
        assert asks(port, page).startswith(b"HTTP/1.1 403 ")
        assert asks(port, b"GET /ari HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 ")
        while refused.counts.total() < 3:
            refused.said(door.stdout.readline())
    assert dict(refused.counts) == {"origin": 2, "path": 1}
    assert set(refused.counts) <= set(DOOR_REFUSED)


def test_what_another_door_counts_is_added_and_told_once_a_minute() -> None:
    refused = Refused()
    with capture_logs() as lines:
        refused.said(b'{"refused": {"origin": 2}}\n')
        refused.said(b'{"refused": {"origin": 3, "slow": 1}}\n')
        refused.opened()
        refused.said(b'{"refused": {"slow": 5}}\n')
    assert dict(refused.counts) == {"origin": 3, "slow": 6}
    assert [line["event"] for line in lines] == ["door.refused"]
