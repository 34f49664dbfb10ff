"""The invariants of ARCHITECTURE.md, looked at after each commit, each INVITE and each second.

Triggers note what a commit touched, so that only that is looked at; what must never be written at
all (a changed logbook, another plan) they note as broken themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from callflow import clock
from callflow.core.alarms.escalation import BUSY_RETRIES
from callflow.core.calls.call import LIVE_STATES, Outcome
from callflow.core.calls.dial_policy import refusal
from callflow.core.plans.call_plan import CALLING
from callflow.core.records.logbook import MACHINE
from callflow.core.signals.signal import PERSONAL
from callflow.handling.records.logbook import verify
from callflow.storage import Tx
from tests.support.rows import open_and_unsigned

#: Seconds by which a due step may be late, whatever breaks: a crash, a restart, two more tries.
LATE_AT_MOST = 20.0

#: Of the operators, who sign beside others.
SUPERVISORS = ("operator 1",)
_LIVE = ", ".join(f"'{state.value}'" for state in LIVE_STATES)
_UP = "'started', 'ringing', 'answered'"
_PERSONAL = ", ".join(f"'{kind.value}'" for kind in PERSONAL)

_MONITORS = """
CREATE TEMP TABLE broken(what TEXT);
CREATE TEMP TABLE touched(id TEXT PRIMARY KEY);
CREATE TEMP TABLE claimed(id TEXT PRIMARY KEY);
CREATE TEMP TABLE closed(id TEXT PRIMARY KEY);
CREATE TEMP TABLE filed(id TEXT PRIMARY KEY);
CREATE TEMP TABLE entered(id TEXT, step TEXT);
CREATE TEMP TRIGGER incident_new AFTER INSERT ON main.incident BEGIN
    INSERT OR IGNORE INTO touched VALUES (new.id); END;
CREATE TEMP TRIGGER incident_changed AFTER UPDATE ON main.incident BEGIN
    INSERT OR IGNORE INTO touched VALUES (new.id);
    INSERT INTO broken SELECT 'the plan of ' || new.id || ' changed' WHERE new.plan IS NOT old.plan;
    INSERT OR IGNORE INTO closed
        SELECT new.id WHERE old.state = 'open' AND new.state != 'open';
    INSERT OR IGNORE INTO filed
        SELECT new.id WHERE old.state != 'filed' AND new.state = 'filed';
    INSERT INTO entered SELECT new.id, new.step WHERE new.step IS NOT NULL
        AND (new.step IS NOT old.step OR new.step_since IS NOT old.step_since);
END;
CREATE TEMP TRIGGER call_new AFTER INSERT ON main.call BEGIN
    INSERT OR IGNORE INTO touched SELECT new.incident_id WHERE new.incident_id IS NOT NULL; END;
CREATE TEMP TRIGGER call_changed AFTER UPDATE OF state, result, outcome ON main.call BEGIN
    INSERT OR IGNORE INTO touched SELECT new.incident_id WHERE new.incident_id IS NOT NULL; END;
CREATE TEMP TRIGGER call_moved AFTER UPDATE OF state ON main.call BEGIN
    INSERT OR IGNORE INTO claimed
        SELECT new.id WHERE new.state = 'started' AND old.state != 'started';
    INSERT INTO broken SELECT 'the call ' || new.id || ' was begun again from ' || old.state
        WHERE new.state = 'started' AND old.state != 'requested';
    INSERT INTO broken SELECT 'the ended call ' || new.id || ' lives again'
        WHERE old.state IN ('ended', 'cancelled') AND new.state != old.state;
END;
CREATE TEMP TRIGGER logbook_changed AFTER UPDATE ON main.logbook BEGIN
    INSERT INTO broken VALUES ('an entry of the logbook was changed'); END;
CREATE TEMP TRIGGER logbook_cut AFTER DELETE ON main.logbook BEGIN
    INSERT INTO broken VALUES ('an entry of the logbook was deleted'); END;
CREATE TEMP TRIGGER signal_lost AFTER DELETE ON main.signal BEGIN
    INSERT INTO broken VALUES ('a signal was deleted'); END;
"""

_NOBODYS = f"""
SELECT i.id FROM touched JOIN incident i ON i.id = touched.id
WHERE i.state = 'open' AND i.holder IS NULL AND i.storm_until IS NULL AND (
    i.with_human AND i.queue_due IS NULL
    OR NOT i.with_human AND i.machine_due IS NULL AND NOT EXISTS (
        SELECT 1 FROM call c WHERE c.incident_id = i.id AND c.state IN ({_LIVE})))
