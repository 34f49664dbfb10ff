"""What is believed of a Contact: an address, and nothing that leads past it."""

from __future__ import annotations

import json

import pytest

from ivr.asterisk.contacts import Contact, Place, contacts, place

UDP = Place(host="192.0.2.7", port=5070, transport="udp")


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("sip:op-ana@192.0.2.7:5070", UDP),
        ("sip:+33899000000@192.0.2.7:5070;line=7;x-ast-orig-host=10.0.0.1:0", UDP),
        ("sip:192.0.2.7:5070", UDP),
        ("sip:a@192.0.2.7", Place(host="192.0.2.7", port=5060, transport="udp")),
        (
            "sip:a@127.0.0.1:41000;transport=WS;x-ast-orig-host=f.invalid:0",
            Place(host="127.0.0.1", port=41000, transport="ws"),
        ),
        (
            "sips:a@192.0.2.7:41000;transport=TLS",
            Place(host="192.0.2.7", port=41000, transport="tls"),
        ),
        ("sip:a@[2001:db8::7]:5070", Place(host="2001:db8::7", port=5070, transport="udp")),
        ("sip:a@carrier.example:5060", None),
        ("sip:a@192.0.2.7:5070?Route=%3csip:192.0.2.9%3e", None),
        ("sip:a@192.0.2.7:0", None),
        ("sip:a@192.0.2.7:99999", None),
        ("sip:a@192.0.2.777:5060", None),
        ("sip:a@192.0.2.7:5060;transport=tcp", None),
        ("tel:+33899000000", None),
        ("", None),
    ],
)
def test_only_an_address_is_read(uri: str, found: Place | None) -> None:
    assert place(uri) == found


def test_a_phone_is_called_by_its_name_whatever_it_wrote() -> None:
    assert UDP.dialled("op-ana") == "sip:op-ana@192.0.2.7:5070"
    ipv6 = Place(host="2001:db8::7", port=41000, transport="ws")
    assert ipv6.dialled("op-ana") == "sip:op-ana@[2001:db8::7]:41000;transport=ws"


def test_each_phone_has_its_own() -> None:
    def line(phone: str, uri: str, prune: str) -> str:
        told = json.dumps({"uri": uri, "prune_on_boot": prune, "endpoint": phone})
        return f"/registrar/contact/{phone};@0123456789abcdef: {told}"

    told = "\n".join(
        [
            line("op-ana", "sip:x@192.0.2.7:5070", "no"),
            line("op-anabel", "sip:x@192.0.2.8:5070", "no"),
            line("op-ben", "sip:x@127.0.0.1:41000;transport=ws", "yes"),
            line("op-ben", "sip:x@192.0.2.9:5070", "no"),
            "4 results found.",
        ]
    )
    assert contacts(told, "op-ana") == [Contact(place=UDP, connected=False)]
    assert [contact.connected for contact in contacts(told, "op-ben")] == [True, False]
    assert contacts(told, "op-carl") == []
