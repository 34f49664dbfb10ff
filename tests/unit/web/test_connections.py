"""Which connections are cut: those that ask nothing, the least useful where there are too many."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import count

import pytest

from web.connections import FIRST, IDLE, UNREAD, Connection, to_cut

AT = 1000.0
_ports = count(2000)


def connection(host: str = "192.0.2.1", ago: float = 1.0, **fields: object) -> Connection:
    return Connection(peer=(host, next(_ports)), since=AT - ago, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (connection(ago=FIRST - 1), None),
        (connection(ago=FIRST + 1), "silent"),
        (connection(ago=IDLE - 1, asked=True), None),
        (connection(ago=IDLE + 1, asked=True), "idle"),
        (connection(ago=IDLE * 99, asked=True, known=True, under_way=1), None),
        (connection(asked=True, stuck_since=AT - UNREAD + 1), None),
        (connection(asked=True, known=True, under_way=1, stuck_since=AT - UNREAD - 1), "unread"),
    ],
)
def test_a_connection_has_its_time(one: Connection, why: str | None) -> None:
    assert to_cut([one], AT).get(one) == why


def test_of_one_address_those_go_first_that_never_asked_the_oldest_first() -> None:
    old, young = connection(ago=5), connection(ago=1)
    kept_alive, asking = connection(asked=True), connection(asked=True, under_way=1)
    other = connection("192.0.2.2", ago=6)
    everybody = [asking, young, kept_alive, old, other]
    reason = "too many of one address"
    assert to_cut(everybody, AT, of_one=3) == {old: reason}
    assert to_cut(everybody, AT, of_one=2) == {old: reason, young: reason}
    assert to_cut(everybody, AT, of_one=1) == dict.fromkeys((old, young, kept_alive), reason)


def test_an_office_behind_one_address_keeps_its_consoles_whoever_else_is_there() -> None:
    consoles = [connection(ago=900, asked=True, known=True, under_way=1) for _ in range(40)]
    strangers = [connection() for _ in range(40)]
    assert set(to_cut([*consoles, *strangers], AT, of_one=10, most=20)) == set(strangers)


def test_a_subscriber_with_many_ipv6_addresses_is_one() -> None:
    neighbours = [connection(f"2001:db8:0:1::{n:x}") for n in range(1, 9)]
    elsewhere = [connection(f"2001:db8:0:{n:x}::1") for n in range(2, 9)]
    assert len(to_cut([*neighbours, *elsewhere], AT, of_one=5)) == 3


def test_a_proxy_of_ours_is_not_one_address() -> None:
    through = [connection("127.0.0.1") for _ in range(9)]
    assert len(to_cut(through, AT, of_one=5)) == 4
    assert not to_cut(through, AT, of_one=5, proxies=[ip_network("127.0.0.0/8")])


def test_behind_a_proxy_it_is_the_client_who_is_counted() -> None:
    proxies = [ip_network("127.0.0.0/8")]
    stranger = [connection("127.0.0.1", asked=True, client="192.0.2.7") for _ in range(9)]
    office = [connection("127.0.0.1", asked=True, client="192.0.2.8") for _ in range(5)]
    at_rest = [connection("127.0.0.1", asked=True) for _ in range(9)]
    cut = to_cut([*stranger, *office, *at_rest], AT, of_one=5, proxies=proxies)
    assert len(cut) == 4
    assert set(cut) <= set(stranger)


def test_of_too_many_in_all_the_least_useful_go_whoever_they_belong_to() -> None:
    silent = [connection(f"198.51.100.{n}", ago=n / 50) for n in range(1, 200)]
    useful = [connection("192.0.2.9", ago=9, asked=True)]
    cut = to_cut([*silent, *useful], AT, most=100)
    assert set(cut) == set(silent[-100:])
    assert set(cut.values()) == {"too many"}
