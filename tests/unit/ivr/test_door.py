"""What opens the telephones' door: a page of ours, said by a browser; and what keeps it open."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.door.handshake import Opening, Pages, Proof, Refusal, Visitors, read
from ivr.door.handshake import opening as opening_of

PAGES = Pages(port=8000)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def opening(words: bytes, pages: Pages, *, secure: bool, prefix: str) -> Opening:
    return opening_of(read(words), pages, secure=secure, prefix=prefix)


def head(
    origin: str | None, host: str = "127.0.0.1:8088", path: str = "/ws", more: str = ""
) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: sip",
        *([f"Origin: {origin}"] if origin is not None else []),
        *([more] if more else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@pytest.mark.parametrize(
    ("origin", "host", "secure", "public"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8088", False, ""),
        ("http://localhost:8000", "localhost:8088", False, ""),
        ("http://[::1]:8000", "[::1]:8088", False, ""),
        ("https://station.example:8000", "station.example:8089", True, ""),
        ("https://station.example", "station.example:8089", True, "https://station.example/"),
        ("http://LOCALHOST:8000", "localhost:8088", False, ""),
    ],
)
def test_a_page_of_ours_is_handed_on(origin: str, host: str, secure: bool, public: str) -> None:
    pages = Pages(port=8000, public=("https://other.example", public) if public else ())
    opened = opening(head(origin, host), pages, secure=secure, prefix="a-secret")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in opened.answer  # the RFC's
    assert opened.asked.startswith(b"GET /a-secret/ws HTTP/1.1\r\n")
    assert f"Sec-WebSocket-Key: {KEY}\r\n".encode() in opened.asked
    assert b"Origin" not in opened.asked


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://evil.example",
        "http://evil.example:8000",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        "http://127.0.0.1:8088",
        "http://127.0.0.1.evil.example:8000",
        "http://127.0.0.1:8000@evil.example",
        "http://127.0.0.1:8000.evil.example",
        "http://localhost:8000",
        "file://",
        "ftp://127.0.0.1:8000",
        "chrome-extension://127.0.0.1:8000",
        "http://[",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:8000:8000",
        "//127.0.0.1:8000",
        "127.0.0.1:8000",
    ],
)
def test_no_other_page_is(origin: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        opening(head(origin), PAGES, secure=False, prefix="a-secret")
    assert refused.value.status == "403 Forbidden"


def test_a_site_that_pretends_to_be_on_loopback_is_refused() -> None:
    """Its name leads to 127.0.0.1 now, and to its own pages a moment ago."""
    rebound = head("http://evil.example:8000", "evil.example:8088")
    with pytest.raises(Refusal):
        opening(rebound, PAGES, secure=False, prefix="a-secret")


@pytest.mark.parametrize(
    "words",
    [
        head("http://127.0.0.1:8000", path="/a-secret/ws"),
        head("http://127.0.0.1:8000", path="/"),
        head("http://127.0.0.1:8000", path="/wsx"),
        head("http://127.0.0.1:8000", more="Origin: http://evil.example"),
        head("http://127.0.0.1:8000", more="Upgrade: h2c"),
        head("http://127.0.0.1:8000", more="no header"),
        head("http://127.0.0.1:8000").replace(b"GET", b"POST"),
        head("http://127.0.0.1:8000").replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        head("http://127.0.0.1:8000").replace(KEY.encode(), b"x"),
        head("http://127.0.0.1:8000").replace(b": sip", b": mqtt"),
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_whatever_else_is_said_opens_nothing(words: bytes) -> None:
    with pytest.raises(Refusal):
        opening(words, PAGES, secure=False, prefix="a-secret")


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_to_be_refused(words: bytes) -> None:
    with pytest.raises(Refusal):
        opening(words + b"\r\n\r\n", PAGES, secure=False, prefix="a-secret")


LISTED = Visitors(
    allowed=(ip_network("10.1.0.0/16"),), proxies=(ip_network("10.9.0.1"), ip_network("127.0.0.1"))
)


@pytest.mark.parametrize(
    ("host", "said", "found"),
    [
        ("10.1.2.3", None, "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9", "10.1.2.3"),  # nobody's word
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("10.9.0.1", "203.0.113.9, 10.1.2.3", "10.1.2.3"),
        ("10.9.0.1", "10.1.2.3, 203.0.113.9", ""),
        ("10.9.0.1", "127.0.0.1", ""),
        ("10.9.0.1", None, ""),
        ("127.0.0.1", "203.0.113.9", ""),
        ("127.0.0.1", "unknown", ""),
    ],
)
def test_a_telephone_is_whose_the_proxy_says(host: str, said: str | None, found: str) -> None:
    assert LISTED.may_connect(host)
    told = {} if said is None else {"x-forwarded-for": said}
    if found:
        assert LISTED.client(host, told) == found
    else:
        with pytest.raises(Refusal, match="address"):
            LISTED.client(host, told)


@pytest.mark.parametrize("host", ["10.2.0.1", "2001:db8::1", "::ffff:10.2.0.1", "10.9.0.2"])
def test_a_stranger_is_let_go_before_a_word(host: str) -> None:
    assert not LISTED.may_connect(host)
    assert Visitors().may_connect(host)


def frame(payload: bytes, first: int = 0x81) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([first, size]) + payload
    return bytes([first, 126]) + size.to_bytes(2, "big") + payload


REFUSED = frame(b"SIP/2.0 401 Unauthorized\r\nCall-ID: SIP/2.0 200 OK\r\n\r\n" + b"x" * 300)
TAKEN = frame(b"SIP/2.0 200 OK\r\nCSeq: 2 REGISTER\r\n\r\n")


@given(st.lists(st.integers(1, 700), max_size=30))
def test_a_right_password_is_seen_in_whatever_pieces_it_comes(sizes: list[int]) -> None:
    stream, proof = REFUSED + frame(b"") + REFUSED, Proof()
    _follow(proof, stream, sizes)
    assert not proof.given
    _follow(proof, TAKEN, sizes)
    assert proof.given


@pytest.mark.parametrize(
    "stream",
    [
        REFUSED,
        frame(b"SIP/2.0 200 OK", 0x8A),  # what a stranger sent in a ping comes back
        frame(b"SIP/2.0 200 OK", 0x80),
        frame(b"x" * 60_000)[:400] + frame(b"SIP/2.0 200 OK"),
        frame(b"INVITE sip:x SIP/2.0 200"),
    ],
)
def test_nothing_else_is_taken_for_it(stream: bytes) -> None:
    proof = Proof()
    proof.follow(stream)
    assert not proof.given


def _follow(proof: Proof, stream: bytes, sizes: list[int]) -> None:
    for size in sizes:
        proof.follow(stream[:size])
        stream = stream[size:]
    proof.follow(stream)
