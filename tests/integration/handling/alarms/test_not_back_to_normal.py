"""A treated site that is not back to normal is a human's again, whatever a step was late for."""

from __future__ import annotations

from callflow.handling.alarms import operating
from tests.integration.handling.station import Station


def test_a_step_that_was_overdue_does_not_count_as_a_site_not_back_to_normal(
    station: Station,
) -> None:
    station.plan(
        "desk",
        {"id": "desk", "kind": "hand_to_operator", "limit_s": 10.0, "outcomes": {"done": "end"}},
        {"id": "end", "kind": "close", "code": "false_alarm"},
    )
    station.put(plans={"intrusion": "desk"})
    incident_id = station.alarm("BA", "3").id
    station.later(11)
    assert station.incident(incident_id).human_reason == "overdue"
    station.write(
        lambda tx: operating.close_incident(tx, incident_id, "op", "other", "seen", station.now)
    )
    assert station.incident(incident_id).state == "awaiting_normal"
    station.later(31 * 60)
    row = station.incident(incident_id)
    assert (row.state, row.human_reason) == ("open", "not_normal")
    assert row.queue_due is not None, "it stands in no queue"
