"""Who may say that it is a telephone of ours: every way of writing a name, over every transport."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from callflow.core.calls.phones import PhoneKind
from callflow.handling.calls.phones import Endpoint
from ivr.asterisk.phones import render_phones
from tests.integration.asterisk.conftest import Pair
from tests.support.sip.raw_sip import header
from tests.support.sip.sip_wires import Request, Wire, ask, status

BROWSER = Endpoint(name="op-aa", kind=PhoneKind.SOFTPHONE, secret="a-secret-of-the-session")
DESK = Endpoint(name="op-bb", kind=PhoneKind.DESK, secret="a-secret-of-the-desk-phone")
#: Where a stranger would have a telephone of ours lead.
ELSEWHERE = "<sip:+33899000000@127.0.0.1:9>"

#: Ways of saying that one is DESK, without its password. ``@out`` is what it is called by.
NAMES = {
    "its name": "<sip:op-bb@127.0.0.1>",
    "what it is called by": "<sip:op-bb%40out@127.0.0.1>",
    "the same in capitals": "<sip:OP-BB%40OUT@127.0.0.1>",
    "another escape": "<sip:op%2dbb%40out@127.0.0.1>",
    "each sign escaped": "<sip:%6f%70%2d%62%62%40%6f%75%74@127.0.0.1>",
    "escaped twice": "<sip:op-bb%2540out@127.0.0.1>",
    "with a parameter of the user": "<sip:op-bb%40out;x=1@127.0.0.1>",
    "with a parameter of the address": "<sip:op-bb%40out@127.0.0.1;user=phone;transport=tls>",
    "with a password in it": "<sip:op-bb%40out:secret@127.0.0.1>",
    "with headers in it": "<sip:op-bb%40out@127.0.0.1?Subject=1>",
    "a display name": '"op-bb@out" <sip:op-bb%40out@127.0.0.1>',
    "only a display name": '"op-bb@out" <sip:stranger@127.0.0.1>',
    "no brackets": "sip:op-bb%40out@127.0.0.1",
    "as the host": "<sip:op-bb@out>",
    "a secure address": "<sips:op-bb%40out@127.0.0.1>",
    "a telephone number": "<tel:+33899000000;phone-context=op-bb>",
    "its end cut off": "<sip:op-bb%40out%00@127.0.0.1>",
    "the trunk": "<sip:trunk@127.0.0.1>",
    "what the trunk is called by": "<sip:trunk%40out@127.0.0.1>",
    "a template": "<sip:desk-phone@127.0.0.1>",
    "anybody": "<sip:*@127.0.0.1>",
    "any telephone": "<sip:op-*@127.0.0.1>",
    "nobody": "<sip:anonymous@anonymous.invalid>",
    "no name": "<sip:127.0.0.1>",
    "Asterisk itself": "<sip:asterisk@127.0.0.1>",
}


@pytest.fixture(params=["udp", "tls", "ws", "wss"])
def wire(pair: Pair, request: pytest.FixtureRequest) -> Iterator[Wire]:
    render_phones(pair.station.instance, [BROWSER, DESK])
    pair.station.rx("module reload res_pjsip.so")
    kind = request.param
    ports = {"udp": pair.sip_port, "tls": pair.tls_port, "ws": pair.http_port, "wss": pair.wss_port}
    with Wire(kind, ports[kind], pair.web_port) as made:
        yield made
    for phone in (BROWSER, DESK):  # whoever may, lets go of it
        with Wire("udp", pair.sip_port) as last:
            sender, nowhere = f"<sip:{phone.name}@127.0.0.1>", ("*",)
            let_go = Request(sender=sender, contacts=nowhere, more=("Expires: 0",))
            ask(last, let_go, phone.name, phone.secret)


def _registered(pair: Pair) -> str:
    return pair.station.rx("database show registrar/contact")


def test_no_way_of_writing_a_name_registers_a_telephone(pair: Pair, wire: Wire) -> None:
    for sender in NAMES.values():
        for to in (sender, "<sip:op-bb@127.0.0.1>"):
            answer = ask(wire, Request(sender=sender, to=to, contacts=(ELSEWHERE,)))
            assert status(answer) // 100 == 4, (sender, to)
            assert header(answer, "Contact") == "", (sender, to)
    assert "/registrar" not in _registered(pair)


def test_no_way_of_writing_a_name_calls_or_sends(pair: Pair, wire: Wire) -> None:
    for sender in NAMES.values():
        for method in ("INVITE", "REFER", "MESSAGE", "SUBSCRIBE", "OPTIONS"):
            uri = "sip:33639980101@127.0.0.1"
            request = Request(method=method, uri=uri, sender=sender, contacts=(ELSEWHERE,))
            assert status(ask(wire, request)) // 100 == 4, (sender, method)


def test_the_password_of_one_registers_no_other(pair: Pair, wire: Wire) -> None:
    """Neither by the To, which names what is registered, nor by the name in the proof."""
    one, other = f"<sip:{BROWSER.name}@127.0.0.1>", f"<sip:{DESK.name}@127.0.0.1>"
    called, mine = NAMES["what it is called by"], (BROWSER.name, BROWSER.secret)
    for sender, to in ((one, other), (one, called), (other, one), (other, other)):
        answer = ask(wire, Request(sender=sender, to=to, contacts=(ELSEWHERE,)), *mine)
        assert status(answer) // 100 == 4, (sender, to)
    assert f"/{DESK.name};" not in _registered(pair)


def test_a_contact_leads_where_its_packet_came_from(pair: Pair, wire: Wire) -> None:
    request = Request(sender=f"<sip:{DESK.name}@127.0.0.1>", contacts=(ELSEWHERE,))
    assert status(ask(wire, request, DESK.name, DESK.secret)) == 200
    (line,) = (line for line in _registered(pair).splitlines() if line.startswith("/registrar"))
    (port,) = re.findall(r'"uri":"sip:\+33899000000@127\.0\.0\.1:(\d+)', line)
    # Of a WebSocket Asterisk sees the door, whose connection it is that leads to the telephone.
    assert port == str(wire.here[1]) if wire.kind in ("udp", "tls") else port != "9"
