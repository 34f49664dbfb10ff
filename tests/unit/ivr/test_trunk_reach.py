"""Of what Asterisk tells it is read which trunks it reaches, which are registered, since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.calls.trunks import Reach, Registration, Seen
from callflow.settings.trunks import TrunkSettings
from ivr.asterisk.registrations import registrations
from ivr.telephony.trunk_reach import TrunkReach

AT = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
TRUNKS = (
    TrunkSettings(
        name="alpha", address="sip.carrier.test", username="1", password="x", registers=True
    ),
    TrunkSettings(name="beta"),
)


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


def test_a_change_has_the_time_of_its_first_word() -> None:
    clock = Clock()
    reach = TrunkReach(TRUNKS, None, clock)
    reach.heard("PJSIP/alpha", "UNAVAILABLE")
    for state in ("NOT_INUSE", "INUSE", "NOT_INUSE"):
        clock.now += timedelta(seconds=5)
        reach.heard("PJSIP/alpha", state)
    known = Reach(reachable=True, since=AT + timedelta(seconds=5))
    assert reach.seen() == Seen(reach={"alpha": known})
    reach.forget()
    assert reach.seen() == Seen()


@pytest.mark.parametrize(
    ("device", "state"),
    [
        ("PJSIP/op-alice", "UNAVAILABLE"),
        ("Queue:alpha", "INVALID"),
        ("alpha2", "UNAVAILABLE"),
        ("PJSIP/beta", "UNKNOWN"),
        ("PJSIP/beta", ""),
    ],
)
def test_what_is_no_trunk_and_what_is_not_known_says_nothing(device: str, state: str) -> None:
    reach = TrunkReach(TRUNKS, None, Clock())
    reach.heard(device, state)
    assert reach.seen() == Seen()


#: As Asterisk 22 prints it.
LISTED = """
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 alpha/sip:sip.carrier.test;transport=udp                alpha                       {}

Objects found: 1
"""


@pytest.mark.parametrize(
    ("said", "registered"),
    [
        ("Registered        (exp. 284s)", True),
        ("Unregistered", False),
        ("Unregistered      (exp. 12s ago)", False),
        ("Rejected", False),
        ("Stopped", False),
    ],
)
def test_a_registration_is_there_while_its_carrier_has_it(said: str, registered: bool) -> None:
    assert registrations(LISTED.format(said)) == {"alpha": registered}


def test_a_registration_that_is_not_listed_is_none_and_a_change_has_its_time() -> None:
    clock = Clock()
    reach = TrunkReach(TRUNKS, None, clock)
    reach.listed({})
    assert reach.seen().registered == {"alpha": Registration(registered=False, since=AT)}
    for registered in (True, True, False, False):
        clock.now += timedelta(seconds=5)
        reach.listed({"alpha": registered, "beta": registered, "gamma": registered})
    since = AT + timedelta(seconds=15)
    assert reach.seen().registered == {"alpha": Registration(registered=False, since=since)}