"""
_HIDDEN = """
SELECT i.id FROM touched JOIN incident i ON i.id = touched.id
WHERE i.state = 'open' AND NOT i.with_human AND i.storm_until IS NULL AND i.category = 'vital'
"""
_DURESS = """
SELECT i.id FROM touched JOIN incident i ON i.id = touched.id
JOIN call c ON c.incident_id = i.id AND c.result = 'duress'
WHERE NOT (i.duress AND i.with_human AND i.category = 'vital')
"""
_TWO_UP = f"""
SELECT "to" FROM call WHERE state IN ({_UP}) AND direction = 'outgoing'
GROUP BY "to" HAVING count(*) > 1
"""
_CLAIMED = f"""
SELECT c.id, c."to", c.step, c.contact_id, c.incident_id, i.plan, EXISTS (
    SELECT 1 FROM incident m WHERE m.site_id = i.site_id AND m.state = 'open'
    AND (m.duress OR m.kind IN ({_PERSONAL}))) AS mute
FROM claimed JOIN call c ON c.id = claimed.id LEFT JOIN incident i ON i.id = c.incident_id
"""
_CLOSED = """
SELECT i.id, i.resolution_code, i.storm_id, l.who, i.grounds LIKE '%/restored' OR EXISTS (
    SELECT 1 FROM call c WHERE c.incident_id = i.id
    AND i.grounds IN (c.step || '/' || c.outcome, c.step || '/' || c.result)
) OR EXISTS (
    SELECT 1 FROM task t WHERE t.incident_id = i.id AND t.step || '/' || t.outcome = i.grounds
) AS justified
FROM closed JOIN incident i ON i.id = closed.id
JOIN logbook l ON l.incident = i.id AND l.kind = 'closed'
ORDER BY l.number DESC LIMIT 1
"""
#: Of the queue the most urgent: it is they that ring, and one telephone rings for all of them.
_DUE = """
SELECT id, min(coalesce(machine_due, '9'), coalesce(normal_due, '9')) AS due FROM incident
WHERE state != 'filed' AND (machine_due <= :now OR normal_due <= :now)
UNION ALL SELECT * FROM (
    SELECT id, queue_due FROM incident
    WHERE state = 'open' AND queue_due <= :now AND (with_human OR holder IS NOT NULL)
    ORDER BY priority, opened_at LIMIT 50)
