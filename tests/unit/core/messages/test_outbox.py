"""When a message is tried again, and which addresses have the form of one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.messages.outbox import (
    GIVE_UP_AFTER,
    LEASE,
    LONGEST_FAX_WAIT,
    LONGEST_WAIT,
    MOST_CLAIMS,
    TRY_WITHIN,
    Channel,
    Fault,
    host_of,
    marked,
    next_try,
    one_line,
    shown,
    wrong_address,
    wrong_url,
)
from callflow.texts.outbox import CHANNELS, FAULTS

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def tries(channel: Channel, jitter: float, *, each: timedelta) -> list[datetime]:
    """When a message is tried that always fails after ``each``."""
    found, at = [], NOON
    while True:
        found.append(at)
        again = next_try(channel, NOON, len(found), at + each, jitter=jitter)
        if again is None:
            return found
        at = again


@given(
    channel=st.sampled_from(Channel),
    jitter=st.floats(0, 1, exclude_max=True),
    seconds=st.floats(0, TRY_WITHIN.total_seconds()),
)
def test_every_message_is_given_up_in_its_time(
    channel: Channel, jitter: float, seconds: float
) -> None:
    made = tries(channel, jitter, each=timedelta(seconds=seconds))
    assert 2 <= len(made) < MOST_CLAIMS
    assert made[-1] <= NOON + GIVE_UP_AFTER[channel]
    waits = [after - before for before, after in itertools.pairwise(made)]
    assert all(wait > timedelta(seconds=1) for wait in waits)
    longest = LONGEST_FAX_WAIT if channel is Channel.FAX else LONGEST_WAIT
    assert max(waits) <= 1.25 * longest + TRY_WITHIN


def test_the_first_wait_is_short_and_what_failed_together_comes_back_apart() -> None:
    early = next_try(Channel.MAIL, NOON, 1, NOON, jitter=0.0)
    late = next_try(Channel.MAIL, NOON, 1, NOON, jitter=0.999)
    assert early is not None
    assert late is not None
    assert timedelta(seconds=1) <= early - NOON < late - NOON <= timedelta(seconds=3)


def test_a_message_that_waited_for_its_first_try_is_not_tried_again_out_of_its_time() -> None:
    assert next_try(Channel.SMS, NOON, 1, NOON + timedelta(hours=1), jitter=0.5) is None


def test_nobody_else_claims_what_is_still_being_tried() -> None:
    assert LEASE > TRY_WITHIN


@pytest.mark.parametrize(
    "to",
    [
        "",
        "anne",
        "anne@",
        "@example.org",
        "anne@localhost",
        "anne@example.org\r\nBcc: all@example.org",
        "anne@example.org, bruno@example.org",
        "Anne <anne@example.org>",
        "anne@exa mple.org",
        "a" * 65 + "@example.org",
        "anne@[127.0.0.1]",
        "ånne@example.org",
    ],
)
def test_what_is_no_mail_address_is_refused(to: str) -> None:
    assert wrong_address(Channel.MAIL, to) is not None


def test_mail_addresses_are_taken() -> None:
    for to in ("anne@example.org", "anne.le-goff+alarme@sub.example.co"):
        assert wrong_address(Channel.MAIL, to) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/hook",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@example.org/",
        "https://example.org@127.0.0.1/",
        "https://example.org/a b",
        "https://example.org/\r\nHost: other",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://exämple.org/",
        "https://example.org\\@127.0.0.1/",
        "HTTPS://example.org/",
    ],
)
def test_what_is_no_plain_http_address_is_refused(url: str) -> None:
    assert wrong_url(url) is not None
    assert wrong_address(Channel.WEBHOOK, url) is not None


def test_http_addresses_are_taken() -> None:
    for url in (
        "https://example.org",
        "https://example.org?key=1",
        "http://10.0.0.7:8080/snap.jpg?channel=1&size=big",
        "http://[fd00::7]:81/snap",
    ):
        assert wrong_url(url) is None


def test_of_a_webhook_only_the_host_is_shown() -> None:
    assert shown(Channel.WEBHOOK, "https://Hooks.example.org:8443/T0/secret") == "hooks.example.org"
    assert shown(Channel.WEBHOOK, "nonsense") == "nonsense"
    assert shown(Channel.MAIL, "anne@example.org") == "anne@example.org"
    assert host_of("nonsense") == ""


def test_a_rehearsal_says_so_first() -> None:
    assert marked("Alarme", exercise=True).startswith("EXERCICE")
    assert marked("Alarme", exercise=False) == "Alarme"


def test_a_subject_is_one_line_of_what_can_be_read() -> None:
    assert one_line("Alarme\r\nBcc: all@example.org\x00\u2028 et  fin") == (
        "Alarme Bcc: all@example.org et fin"
    )


def test_every_fault_and_channel_has_words() -> None:
    assert set(FAULTS) == set(Fault)
    assert set(CHANNELS) == set(Channel)
