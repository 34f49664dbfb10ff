"""How far our clock is from a carrier's, by the date of its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.watch.carrier_clock import LONGEST, ahead, is_answer, question

NOW = datetime(2026, 12, 6, 3, 0, 0, 400_000, tzinfo=UTC)
AT_ONCE = timedelta(milliseconds=20)


def answer(date: str = "", name: str = "q1", status: str = "200 OK") -> bytes:
    lines = [f"SIP/2.0 {status}", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKq1"]
    lines += [f"Date: {date}"] if date else []
    return "\r\n".join([*lines, f"Call-ID: {name}", "Content-Length: 0", "", ""]).encode()


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sun, 06 Dec 2026 03:00:00 GMT", 0.0),  # within the second that it says
        ("Sun, 06 Dec 2026 02:59:59 GMT", 0.4),
        ("Sun, 06 Dec 2026 02:59:50 GMT", 9.4),
        ("Sun, 06 Dec 2026 03:00:07 GMT", -6.58),
        ("Sun, 06 Dec 2026 04:00:00 +0100", 0.0),
    ],
)
def test_it_is_the_least_that_the_two_are_apart(date: str, seconds: float) -> None:
    assert ahead(answer(date), NOW, NOW + AT_ONCE) == pytest.approx(seconds)


def test_a_slow_answer_says_less() -> None:
    late = "Sun, 06 Dec 2026 03:00:03 GMT"
    assert ahead(answer(late), NOW, NOW + timedelta(seconds=4)) == 0.0


@pytest.mark.parametrize(
    "date",
    [
        *("", "yesterday", "Sun, 06 Dec 2026 03:00:00", "Sun, 99 Dec 2026 03:00:00 GMT"),
        *("é" * 20, "Sun, 06 Dec 9999999 03:00:00 GMT", "x" * 5000),
    ],
)
def test_what_is_no_date_says_nothing(date: str) -> None:
    assert ahead(answer(date), NOW, NOW + AT_ONCE) is None


def test_a_date_in_the_body_is_none() -> None:
    told = answer() + b"Date: Sun, 06 Dec 2026 02:00:00 GMT\r\n"
    assert ahead(told, NOW, NOW + AT_ONCE) is None
    beyond = b"SIP/2.0 200 OK\r\nX: " + b"x" * LONGEST + b"\r\nDate: Sun, 06 Dec 2026 02:00:00 GMT"
    assert ahead(beyond, NOW, NOW + AT_ONCE) is None


def test_an_answer_is_the_last_word_on_what_was_asked() -> None:
    assert is_answer(answer(), "q1")
    assert is_answer(answer(status="403 Forbidden"), "q1")
    assert not is_answer(answer(status="100 Trying"), "q1")
    assert not is_answer(answer(name="q2"), "q1")
    assert not is_answer(b"OPTIONS sip:x SIP/2.0\r\nCall-ID: q1\r\n\r\n", "q1")
    assert not is_answer(b"\xff" * 100, "q1")


def test_the_question_is_whole() -> None:
    asked = question("192.0.2.7", 5060, "udp", ("192.0.2.1", 40_000), "q1").decode()
    assert asked.startswith(
        "OPTIONS sip:192.0.2.7:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:40000;"
    )
    assert asked.endswith("Content-Length: 0\r\n\r\n")