"""


class Watch:
    """Over one seed's database. ``broken`` is told of each finding."""

    def __init__(
        self, raw: sqlite3.Connection, broken: Callable[[str], None], seconds: Callable[[], float]
    ) -> None:
        self._raw, self._broken, self._seconds = raw, broken, seconds
        self._late: dict[tuple[str, str], float] = {}
        self.latest = 0.0  # the longest that anything due has waited, in seconds
        if not raw.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'touched'").fetchone():
            raw.executescript(_MONITORS)
        for table in ("broken", "touched", "claimed", "closed", "filed", "entered"):
            raw.execute(f"DELETE FROM temp.{table}")

    def _all(self, query: str, *values: Any) -> list[Any]:
        return self._raw.execute(query, *values).fetchall()

    def committed(self) -> None:
        """After each commit: what it touched."""
        for (what,) in self._all("SELECT what FROM temp.broken"):
            self._broken(what)
        for (incident,) in self._all(_NOBODYS):
            self._broken(f"incident {incident} is nobody's: neither due, nor called, nor queued")
        for (incident,) in self._all(_HIDDEN):
            self._broken(f"the vital incident {incident} is not in front of a human")
        for (incident,) in self._all(_DURESS):
            self._broken(f"duress in incident {incident}, and no silent alarm")
        if claimed := self._all(_CLAIMED):
            self._claimed(claimed)
            self._raw.execute("DELETE FROM temp.claimed")
        if self._all("SELECT 1 FROM temp.closed LIMIT 1"):
            for incident, code, storm, who, justified in self._all(_CLOSED):
                if who == MACHINE and not (justified or code == "cancelled" or storm):
                    self._broken(f"the machine closed {incident} as {code} without a reason")
            self._raw.execute("DELETE FROM temp.closed")
        for (incident,) in self._all("SELECT id FROM temp.filed"):
            self._filed(incident)
        self._raw.execute("DELETE FROM temp.filed")
        self._raw.execute("DELETE FROM temp.touched")

    def _filed(self, incident: str) -> None:
        """Nothing is open there that nobody signed for (D26, D30)."""
        left = open_and_unsigned.found(
            self._all, incident, clock.now(), wants_armed=lambda _: False, supervisors=SUPERVISORS
        )
        for line in left:
            self._broken(f"incident {incident} is filed, and {line} is open and unsigned")

    def _claimed(self, rows: list[Any]) -> None:
        for (number,) in self._all(_TWO_UP):
            self._broken(f"two calls to {number} are up")
        for call_id, to, step, contact, incident, _plan, mute in rows:
            if refusal(to) is not None:
                self._broken(f"{to} was dialled by the machine")
            if contact is not None and mute:
                self._broken(f"call {call_id} rings {contact} of a site that must stay mute")
            if contact is not None and incident is not None:
                self._attempts(incident, step, contact)

    def _attempts(self, incident: str, step: str, contact: str) -> None:
        """No more calls to one person than the plan has, and the retries beyond it."""
        plan = self._all(
            "SELECT json_extract(value, '$.kind'), coalesce(json_extract(value, '$.attempts'), 1)"
            " FROM incident, json_each(incident.plan, '$.steps')"
            " WHERE incident.id = ? AND json_extract(value, '$.id') = ?",
            (incident, step),
        )
        if not plan or plan[0][0] not in CALLING:
            return  # a call that a person asked for, or to a guard firm
        begun = self._all("SELECT 1 FROM temp.entered WHERE id = ? AND step = ?", (incident, step))
        outcomes = [
            outcome
            for (outcome,) in self._all(
                "SELECT outcome FROM call WHERE incident_id = ? AND step = ? AND contact_id = ?"
                " AND state != 'cancelled'",
                (incident, step, contact),
            )
        ]
        unknown = min(outcomes.count(Outcome.UNKNOWN), len(begun))
        allowed = plan[0][1] * len(begun) + unknown * (1 + BUSY_RETRIES)
        allowed += outcomes.count(Outcome.TRUNK_FAILURE)
        if len(outcomes) > allowed:
            self._broken(f"{contact} was called {len(outcomes)} times in {step} of {incident}")

    def acknowledged(self, deduplication: str) -> None:
        """A panel was told that its message is safe."""
        if not self._all("SELECT 1 FROM signal WHERE deduplication = ?", (deduplication,)):
            self._broken(f"{deduplication!r} was acknowledged and is not stored")

    def each_second(self, now: datetime) -> None:
        """Whatever is due is done soon."""
        seconds, due = self._seconds(), {}
        at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        for key in self._all(_DUE, {"now": at}):
            due[key] = self._late.get(key, seconds)
            late = seconds - due[key]
            self.latest = max(self.latest, late)
            if late > LATE_AT_MOST:
                self._broken(f"incident {key[0]} is due since {key[1]}, and nothing is done")
        self._late = due

    # --- the end of a seed ---

    def finished(self, tx: Tx, sent: list[str], invites: dict[str, int]) -> None:
        """Nothing is left open, nothing was lost, and the logbook is whole."""
        for fault in verify(tx).faults:
            self._broken(f"the logbook: {fault}")
        stored = {row[0] for row in self._all("SELECT deduplication FROM signal")}
        for deduplication in sent:
            if deduplication not in stored:
                self._broken(f"{deduplication!r} never arrived")
        for (signal,) in self._all("SELECT id FROM signal WHERE correlated_at IS NULL"):
            self._broken(f"signal {signal} was never correlated")
        for (incident,) in self._all(
            "SELECT id FROM incident WHERE state = 'open' AND NOT with_human AND holder IS NULL"
            " AND storm_until IS NULL"
        ):
            self._broken(f"incident {incident} ended without a human or a closure")
        self._dialled(invites)

    def _dialled(self, invites: dict[str, int]) -> None:
        rows = self._all(
            "SELECT id, coalesce(leader, id), state, outcome FROM call WHERE direction = 'outgoing'"
        )
        for call_id, spoke, state, outcome in rows:
            if state in [live.value for live in LIVE_STATES]:
                self._broken(f"call {call_id} never ended")
            if outcome in _HEARD and invites.get(spoke, 0) != 1:
                self._broken(f"call {call_id} is said to be {outcome}, and nobody was called")
        known = {row[0] for row in rows}
        for call_id in invites:
            if call_id not in known:
                self._broken(f"the network was asked for call {call_id}, which has no row")


#: Outcomes that only the far end can have caused.
_HEARD = frozenset(Outcome) - {
    Outcome.NO_NUMBER,
    Outcome.TRUNK_FAILURE,
    Outcome.UNKNOWN,
    Outcome.ERROR,
}
