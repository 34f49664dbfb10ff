"""Where the station listens: at addresses that are there, and for whom the kernel lets through."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence

import pytest

from callflow import listening
from callflow.core.station.addresses import network_of
from callflow.settings.config import Settings
from tests.support.suite.ports import free_port

#: Documentation's (RFC 5737, RFC 3849): no machine has them.
NOWHERE, NOWHERE_6 = "192.0.2.77", "2001:db8::77"


def _arrives(listener: socket.socket, sender: str) -> bool:
    """Whether a handshake from ``sender`` is answered; who is dropped hears nothing at all."""
    listener.listen()
    with socket.socket(listener.family) as visitor:
        visitor.bind((sender, 0))
        visitor.settimeout(0.3)
        try:
            visitor.connect(listener.getsockname()[:2])
        except TimeoutError:
            return False
    return True


@pytest.mark.parametrize(
    ("allowed", "sender", "let_in"),
    [
        (["127.0.0.2"], "127.0.0.2", True),
        (["127.0.0.2"], "127.0.0.3", False),
        (["10.0.0.0/8", "127.0.0.2/31"], "127.0.0.3", True),
        (["10.0.0.0/8", "127.0.0.2/31"], "127.0.0.4", False),
        (["::ffff:127.0.0.2"], "127.0.0.2", True),
        (["0.0.0.0/0"], "127.0.0.9", True),
        (["::/0"], "127.0.0.1", False),  # the other kind of address is not named by it
        (["0.0.0.0/0"], "::1", False),
        (["10.0.0.0/8", "2001:db8::/32", "::1"], "::1", True),
        (["2001:db8::/32", "::2/127"], "::1", False),
        (["::/0"], "::1", True),
        ([f"10.0.{n}.0/24" for n in range(200)] + ["127.0.0.2"], "127.0.0.2", True),
        ([f"2001:db8:{n:x}::/48" for n in range(199)] + ["::1"], "::1", True),
    ],
)
def test_the_kernel_drops_who_is_not_named(
    allowed: Sequence[str], sender: str, let_in: bool
) -> None:
    host = "::1" if ":" in sender else "127.0.0.1"
    with listening.listener(host, 0) as sock:
        listening.keep_out(sock, [network_of(each) for each in allowed])
        assert _arrives(sock, sender) is let_in


def test_what_was_accepted_may_go_on() -> None:
    with listening.listener("127.0.0.1", 0) as sock:
        listening.keep_out(sock, [network_of("127.0.0.2")])
        sock.listen()
        with socket.socket() as visitor:
            visitor.bind(("127.0.0.2", 0))
            visitor.connect(sock.getsockname())
            link, _ = sock.accept()
            with link:
                visitor.sendall(b"x" * 100_000)
                assert len(link.recv(100_000, socket.MSG_WAITALL)) == 100_000


def test_this_machine_itself_is_always_let_in() -> None:
    with listening.listener("127.0.0.1", 0, [network_of("10.0.0.0/8")]) as sock:
        assert _arrives(sock, "127.0.0.1")


def test_both_kinds_of_address_have_the_same_port() -> None:
    port = free_port()
    with listening.listener("::", port), listening.listener("0.0.0.0", port):
        pass
    with listening.datagrams("::", port), listening.datagrams("0.0.0.0", port):
        pass


@pytest.mark.parametrize("host", [NOWHERE, NOWHERE_6])
@pytest.mark.parametrize("make", [listening.listener, listening.datagrams])
def test_an_address_that_is_not_there_is_said(make: object, host: str) -> None:
    with pytest.raises(OSError, match="no interface of this machine has the address") as refused:
        make(host, 8009)  # type: ignore[operator]
    assert refused.value.errno == errno.EADDRNOTAVAIL
    assert host in str(refused.value)


def test_each_setting_with_an_address_that_is_not_there_is_named() -> None:
    fine = Settings(bind="127.0.0.1,::1", web_bind="0.0.0.0,::", sip_bind="127.0.0.1")
    assert listening.absent(fine) == []
    wrong = Settings(bind=NOWHERE_6, dc09_bind=f"127.0.0.1, {NOWHERE}", web_bind="::1")
    found = listening.absent(wrong)
    assert [line.partition(":")[0] for line in found] == ["CALLFLOW_BIND", "CALLFLOW_DC09_BIND"]
    assert NOWHERE_6 in found[0]
    assert NOWHERE in found[1]
