"""A call that a settled step withdraws asks nobody: the next step calls the person itself."""

from __future__ import annotations

from tests.integration.handling.station import FIRST, SECOND, Station


def test_who_was_still_ringing_is_called_by_the_next_step(station: Station) -> None:
    station.plan(
        "both",
        {
            "id": "all",
            "kind": "call_list",
            "mode": "all_at_once",
            "outcomes": {"going": "again"},
        },
        {"id": "again", "kind": "call_list", "who": [{"contact": "1002-bruno"}]},
    )
    station.put(plans={"intrusion": "both"})
    row = station.alarm()
    ringing = station.rings(SECOND)
    station.replies(FIRST, "going")
    assert station.incident(row.id).step == "again"
    assert station.place() == []  # the number is not free yet
    station.hangs_up(ringing, "no_answer")
    assert station.place() == [SECOND]
    station.ends(SECOND, "no_answer")
    assert station.incident(row.id).human_reason == "exhausted"
