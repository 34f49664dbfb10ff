"""Signals: stored (then acknowledged), and later correlated: an incident opened or joined."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from callflow import call_plan, incident, standard_plans
from callflow.handling.deciding import decide, hand_to_human, settle
from callflow.handling.telling import draft, tell
from callflow.incident import Event, Machine, State
from callflow.logbook import Draft
from callflow.signal import ALWAYS_OWN, PERSONAL, Category, Kind, Signal
from callflow.signals import events
from callflow.signals.events import EventRow
from callflow.site import SiteState
from callflow.storage import Tx, incidents, sites
from callflow.storage import logbook as logbook_rows
from callflow.storage import signals as signal_rows

Row = dict[str, Any]


def store_signals(tx: Tx, signals: Sequence[Signal]) -> None:
    """The acknowledging transaction: one bulk insert and nothing else (invariant 1)."""
    signal_rows.insert(tx, [_stored(signal) for signal in signals])


def signal_id(tx: Tx, deduplication: str) -> str | None:
    """The id under which a signal, or its first delivery, was stored."""
    return signal_rows.by_deduplication(tx, deduplication)


def heard(tx: Tx, accounts: dict[str, datetime]) -> None:
    """When accounts were last heard; flushed at least every five seconds."""
    sites.note_heard(tx, accounts)


def _stored(signal: Signal) -> Row:
    meaning = events.classify(signal)
    return {
        "id": uuid.uuid4().hex,
        "deduplication": signal.deduplication,
        "account": signal.account,
        "format": signal.format,
        "line": signal.line,
        "code": signal.code[:16],
        "zone": signal.zone[:16],
        "partition": signal.partition[:16],
        "panel_user": signal.user[:16],
        "text": signal.text,
        "raw": signal.raw,
        "encrypted": signal.encrypted,
        "kind": meaning.kind.value,
        "rank": _rank(meaning),
        "received_at": signal.received_at,
        "panel_time": signal.panel_time,
    }


def _rank(meaning: EventRow) -> int:
    if incident.starts_with_human(meaning.kind, meaning.category):
        return 0
    return 1 if meaning.opens else 2


def correlate(tx: Tx, now: datetime, *, limit: int = 400) -> int:
    """Take signals of the backlog, vital first, and give each its incident; how many."""
    backlog = signal_rows.backlog(tx, limit=limit)
    if backlog:
        _Correlation(tx, backlog, now).run()
    return len(backlog)


class _Correlation:
    """One batch: read once, changed in memory, written once."""

    def __init__(self, tx: Tx, backlog: list[Row], now: datetime) -> None:
        self.tx, self.backlog, self.now = tx, backlog, now
        accounts = {row["account"] for row in backlog}
        self.sites = sites.site_of_accounts(tx, accounts)
        self.zone_kinds = sites.zone_kinds(tx, accounts)
        self.open: dict[str, list[Row]] = {}
        for row in incidents.unfiled(tx, sorted(set(self.sites.values())), sorted(accounts)):
            self._index(row)
        self.changed: dict[str, Row] = {}
        self.decide: dict[str, None] = {}  # in order, each once
        self.links: list[tuple[str, str | None, str]] = []
        self.drafts: list[Draft] = []

    def run(self) -> None:
        for row in self.backlog:
            self._one(row)
        for row in self.changed.values():
            incidents.change(
                self.tx,
                row,
                zones=row["zones"],
                signal_count=row["signal_count"],
            )
        logbook_rows.append(self.tx, *self.drafts)
        signal_rows.mark_correlated(self.tx, self.links, self.now)
        for row in self.changed.values():
            self._settle(row["id"])
        for incident_id in self.decide:
            decide(self.tx, incident_id, self.now)

    def _index(self, row: Row) -> None:
        self.open.setdefault(row["site_id"] or f"account:{row['account']}", []).append(row)

    def _one(self, signal: Row) -> None:
        zone_kind = self.zone_kinds.get((signal["account"], signal["zone"]))
        meaning = events.classify(_as_signal(signal), zone_kind)
        site = self.sites.get(signal["account"])
        here = self.open.get(site or f"account:{signal['account']}", [])
        if meaning.restores is not None:
            found = self._restore(signal, meaning.restores, here)
        elif meaning.opens:
            found = self._alarm(signal, meaning, site, here)
        else:
            found = None
        self.links.append((signal["id"], found["id"] if found else None, meaning.kind.value))
        self.drafts.append(
            draft(
                "signal",
                self.now,
                incident=found["id"] if found else None,
                site=site,
                code=signal["code"],
                zone=signal["zone"],
                format=signal["format"],
                label=meaning.fr,
                text=signal["text"],
                signal=signal["id"],
            )
        )

    def _restore(self, signal: Row, kind: Kind, here: list[Row]) -> Row | None:
        """A restore closes nothing by itself: it marks the incident's zone restored."""
        for row in here:
            if incident.family(Kind(row["kind"]), kind) and signal["zone"] in row["zones"]:
                row["zones"] = {**row["zones"], signal["zone"]: "restored"}
                self.changed[row["id"]] = row
                self.drafts.append(self._draft("restored", row, zone=signal["zone"]))
                return row
        return None

    def _draft(self, kind: str, row: Row, **data: Any) -> Draft:
        return draft(kind, self.now, incident=row["id"], site=row["site_id"], **data)

    def _alarm(self, signal: Row, meaning: EventRow, site: str | None, here: list[Row]) -> Row:
        kind = meaning.kind if site else Kind.UNKNOWN
        for row in here:
            if _same(row, kind, signal["zone"]):
                return self._join(row, signal, kind)
        row = self._open(signal, meaning, kind, site)
        self._index(row)
        self.decide[row["id"]] = None
        return row

    def _join(self, row: Row, signal: Row, kind: Kind) -> Row:
        fresh = signal["zone"] not in row["zones"]
        row["zones"] = {**row["zones"], signal["zone"]: "alarm"}
        row["signal_count"] += 1
        self.changed[row["id"]] = row
        if fresh and kind is Kind.INTRUSION and not row["confirmed"] and len(row["zones"]) > 1:
            self._confirm(row)
        if row["state"] != State.OPEN.value:
            self._reopen(row)
        elif row["parked_until"] is not None:  # a new alarm un-parks (D6)
            row.update(incidents.change(self.tx, row, parked_until=None, queue_due=self.now))
        return row

    def _confirm(self, row: Row) -> None:
        """Two different zones of an intrusion: confirmed, so vital (D5)."""
        row.update(
            incidents.change(
                self.tx, row, confirmed=True, category=Category.VITAL.value, priority=1
            )
        )
        self.drafts.append(self._draft("incident_confirmed", row))
        if row["state"] == State.OPEN.value:
            row.update(hand_to_human(self.tx, row, "vital", self.now))

    def _reopen(self, row: Row) -> None:
        """A new alarm voids what was decided (D6): the plan starts over."""
        state = incident.after(State(row["state"]), Event.ALARM)
        row.update(
            incidents.change(
                self.tx,
                row,
                state=state.value,
                step=None,
                step_since=None,
                machine=Machine.RUNNING.value,
                normal_due=None,
                closed_at=None,
                resolution_code=None,
                with_human=False,
                human_since=None,
                human_reason="",
            )
        )
        self.drafts.append(self._draft("incident_reopened", row))
        if row["category"] == Category.VITAL.value or Kind(row["kind"]) in PERSONAL:
            row.update(hand_to_human(self.tx, row, "vital", self.now))
        self.decide[row["id"]] = None

    def _open(self, signal: Row, meaning: EventRow, kind: Kind, site: str | None) -> Row:
        plan = _plan(self.tx, site, kind, meaning.category)
        category = Category.VITAL if kind in PERSONAL else meaning.category
        row: Row = {
            "id": uuid.uuid4().hex,
            "site_id": site,
            "account": signal["account"],
            "kind": kind.value,
            "category": category.value,
            "priority": meaning.priority,
            "state": State.OPEN.value,
            "confirmed": False,
            "duress": kind is Kind.DURESS,
            "zones": {signal["zone"]: "alarm"},
            "signal_count": 1,
            "plan": call_plan.to_json(plan),
            "step": None,
            "step_since": None,
            "machine": Machine.RUNNING.value,
            "with_human": False,
            "human_reason": "",
            "human_since": None,
            "queue_due": None,
            "queue_level": 0,
            "holder": None,
            "held_since": None,
            "parked_until": None,
            "machine_due": None,
            "normal_due": None,
            "opened_at": self.now,
            "closed_at": None,
            "resolution_code": None,
            "resolution_text": "",
            "version": 1,
        }
        incidents.insert(self.tx, row)
        tell(
            self.tx,
            "incident_opened",
            self.now,
            row,
            alarm=kind.value,
            priority=meaning.priority,
            plan=plan.name,
        )
        if incident.starts_with_human(kind, category):
            reason = "personal" if kind in PERSONAL else "vital"
            row = hand_to_human(self.tx, row, reason, self.now)
        return row

    def _settle(self, incident_id: str) -> None:
        """A treated incident whose last zone is restored is filed."""
        row = incidents.get(self.tx, incident_id)
        if row is not None and row["state"] == State.AWAITING_NORMAL.value:
            settle(self.tx, row, self.now)


