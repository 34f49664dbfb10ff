"""Reports of mail servers, as they write them: what is of ours, and what is final."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.messages.bounces import read_report

ID = "5f0c1c0e-0000-4000-8000-000000000001"


def report(
    action: str, *, envelope: str = ID, returned: str = "", kind: str = "message/delivery-status"
) -> bytes:
    told = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    back = (
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {returned}\n\n" if returned else ""
    )
    return (
        "From: MAILER-DAEMON@mail.example.org\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI'm sorry.\n\n"
        f"--b\nContent-Type: {kind}\n\nReporting-MTA: dns; mail.example.org\n{told}\n"
        f"Final-Recipient: rfc822; anne@example.org\nAction: {action}\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 no such\n  user\n\n{back}--b--\n"
    ).encode()


@pytest.mark.parametrize("name", [ID, ID.replace("-", "")])
def test_what_failed_is_told_in_the_servers_words(name: str) -> None:
    found = read_report(report("failed", envelope=name))
    assert found is not None
    assert (found.message, found.arrived) == (name, False)
    assert found.text == "failed 5.1.1 smtp; 550 5.1.1 no such user"


def test_the_letter_that_is_sent_back_names_it_too() -> None:
    found = read_report(report("Delivered", envelope="", returned=f"<{ID}@example.org>"))
    assert found is not None
    assert (found.message, found.arrived) == (ID, True)


@pytest.mark.parametrize("action", ["delayed", "relayed", "expanded", ""])
def test_what_is_not_final_says_nothing(action: str) -> None:
    assert read_report(report(action)) is None


@pytest.mark.parametrize(
    "letter",
    [
        b"",
        b"Subject: Absence\n\nJe suis absent.",
        report("failed", envelope="of another"),
        report("failed", kind="text/plain"),
    ],
)
def test_what_is_none_of_ours_says_nothing(letter: bytes) -> None:
    assert read_report(letter) is None


@given(st.integers(0, 600), st.binary(max_size=40))
def test_whatever_comes_is_read(at: int, junk: bytes) -> None:
    letter = report("failed", returned="<x>")
    read_report(letter[:at] + junk + letter[at:])
