"""Drafts of what was said: made once, one at a time, and a failure is an empty field."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callflow import clock
from callflow.storage.calls import spoken
from ivr.telephony.drafts import Drafts
from ivr.transcribing import NoDraft, Transcriber
from tests.integration.handling.callers.test_phone_instructions import UNTIL, put, says
from tests.integration.handling.callers.test_phone_menu import call
from tests.integration.handling.station import Station

SAYS = "import sys, json; print(json.dumps({'text': sys.argv[2] + ' ' + sys.argv[1][-6:]}))"


def listener(program: str, patience: float = 20.0) -> Transcriber:
    return Transcriber(Path("model"), command=(sys.executable, "-c", program), patience=patience)


def drafts(station: Station, program: str) -> Drafts:
    return Drafts(station.store, Path("recordings"), listener(program), node="node0", now=clock.now)


def dictated(station: Station, *, confirm: bool) -> str:
    """What Anne says on the phone."""
    caller = call(station).types("2580", "6", "3", *UNTIL)
    name = says(caller)
    if confirm:
        caller.types("1")
    return name


async def test_what_waits_to_be_heard_is_drafted_once(station: Station) -> None:
    put(station)
    confirmed = dictated(station, confirm=True)
    dictated(station, confirm=False)  # nothing came of it
    made = drafts(station, SAYS)
    await made.look()
    row = station.read(lambda tx: spoken.get(tx, confirmed))
    assert row is not None
    assert row.draft == "fr .1.wav"
    assert row.drafted_at
    assert station.read(lambda tx: spoken.undrafted(tx, "node0")) == []


async def test_where_it_fails_the_field_is_empty_and_it_is_not_tried_again(
    station: Station,
) -> None:
    put(station)
    name = dictated(station, confirm=True)
    await drafts(station, 'print(\'{"error": "no such file"}\')').look()
    row = station.read(lambda tx: spoken.get(tx, name))
    assert row is not None
    assert (row.draft, bool(row.drafted_at)) == ("", True)
    assert station.read(lambda tx: spoken.undrafted(tx, "node0")) == []


@pytest.mark.parametrize(
    "program", ["raise SystemExit(1)", "print('[]')", "import time; time.sleep(60)"]
)
async def test_a_listener_that_dies_or_hangs_gives_none(program: str) -> None:
    with pytest.raises(NoDraft):
        await listener(program, patience=1.0).draft(Path("a.wav"), "fr")
