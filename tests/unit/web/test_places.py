"""Whose address a request has, and by what it is counted."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from web.access.addresses import client, place

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
