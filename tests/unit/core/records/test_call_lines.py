"""All that is told of a call is one line, in the place of the first of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from callflow.core.records.call_lines import CallLine, folded
from callflow.core.records.logbook import Entry

NIGHT = datetime(2026, 11, 25, 3, tzinfo=UTC)
ANNE, BRUNO = "+33639980101", "+33639980102"


def told(seconds: int, kind: str, **data: Any) -> Entry:
    return Entry(
        number=seconds,
        id=f"e{seconds}",
        chain="incident:i",
        seq=seconds,
        at=NIGHT + timedelta(seconds=seconds),
        site="1001",
        incident="i",
        who="callflow",
        kind=kind,
        text=kind,
        data=data,
        previous="",
        hash="",
        salt="",
        mac="",
    )


def test_a_call_is_one_line_from_asked_to_ended() -> None:
    entries = [
        told(0, "signal"),
        told(1, "call_requested", who="Anne", to=ANNE, attempt=1),
        told(2, "call_placed", to=ANNE, call="c1"),
        told(3, "note", note="elle dort"),
        told(9, "call_answered", to=ANNE, call="c1"),
        told(20, "call_result", to=ANNE, call="c1", result="going"),
        told(31, "call_ended", to=ANNE, call="c1", outcome="hung_up"),
        told(32, "recording", call="c1", duration=22),
    ]
    signal, call, note = folded(entries)
    assert (signal, note) == (entries[0], entries[3])
    assert isinstance(call, CallLine)
    assert [e.kind for e in call.entries] == [
        "call_requested",
        "call_placed",
        "call_answered",
        "call_result",
        "call_ended",
        "recording",
    ]
    assert (call.who, call.to, call.outcome, call.incoming) == ("Anne", ANNE, "going", False)
    assert call.spoken == timedelta(seconds=22)


def test_calls_to_the_same_number_keep_apart() -> None:
    entries = [
        told(1, "call_requested", who="Anne", to=ANNE),
        told(2, "call_requested", who="Bruno", to=BRUNO),
        told(3, "call_placed", to=BRUNO, call="c2"),
        told(4, "call_placed", to=ANNE, call="c1"),
        told(5, "call_ended", to=ANNE, call="c1", outcome="busy"),
        told(6, "call_requested", who="Anne", to=ANNE),
        told(7, "call_cancelled", to=ANNE),
        told(8, "call_ended", to=BRUNO, call="c2", outcome="no_answer"),
    ]
    lines = folded(entries)
    assert all(isinstance(line, CallLine) for line in lines)
    calls = [line for line in lines if isinstance(line, CallLine)]
    assert [(c.who, c.outcome, c.cancelled) for c in calls] == [
        ("Anne", "busy", False),
        ("Bruno", "no_answer", False),
        ("Anne", "", True),
    ]
    assert calls[0].spoken is None


def test_nothing_is_left_out_and_a_lone_entry_stays_one() -> None:
    lone = [told(1, "call_ended", to=ANNE, call="c9", outcome="busy"), told(2, "note", note="x")]
    assert folded(lone) == lone
    assert folded([]) == []
