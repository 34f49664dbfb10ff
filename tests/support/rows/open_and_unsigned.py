"""What is open and unsigned at an alarm, read from its raw rows by rules of its own.

It shares no code with ``callflow.core.alarms.filing``: what a filed alarm must not leave behind
(D26, D30) is said here a second time, so that a mistake there is found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

#: Asks the database: SQL with ``?`` and its values, the rows.
Ask = Callable[[str, tuple[Any, ...]], list[Any]]

_RESTORED = frozenset({"intrusion", "tamper", "fire", "gas", "flood", "technical", "power"})
_ARMED_AGAIN = frozenset({"intrusion", "tamper", "fire"})


def found(
    ask: Ask,
    incident: str,
    now: datetime,
    wants_armed: Callable[[str], bool],
    supervisors: Collection[str],
) -> list[str]:
    """Each thing that is open there though nobody signed for it; [] where all is as it should be.

    ``wants_armed``: whether a site (its id) that has a calendar is to be armed now.
    """
    one = _incident(ask, incident)
    if one["exercise"] or _signed_by_two(ask, incident):
        return []
    at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    runs = ask(
        "SELECT zone, incident_id FROM measure WHERE site_id = ? AND lifted_at IS NULL"
        " AND ends_at > ?",
        (one["site_id"], at),
    )
    out = {zone.lstrip("0") for zone, _ in runs if zone}
    by_machine = _last(ask, incident, ("filed", "filed_by_hand")) == "filed"
    protected = any(not zone for zone, _ in runs) and not by_machine
    said = _signatures(ask, incident, one["signal_count"], supervisors)
    unsigned = []
    if not protected:
        lines = _zones(ask, one) + _disarmed(ask, one, wants_armed)
        kept = (
            [] if by_machine else [f"{what} {zone}" for what in ("zone", "bypass") for zone in out]
        )
        unsigned += [line for line in lines if line not in said and line not in kept]
    unsigned += [line for line in _owed(ask, incident) if line not in said]
    if by_machine and any(of == incident for _, of in runs):
        unsigned.append("measure")
    return unsigned


def _incident(ask: Ask, incident: str) -> dict[str, Any]:
    names = "site_id, kind, exercise, duress, zones, signal_count, opened_at, alarm_at"
    (row,) = ask(f"SELECT {names}, resolution_code FROM incident WHERE id = ?", (incident,))
    return dict(zip([*names.split(", "), "resolution_code"], row, strict=True))


def _last(ask: Ask, incident: str, kinds: tuple[str, ...]) -> str:
    asked = ", ".join("?" for _ in kinds)
    rows = ask(
        f"SELECT kind FROM logbook WHERE incident = ? AND kind IN ({asked})"
        " ORDER BY number DESC LIMIT 1",
        (incident, *kinds),
    )
    return str(rows[0][0]) if rows else ""


def _signed_by_two(ask: Ask, incident: str) -> bool:
    """Two people filed it though something was open: the last thing that was decided of it."""
    kinds = ("closing_signed", "reopened", "incident_reopened", "overdue", "closing_asked")
    by_hand = _last(ask, incident, ("filed", "filed_by_hand")) == "filed_by_hand"
    return by_hand and _last(ask, incident, kinds) == "closing_signed"


def _signatures(ask: Ask, incident: str, signals: int, supervisors: Collection[str]) -> set[str]:
    """Lines that count as ended: by one person, or by two of whom one is a supervisor."""
    rows = ask(
        'SELECT what, name, "by", second FROM signature WHERE incident_id = ? AND signals = ?'
        " AND signed_at IS NOT NULL",
        (incident, signals),
    )
    alone = ("promise", "equipment")
    return {
        f"{what} {name}".strip()
        for what, name, by, second in rows
        if what in alone or (second not in ("", by) and not {by, second}.isdisjoint(supervisors))
    }


def _zones(ask: Ask, one: dict[str, Any]) -> list[str]:
    zones = one["zones"] if isinstance(one["zones"], dict) else json.loads(one["zones"])
    alarming = [zone for zone, state in zones.items() if state != "restored"]
    lines = [f"zone {zone}".strip() for zone in alarming] if one["kind"] in _RESTORED else []
    if one["kind"] in _ARMED_AGAIN or one["duress"]:
        rows = ask("SELECT zone FROM bypass WHERE site_id = ?", (one["site_id"],))
        lines += [f"bypass {zone}".strip() for (zone,) in rows]
    return lines


def _disarmed(ask: Ask, one: dict[str, Any], wants_armed: Callable[[str], bool]) -> list[str]:
    if one["site_id"] is None or not (one["kind"] in _ARMED_AGAIN or one["duress"]):
        return []
    # None that was written is JSON's null.
    said = "coalesce(CAST(schedule AS TEXT), 'null') <> 'null'"
    ((calendar,),) = ask(f"SELECT {said} FROM site WHERE id = ?", (one["site_id"],))
    if calendar and not wants_armed(one["site_id"]):
        return []
    if not calendar and one["resolution_code"] == "cancelled":
        return []
    rows = ask(
        'SELECT p."partition", p.since FROM "partition" p JOIN account a ON a.account = p.account'
        " WHERE a.site_id = ? AND NOT p.armed",
        (one["site_id"],),
    )
    since = one["alarm_at"] or one["opened_at"]
    return [f"arming {name}".strip() for name, at in rows if calendar or at >= since]


def _owed(ask: Ask, incident: str) -> list[str]:
    rows = ask(
        "SELECT id, kind FROM promise WHERE incident_id = ? AND ended_at IS NULL", (incident,)
    )
    lines = [f"{kind} {promise}" for promise, kind in rows]
    guards = ask(
        "SELECT id, state, outcome, data FROM task WHERE incident_id = ? AND kind = 'send_guard'",
        (incident,),
    )
    for task, state, outcome, data in guards:
        way = data if isinstance(data, dict) else json.loads(data)
        stays = outcome == "overdue" and "on_site_at" in way and "left_at" not in way
        if "accepted_at" in way and (state == "open" or stays):
            lines.append(f"guard {task}")
    return lines