def _as_signal(row: Row) -> Signal:
    return Signal(
        account=row["account"],
        format=row["format"],
        code=row["code"],
        zone=row["zone"],
        received_at=row["received_at"],
        deduplication=row["deduplication"],
    )


def _same(row: Row, kind: Kind, zone: str) -> bool:
    """Whether a signal belongs to an unfiled incident (D6).

    Kinds that always open their own still join the very same zone: a panel repeats itself.
    """
    if kind in ALWAYS_OWN:
        return row["kind"] == kind.value and zone in row["zones"]
    return incident.joins(Kind(row["kind"]), kind)


def _plan(tx: Tx, site: str | None, kind: Kind, category: Category) -> call_plan.Plan:
    """The plan that is frozen into the incident; one that can't be read becomes a human's."""
    if site is None:
        return standard_plans.OPERATOR
    row = sites.site_row(tx, site)
    if row is None or SiteState(row["state"]) in (SiteState.SUSPENDED, SiteState.TERMINATED):
        return standard_plans.OPERATOR  # D2: a human reads the agreed text; nobody is called
    body = sites.plan_body(tx, standard_plans.plan_id(row["plans"], kind, category))
    try:
        return call_plan.from_json(body) if body else standard_plans.OPERATOR
    except call_plan.PlanError:
        return standard_plans.OPERATOR
