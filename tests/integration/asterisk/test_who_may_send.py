"""Asterisk hears whom the settings name, the trunks and this machine, and nobody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ivr.asterisk.configuration import TrunkEnd, render_station
from ivr.asterisk.tree import AsteriskTree
from ivr.telephony.refusals import reason
from tests.integration.asterisk.conftest import Pair

#: Who is named, who is a trunk, and a stranger; of loopback, which is let in as this machine
#: elsewhere: here only the one address of it is.
NAMED, TRUNK, STRANGER = "127.0.0.3", "127.0.0.4", "127.0.0.5"


@pytest.fixture
def listed(pair: Pair, tree: AsteriskTree) -> Iterator[Pair]:
    trunks = (*pair.settings.trunks, TrunkEnd(name="beta", host=TRUNK, port=5060))
    render_station(
        pair.station.instance, replace(pair.settings, sip_allowed=(NAMED,), trunks=trunks), tree
    )
    file = pair.station.instance.etc / "pjsip.conf"
    file.write_text(file.read_text().replace("127.0.0.0/255.0.0.0", "127.0.0.1"))
    pair.station.read_again()
    yield pair
    render_station(pair.station.instance, pair.settings, tree)
    pair.station.read_again()


def answer_to(pair: Pair, sender: str, method: str = "REGISTER") -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((sender, 0))
        udp.settimeout(5)
        port = udp.getsockname()[1]
        lines = [
            f"{method} sip:127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {sender}:{port};branch=z9hG4bK{port}{method}",
            f"From: <sip:100@{sender}>;tag=1",
            "To: <sip:100@127.0.0.1>",
            f"Call-ID: {port}@{sender}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:100@{sender}:{port}>",
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]
        udp.sendto("\r\n".join([*lines, "", ""]).encode(), ("127.0.0.1", pair.sip_port))
        return udp.recv(4096)


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS", "MESSAGE"])
def test_a_stranger_is_turned_away_before_anybody_is_looked_for(listed: Pair, method: str) -> None:
    assert answer_to(listed, STRANGER, method).startswith(b"SIP/2.0 403 ")
    for known in ("127.0.0.1", NAMED):
        assert answer_to(listed, known, method).startswith(b"SIP/2.0 401 ")
    assert not answer_to(listed, TRUNK, method).startswith(b"SIP/2.0 403 ")


def test_without_a_list_anybody_is_answered(pair: Pair) -> None:
    assert answer_to(pair, STRANGER).startswith(b"SIP/2.0 401 ")


def test_who_was_turned_away_is_counted_as_such(listed: Pair) -> None:
    notices = listed.station.instance.log / "notices"
    before = notices.stat().st_size if notices.exists() else 0
    answer_to(listed, STRANGER)
    listed.station.rx("core show uptime")
    found = [reason(line) for line in notices.read_bytes()[before:].splitlines()]
    assert ("not_allowed", STRANGER) in found
