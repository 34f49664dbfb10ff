"""Which addresses a plan's webhook, or a site's camera, may lead to."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from callflow.notify.reach import Reach

PUBLIC = Reach(networks=(), public=True)
CAMERAS = Reach(networks=(ip_network("10.20.0.0/16"), ip_network("fd00:20::/32")))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",
        "10.20.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::1",
    ],
)
def test_no_webhook_reaches_what_is_not_public(address: str) -> None:
    assert not PUBLIC.allows(ip_address(address), encrypted=True)


def test_a_webhook_reaches_the_public_network_encrypted_only() -> None:
    for address in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"):
        assert PUBLIC.allows(ip_address(address), encrypted=True)
        assert not PUBLIC.allows(ip_address(address), encrypted=False)


@pytest.mark.parametrize("address", ["10.20.3.4", "fd00:20::9", "::ffff:10.20.3.4"])
def test_a_camera_is_asked_in_the_networks_that_are_set(address: str) -> None:
    assert CAMERAS.allows(ip_address(address), encrypted=False)


@pytest.mark.parametrize(
    "address", ["10.21.0.1", "93.184.215.14", "127.0.0.1", "fd00:21::9", "::ffff:10.21.0.1"]
)
def test_a_camera_is_asked_nowhere_else(address: str) -> None:
    assert not CAMERAS.allows(ip_address(address), encrypted=True)
