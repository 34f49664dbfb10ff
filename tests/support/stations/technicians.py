"""Who is called where an organ of the station fails: the technician, at a deadline the hierarchy.

Whether they were is counted at the far end: what the simulated network saw.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from callflow import clock
from tests.support.rows import sites
from tests.support.stations.station import DESKS, DUTY, Station

#: The hierarchy's number; the technician's is ``DUTY``.
CHIEF = sites.number(931)
#: Seconds until who confirmed must have repaired it.
DEADLINE = 20
PLAN: dict[str, Any] = {
    "id": "organ",
    "name": "Panne à la station",
    "steps": [
        {
            "id": "duty",
            "kind": "message",
            "who": [{"role": "maintenance"}],
            "text": "Un organe est en panne.",
            "outcomes": {"acknowledged": "repair", "exhausted": "supervisor"},
        },
        {
            "id": "repair",
            "kind": "wait",
            "restore": True,
            "limit_s": DEADLINE,
            "outcomes": {"restored": "works_again", "elapsed": "supervisor"},
        },
        {
            "id": "supervisor",
            "kind": "message",
            "who": [{"role": "manager"}],
            "text": "Un organe n'est pas rétabli.",
            "outcomes": {"acknowledged": "deadline", "exhausted": "operator"},
        },
        {
            "id": "deadline",
            "kind": "wait",
            "restore": True,
            "limit_s": 3600,
            "outcomes": {"restored": "works_again", "elapsed": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
        {"id": "works_again", "kind": "close", "code": "restored"},
    ],
}


async def prepare(station: Station) -> None:
    """Both are on duty, and confirm by 1."""
    await station.put("/plans/organ", PLAN)
    for number in (DUTY, CHIEF):
        await station.phone(number, "answer", after_s=0.2, keys="1")
    now = clock.now()
    span = {"begins_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}
    duty = {"part": "supervisor", "name": "Chef", "phone": CHIEF, **span}
    assert (await station.api.post("/roster", json=duty)).status_code == 201


async def alarms(station: Station) -> list[dict[str, Any]]:
    """Those of the station's organs; a trunk has a kind of its own."""
    return [one for one in await station.incidents() if one["kind"] in ("organ", "trunk")]


async def rung(station: Station) -> Counter[str]:
    """How often the technician's, the hierarchy's and the desks' phones rang."""
    seen = [call["to"] for call in await station.seen()]
    return Counter(number for number in seen if number in (DUTY, CHIEF, *DESKS))
