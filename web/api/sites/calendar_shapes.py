"""Calendars inside a site's shape: when a contact can be called, which plan counts when."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

_AVAILABILITY = {
    "week": {"mon": ["08:00-18:00"], "fri": ["22:00-06:00"]},
    "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
    "duties": [{"from": "2026-12-24T17:00:00Z", "until": "2026-12-26T07:00:00Z"}],
    "leaves": [{"from": "2026-08-01T00:00:00+02:00", "until": "2026-08-16T00:00:00+02:00"}],
    "replacements": [
        {"contact": "c2", "from": "2026-08-01T00:00:00+02:00", "until": "2026-08-16T00:00:00+02:00"}
    ],
}
AvailabilityBody = Annotated[
    dict[str, Any] | None,
    Field(
        description="When this contact can be called, in the site's time zone"
        " (callflow/core/time/availability.py). Left out: unchanged; null: always. On holidays"
        " `closed`,"
        " `as_usual` or `all_day`. `duties` come beside the week, `leaves` win over both, and"
        " whoever is in `replacements` stands in meanwhile.",
        json_schema_extra={"examples": [_AVAILABILITY]},
    ),
]

_RULE = {
    "plan": "night",
    "kinds": ["intrusion"],
    "armed": True,
    "zones": [{"account": "1002", "zone": "3"}],
    "when": {"week": {"mon": ["20:00-06:00"]}, "holidays": {"country": "FR", "open": "all_day"}},
}
PlanRulesBody = Annotated[
    list[dict[str, Any]],
    Field(
        max_length=100,
        description="Which plan by kind, category, zone, arming and time"
        " (callflow/core/plans/choice.py):"
        " the first that fits counts, before `plans`. A personal alarm is only meant where its kind"
        " is named.",
        json_schema_extra={"examples": [[_RULE]]},
    ),
]
