"""What proves that a message came from its panel (D31)."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from callflow.core.signals.proof import proves
from callflow.core.signals.signal import StoredSignal
from tests.support.rows.values import example


class Declared(NamedTuple):
    keyed: bool = False
    line: str | None = None
    phone: str | None = None


def signal(**changed: Any) -> StoredSignal:
    fields = {"format": "SIA-DCS", "line": "dc09-tcp"}
    return example(StoredSignal, **fields | changed)


@pytest.mark.parametrize(
    "line", ["dc09-tcp", "surgard/01-03", "dc07", "phone", "webhook", "webhook/unbound"]
)
def test_an_account_with_a_key_is_spoken_for_by_its_key_alone(line: str) -> None:
    for declared in (Declared(True), Declared(True, line), Declared(True, phone="+33639980777")):
        assert not proves(signal(line=line, caller="+33639980777"), declared)
        assert proves(signal(line="dc09-udp", encrypted=True), declared)


def test_what_the_station_finds_out_itself_needs_no_proof() -> None:
    assert proves(signal(format="station", line="station"), Declared(True, "surgard"))


def test_a_declared_line_is_that_one_with_its_receivers() -> None:
    assert proves(signal(line="surgard/01-03"), Declared(line="surgard"))
    assert not proves(signal(line="surgard2"), Declared(line="surgard"))
    assert not proves(signal(line="surgard/01-04"), Declared(line="surgard/01-03"))


def test_an_account_of_which_nothing_is_declared_speaks_as_it_likes() -> None:
    for line in ("dc09-tcp", "surgard/01", "phone", "webhook"):
        assert proves(signal(line=line), Declared())
    assert not proves(signal(line="webhook/unbound"), Declared())
