"""A telephone with the right password that says to be elsewhere: rung where it spoke from, or not.

What is rung is counted at the far ends: in the simulated network, at a foreign address and at the
telephone's own."""

from __future__ import annotations

import asyncio
import re
import socket
import uuid
from collections.abc import Iterator

import pytest

from callflow.core.calls.phones import PhoneKind
from callflow.handling.calls.phones import Endpoint
from ivr.ami import actions
from ivr.asterisk.phones import render_phones
from ivr.telephony.whereabouts import NotThere, Whereabouts
from tests.integration.asterisk.conftest import Pair
from tests.integration.asterisk.throwaway import Ami, Message, until
from tests.support.sip.raw_sip import first_line
from tests.support.sip.sip_wires import Request, Wire, ask, status

PHONES = {
    "udp": Endpoint(name="op-desk", kind=PhoneKind.DESK, secret="a-secret-of-the-desk-phone"),
    "ws": Endpoint(name="op-page", kind=PhoneKind.SOFTPHONE, secret="a-secret-of-the-session"),
}
#: {network}: the trunk's far end, {elsewhere}: anybody's address.
CONTACTS = {
    "the trunk's host": ("<sip:33899000000@{network}>",),
    "a foreign address": ("<sip:33899000000@{elsewhere}>",),
    "a number": ("<sip:112@{network};user=phone>",),
    "maddr": ("<sip:112@{network};maddr={network_host}>",),
    "a route": ("<sip:112@{network}?Route=%3Csip:{network}%3Blr%3E>",),
    "a transport": ("<sip:112@{network};transport=udp;x-ast-txp=udp>",),
    "another after one let go": ("<sip:x@127.0.0.1:9>;expires=0", "<sip:112@{network}>"),
    "the same, foreign": ("<sip:x@127.0.0.1:9>;expires=0", "<sip:112@{elsewhere}>"),
    "the same, disguised": (
        "<sip:x@127.0.0.1:9>;expires=0",
        "<sip:112@{elsewhere};x-ast-orig-host=127.0.0.1:9>",
    ),
    "in one header": ("<sip:x@127.0.0.1:9>;expires=0, <sip:112@{network}>",),
    "a name": ("<sip:x@127.0.0.1:9>;expires=0", "<sip:112@localhost:{network_port}>"),
}


class Scene:
    """A telephone's wire, and what a stranger would have it lead to."""

    def __init__(self, pair: Pair, ami: Ami, wire: Wire, foreign: socket.socket) -> None:
        self.pair, self.ami, self.wire, self.foreign = pair, ami, wire, foreign
        self.phone, self.registrations = PHONES[wire.kind], 0
        network = ("127.0.0.1", pair.sip_port + 1)
        self.places = {
            "network": f"127.0.0.1:{network[1]}",
            "network_host": "127.0.0.1",
            "network_port": str(network[1]),
            "elsewhere": f"127.0.0.1:{foreign.getsockname()[1]}",
        }
        self.whereabouts = Whereabouts(pair.station.instance, lambda: [network])

    @property
    def its_invite(self) -> str:
        """By its name, whatever it called itself; a WebSocket's address is the door's."""
        port = str(self.wire.here[1]) if self.wire.kind == "udp" else r"\d+;transport=ws"
        return rf"INVITE sip:{self.phone.name}@127\.0\.0\.1:{port} SIP/2\.0"

    def registers(self, *contacts: str) -> int:
        told = tuple(contact.format(**self.places) for contact in contacts)
        request = Request(sender=f"<sip:{self.phone.name}@127.0.0.1>", contacts=told)
        self.registrations += 1
        return status(ask(self.wire, request, self.phone.name, self.phone.secret))

    def believe(self) -> None:
        """What telephony hears by AMI, a proof for each registration."""
        until(lambda: len(self._proofs()) >= self.registrations)
        for event in self._proofs():
            self.whereabouts.proved(event["AccountID"], event["RemoteAddress"])

    def _proofs(self) -> list[Message]:
        ours = [event for event in self.ami.events if event["Event"] == "SuccessfulAuth"]
        return [event for event in ours if event["AccountID"] == self.phone.name]

    def rings(self) -> str:
        """Where it is rung; "" nowhere."""
        self.believe()
        try:
            at = asyncio.run(self.whereabouts.dialled(self.phone.name))
        except NotThere:
            return ""
        call = str(uuid.uuid4())
        order = actions.ring(
            call, self.phone.name, "+33388000000", 5, context="callflow-held", at=at
        )
        assert self.ami.send(**order)["Response"] == "Success"
        came = self.wire.receive()
        self.ami.send(**actions.hangup(call, 16))
        return first_line(came)


@pytest.fixture(params=["udp", "ws"])
def scene(pair: Pair, ami: Ami, request: pytest.FixtureRequest) -> Iterator[Scene]:
    kind = request.param
    render_phones(pair.station.instance, PHONES.values())
    pair.station.rx("module reload res_pjsip.so")
    foreign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    foreign.bind(("127.0.0.1", 0))
    foreign.setblocking(False)
    port = pair.sip_port if kind == "udp" else pair.http_port
    with foreign, Wire(kind, port, pair.web_port) as wire:
        made = Scene(pair, ami, wire, foreign)
        assert made.registers("<sip:x@127.0.0.1:9>") == 200
        yield made
        (pair.station.instance.folder / "phone-addresses.json").unlink(missing_ok=True)


def test_it_is_rung_where_it_registered_from_by_its_name(scene: Scene) -> None:
    assert re.fullmatch(scene.its_invite, scene.rings())


@pytest.mark.parametrize("trick", CONTACTS)
def test_no_contact_leads_elsewhere(scene: Scene, trick: str) -> None:
    before = len(scene.pair.simulator.calls())
    scene.registers(*CONTACTS[trick])
    rung = scene.rings()
    assert not rung or re.fullmatch(scene.its_invite, rung)
    with pytest.raises(BlockingIOError):
        scene.foreign.recv(65_536)
    assert len(scene.pair.simulator.calls()) == before


def test_the_next_process_knows_where_it_was(scene: Scene) -> None:
    scene.believe()
    if scene.wire.kind == "udp":
        kept = scene.pair.station.instance.folder / "phone-addresses.json"
        assert kept.stat().st_mode & 0o777 == 0o600
    scene.ami.events.clear()
    scene.registrations = 0
    scene.whereabouts = Whereabouts(scene.pair.station.instance, tuple)
    assert scene.rings()


def test_refused_requests_are_told_to_nobody(scene: Scene) -> None:
    """A flood of them would go through the process that drives the dialogues."""
    for sender in ("<sip:100@203.0.113.9>", f"<sip:{scene.phone.name}@127.0.0.1>"):
        ask(scene.wire, Request(sender=sender), scene.phone.name, "a guess of its password")
    assert scene.registers("<sip:x@127.0.0.1:9>") == 200
    scene.ami.send(Action="Ping")
    security = ("Auth", "Challenge", "Invalid", "Failed")
    told = {e["Event"] for e in scene.ami.events if any(word in e["Event"] for word in security)}
    assert told <= {"SuccessfulAuth"}
