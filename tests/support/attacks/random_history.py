"""Rows of alarms as they never happened: drawn from a seed, in any order that rows may have.

Around both days on which the clock changes, at the edges of days, months and milliseconds. For what
reads rows and asks nothing of their sense: the logbook's entries here are in no chain.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from callflow.storage import Tx
from callflow.storage import schema as t

Row = dict[str, Any]
#: The station's days of 23 and 25 hours, and an end of a month and of a year.
_DAYS = tuple(
    datetime(*day, tzinfo=UTC)
    for day in ((2026, 3, 28), (2026, 3, 29), (2026, 10, 24), (2026, 10, 25), (2026, 12, 31))
)
_KINDS = ("intrusion", "fire", "hold_up", "power", "technical", "medical", "duress", "panic")
_CATEGORIES = ("vital", "security", "technical", "information")
_CODES = (
    *("false_alarm", "cancelled", "operating_error", "nothing_found", "known_cause"),
    *("intervention", "technical", "other"),
)
OPERATORS = ("ines", "max", "nora", "=SUM(A1)", "Zoé <b>")
MAKERS = ("Ajax", "Honeywell", None, "")
TRUNKS = ("one", "two")
_ACTS = (
    *("claimed", "claimed", "transferred", "released", "parked", "resumed", "came_back"),
    *("closed", "incident_reopened", "undone", "reopened", "note", "call_placed", "human"),
)
_MACHINES = ("came_back", "incident_reopened", "human", "call_placed", "incident_opened")
_STEPS = ("counter_call", "keyholders", "queue", "bridge", "by_hand", "own_phone")
_OUTCOMES = ("verified_ok", "no_answer", "busy", "trunk_failure", "refused", None)


class RandomHistory:
    """A station's past. ``days``: instants around which alarms come in; None: the difficult ones.
    What is drawn depends on the seed alone."""

    def __init__(self, seed: int, *, sites: int = 12, days: tuple[datetime, ...] = _DAYS) -> None:
        self._drawn = random.Random(seed)
        self._sites, self._days = sites, days
        self._made = self._entries = 0

    def later(self, *days: datetime) -> None:
        """From now on alarms come in around these."""
        self._days = days

    def world(self, tx: Tx) -> None:
        """The sites, and their panels."""
        tx.execute(t.client.insert(), [{"id": "c", "name": "Client"}])
        now = self._days[0]
        sites = [
            {
                "id": f"s{place}",
                "client_id": "c",
                "name": f"Site {place}",
                "address": "",
                "timezone": "Europe/Paris",
                "language": "fr",
                "state": "active",
                "plans": {},
                "changed_at": now,
            }
            for place in range(self._sites)
        ]
        tx.execute(t.site.insert(), sites)
        accounts = [
            {"account": f"{place}", "site_id": f"s{place}", "maker": self._drawn.choice(MAKERS)}
            for place in range(self._sites)
        ]
        tx.execute(t.account.insert(), accounts)

    def alarms(self, tx: Tx, count: int, *, signals: int = 2, entries: int = 6) -> list[str]:
        """So many alarms, with up to so many signals and acts; their ids."""
        made = [self._alarm(signals, entries) for _ in range(count)]
        for table, drawn in (
            (t.incident, [rows["incident"] for rows in made]),
            (t.signal, [row for rows in made for row in rows["signals"]]),
            (t.call, [row for rows in made for row in rows["calls"]]),
            (t.verification, [row for rows in made for row in rows["verifications"]]),
            (t.logbook, [row for rows in made for row in rows["entries"]]),
        ):
            if drawn:
                tx.execute(table.insert(), drawn)
        return [str(rows["incident"]["id"]) for rows in made]

    def goes_on(self, tx: Tx, incident_id: str) -> None:
        """Something more happens to an alarm that was there: it is closed, or open again."""
        at = self._days[-1] + timedelta(days=2, seconds=self._drawn.uniform(0, 90_000))
        closed = self._drawn.random() < 0.6
        tx.execute(
            t.incident.update()
            .where(t.incident.c.id == incident_id)
            .values(
                closed_at=at if closed else None,
                resolution_code=self._drawn.choice(_CODES) if closed else None,
            )
        )
        kind = "closed" if closed else "incident_reopened"
        tx.execute(t.logbook.insert(), [self._entry(incident_id, at, kind)])

    def _at(self) -> datetime:
        day = self._drawn.choice(self._days)
        if self._drawn.random() < 0.2:  # at the very edge of an hour
            at = day + timedelta(hours=self._drawn.randrange(48))
            return at + timedelta(microseconds=self._drawn.choice((-1, 0, 1, -1000, 999)))
        return day + timedelta(seconds=self._drawn.uniform(0, 2 * 86_400))

    def _after(self) -> timedelta:
        """A while; now and then just at the edge of a bar."""
        if self._drawn.random() < 0.3:
            edge = self._drawn.choice((5, 30, 60, 90, 180))
            return timedelta(seconds=edge, microseconds=self._drawn.choice((-1000, -1, 0, 1, 1000)))
        return timedelta(seconds=self._drawn.expovariate(1 / 120))

    def _alarm(self, signals: int, entries: int) -> dict[str, Any]:
        self._made += 1
        drawn, number = self._drawn, self._made
        received, place = self._at(), drawn.randrange(self._sites)
        incident_id, account = f"{drawn.getrandbits(48):012x}{number:06d}", str(place)
        opened = received + timedelta(milliseconds=drawn.randrange(900))
        happened = [received + self._after() for _ in range(drawn.randrange(entries + 1))]
        closed = received + 2 * self._after() if drawn.random() < 0.8 else None
        calls = [
            self._call(incident_id, received + self._after()) for _ in range(drawn.randrange(3))
        ]
        verifications = [
            {
                "id": f"v{number}-{place}",
                "incident_id": incident_id,
                "means": "call",
                "result": "nothing",
                "weight": "strong",
                "by": "ines",
                "note": "",
                "at": received + self._after(),
            }
            for place in range(drawn.randrange(3) % 2)
        ]
        return {
            "incident": self._incident(incident_id, account, place, opened, closed),
            "signals": list(self._signals(incident_id, account, received, signals)),
            "calls": calls,
            "verifications": verifications,
            "entries": [
                self._entry(incident_id, opened, "incident_opened"),
                *(self._entry(incident_id, at, drawn.choice(_ACTS)) for at in sorted(happened)),
            ],
        }

    def _incident(
        self, incident_id: str, account: str, place: int, opened: datetime, closed: datetime | None
    ) -> Row:
        drawn = self._drawn
        return {
            "id": incident_id,
            "site_id": f"s{place}" if drawn.random() < 0.95 else None,
            "account": account,
            "kind": drawn.choice(_KINDS),
            "category": drawn.choice(_CATEGORIES),
            "priority": 2,
            "state": "filed" if closed else "open",
            "confirmed": False,
            "duress": drawn.random() < 0.1,
            "zones": {},
            "signal_count": 1,
            "plan": {},
            "exercise": drawn.random() < 0.05,
            "machine": "done",
            "with_human": False,
            "human_reason": "",
            "queue_level": 0,
            "opened_at": opened,
            "closed_at": closed,
            "resolution_code": drawn.choice(_CODES) if closed else None,
            "resolution_text": "",
            "version": 1,
        }

    def _signals(
        self, incident_id: str, account: str, received: datetime, most: int
    ) -> Iterator[Row]:
        for place in range(self._drawn.randrange(most + 1)):
            yield {
                "id": f"{incident_id}-{place}",
                "deduplication": f"{incident_id}-{place}",
                "account": account,
                "format": "sia",
                "line": "dc09",
                "code": "BA",
                "zone": str(self._drawn.randrange(4)),
                "partition": "",
                "panel_user": "",
                "text": "",
                "raw": "",
                "encrypted": False,
                "kind": "intrusion",
                "rank": 1,
                "received_at": received + place * timedelta(seconds=7),
                "correlated_at": received,
                "incident_id": incident_id,
            }

    def _call(self, incident_id: str, at: datetime) -> Row:
        drawn = self._drawn
        placed = at if drawn.random() < 0.9 else None
        answered = at + self._after() if placed and drawn.random() < 0.5 else None
        over = drawn.random() < 0.9
        return {
            "id": f"{incident_id}-{drawn.getrandbits(60):x}",
            "incident_id": incident_id,
            "direction": "outgoing" if drawn.random() < 0.9 else "incoming",
            "dialogue": "verification",
            "step": drawn.choice(_STEPS),
            "to": "+33639980001",
            "attempt": 1,
            "priority": 1,
            "trunk": drawn.choice(TRUNKS) if placed else "",
            "node": "node0",
            "ring_time": 30.0,
            "state": "ended" if over else "ringing",
            "detail": "",
            "requested_at": at,
            "placed_at": placed,
            "answered_at": answered,
            "ended_at": (answered or at) + self._after() if over else None,
            "outcome": drawn.choice(_OUTCOMES) if over else None,
        }

    def _entry(self, incident_id: str, at: datetime, kind: str) -> Row:
        self._entries += 1
        drawn = self._drawn
        by_machine = kind in (
            *("came_back", "incident_reopened", "human", "call_placed"),
            "incident_opened",
        )
        who = "callflow" if by_machine or drawn.random() < 0.1 else drawn.choice(OPERATORS)
        data = {
            "transferred": {"by": who, "to": drawn.choice(OPERATORS)},
            "undone": {"undone": drawn.choice(("claim", "park", "close")), "by": who},
        }.get(kind, {})
        return {
            "id": f"e{self._entries}-{incident_id}",
            "chain": f"incident:{incident_id}",
            "seq": self._entries,
            "at": at,
            "site": None,
            "incident": incident_id,
            "who": who,
            "kind": kind,
            "text": "",
            "data": data,
            "previous": "",
            "hash": "",
            "mac": "",
        }
