"""Addresses as they are told by proxies, compared and counted."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from callflow.core.station.addresses import MOST_HOPS, client, is_of, network_of, place

PROXIES = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/24"), ip_network("2001:db8:ff::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),  # whoever says so himself
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["192.0.2.1, 203.0.113.9"], "203.0.113.9"),  # what the client claimed
        ("127.0.0.1", ["192.0.2.1", "203.0.113.9, 10.0.0.5"], "203.0.113.9"),  # two proxies
        ("127.0.0.1", ["203.0.113.9, 10.0.1.5"], "10.0.1.5"),  # not one of ours
        ("127.0.0.1", ["10.0.0.4, 10.0.0.5"], "10.0.0.4"),
        ("127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9,"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("2001:db8:ff::1", ["2001:DB8:0:0::7"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("unix", ["203.0.113.9"], "unix"),
    ],
)
def test_the_client_is_who_our_own_proxies_say(peer: str, forwarded: list[str], found: str) -> None:
    assert client(peer, forwarded, PROXIES) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (["for=203.0.113.9"], "203.0.113.9"),
        (
            ['for=192.0.2.60;proto=http;by=203.0.113.43, For="[2001:db8:cafe::17]:4711"'],
            "2001:db8:cafe::17",
        ),
        (['for=203.0.113.9;host="alarms.example"', "for=10.0.0.5"], "203.0.113.9"),
        (["for=203.0.113.9, for=unknown"], "127.0.0.1"),
        (["for=203.0.113.9, for=_hidden"], "127.0.0.1"),
        (["203.0.113.9"], "127.0.0.1"),  # X-Forwarded-For's way of writing
        (['for=192.0.2.1;host="', "for=203.0.113.9"], "203.0.113.9"),  # a word left open
        (['for=203.0.113.9;host="x,for=192.0.2.1"'], "127.0.0.1"),  # a comma in the client's Host
        (["by=192.0.2.1;for=203.0.113.9"], "203.0.113.9"),
        (["xfor=192.0.2.1"], "127.0.0.1"),
        ([""], "127.0.0.1"),
    ],
)
def test_what_is_said_in_forwarded_is_read_as_rfc_7239_has_it(said: list[str], found: str) -> None:
    assert client("127.0.0.1", said, PROXIES, "forwarded") == found


def test_of_many_hops_only_so_many_are_followed() -> None:
    said = ["203.0.113.9", *["10.0.0.4"] * 50]
    assert client("127.0.0.1", [", ".join(said)], PROXIES) == "10.0.0.4"
    near = ["203.0.113.9", *["10.0.0.4"] * (MOST_HOPS - 1)]
    assert client("127.0.0.1", [", ".join(near)], PROXIES) == "203.0.113.9"


def test_fifty_hops_that_a_client_makes_up_hide_nobody() -> None:
    said = ", ".join([*["10.0.0.4"] * 50, "203.0.113.9"])
    assert client("127.0.0.1", [said], PROXIES) == "203.0.113.9"


@pytest.mark.parametrize(
    ("address", "network", "is_in"),
    [
        ("10.1.2.3", "10.1.0.0/16", True),
        ("::ffff:10.1.2.3", "10.1.0.0/16", True),
        ("10.1.2.3", "::ffff:10.1.0.0/112", True),
        ("2001:db8::1", "0.0.0.0/0", False),
        ("10.1.2.3", "::/0", False),
        ("10.2.0.1", "10.1.0.0/16", False),
        ("fe80::1%eth0", "fe80::/64", True),
        ("", "0.0.0.0/0", False),
        ("unix", "0.0.0.0/0", False),
    ],
)
def test_one_kind_of_address_is_no_way_round_the_others_list(
    address: str, network: str, is_in: bool
) -> None:
    assert is_of(address, [network_of(network)]) is is_in


def test_nobody_is_believed_where_no_proxy_is_trusted() -> None:
    assert client("127.0.0.1", ["203.0.113.9"], []) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:1:a::7", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("?", "?"),
    ],
)
def test_an_ipv6_subscriber_is_counted_as_one(address: str, counted: str) -> None:
    assert place(address) == counted
