"""Which incident a signal belongs to: read once for a batch, changed in memory, written once."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from callflow import call_plan, incident, standard_plans
from callflow.handling.deciding import decide, mute_site, settle
from callflow.handling.policy import load_policy
from callflow.handling.telling import draft
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


class Correlation:
    """One batch of signals, in the order in which they count."""

    def __init__(self, tx: Tx, signals: list[Row], now: datetime) -> None:
        self.tx, self.signals, self.now = tx, signals, now
        accounts = {row["account"] for row in signals}
        self.sites = sites.site_of_accounts(tx, accounts)
        self.zone_kinds = sites.zone_kinds(tx, accounts)
        self.policy = load_policy(tx)
        self.unfiled: dict[str, list[Row]] = {}
        for row in incidents.unfiled(tx, sorted(set(self.sites.values())), sorted(accounts)):
            self._index(row)
        self.fresh: dict[str, Row] = {}
        self.changed: dict[str, Row] = {}
        self.decide: dict[str, None] = {}  # in order, each once
        self.links: list[tuple[str, str | None, str]] = []
        self.drafts: list[Draft] = []

    def run(self) -> None:
        """Correlate them all, then decide what was opened."""
        for signal in self.signals:
            self._one(signal)
        incidents.insert(self.tx, list(self.fresh.values()))
        incidents.write(self.tx, [r for i, r in self.changed.items() if i not in self.fresh])
        logbook_rows.append(self.tx, *self.drafts)
        signal_rows.mark_correlated(self.tx, self.links, self.now)
        self._settle()
        for incident_id in self.decide:
            decide(self.tx, incident_id, self.now)
        for row in self.fresh.values():
            if Kind(row["kind"]) in PERSONAL:  # nothing rings at its site any more (D7)
                mute_site(self.tx, row, self.now)

    def _settle(self) -> None:
        """A treated incident whose last zone is restored is filed."""
        for incident_id, changed in self.changed.items():
            if changed["state"] == State.AWAITING_NORMAL.value:
                row = incidents.get(self.tx, incident_id)
                assert row is not None
                settle(self.tx, row, self.now)

    def _index(self, row: Row) -> None:
        self.unfiled.setdefault(row["site_id"] or f"account:{row['account']}", []).append(row)

    def _one(self, signal: Row) -> None:
        zone_kind = self.zone_kinds.get((signal["account"], signal["zone"]))
        meaning = events.classify(_as_signal(signal), zone_kind)
        site = self.sites.get(signal["account"])
        here = self.unfiled.get(site or f"account:{signal['account']}", [])
        found: Row | None = None
        if site is None or meaning.opens:  # whatever an undeclared account sends is looked at
            found = self._alarm(signal, meaning, site, here)
        elif meaning.restores is not None:
            found = self._restore(signal, meaning.restores, here)
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
                self._change(row, zones={**row["zones"], signal["zone"]: "restored"})
                self._tell("restored", row, zone=signal["zone"])
                return row
        return None

    def _change(self, row: Row, **values: Any) -> None:
        row.update(values)
        self.changed[row["id"]] = row

    def _tell(self, kind: str, row: Row, **data: Any) -> None:
        self.drafts.append(draft(kind, self.now, incident=row["id"], site=row["site_id"], **data))

    def _alarm(self, signal: Row, meaning: EventRow, site: str | None, here: list[Row]) -> Row:
        kind = meaning.kind if site else Kind.UNKNOWN
        for row in here:
            if _same(row, kind, signal["zone"]):
                self._join(row, signal, kind, meaning.category)
                return row
        return self._open(signal, meaning, kind, site)

    def _join(self, row: Row, signal: Row, kind: Kind, category: Category) -> None:
        another = signal["zone"] not in row["zones"]
        self._change(
            row,
            zones={**row["zones"], signal["zone"]: "alarm"},
            signal_count=row["signal_count"] + 1,
        )
        if not row["confirmed"] and (
            (another and kind is Kind.INTRUSION)
            or (category is Category.VITAL and row["category"] != Category.VITAL.value)
        ):
            self._confirm(row)
        if row["state"] != State.OPEN.value:
            self._reopen(row)
        elif row["parked_until"] is not None:  # a new alarm un-parks (D6)
            self._change(row, parked_until=None, queue_due=self.now)

    def _confirm(self, row: Row) -> None:
        """Two different zones of an intrusion, or a panel that says so: vital from now on (D5)."""
        self._change(row, confirmed=True, category=Category.VITAL.value, priority=1)
        self._tell("incident_confirmed", row)
        if row["state"] == State.OPEN.value:
            self._hand_to_human(row, "vital")

    def _hand_to_human(self, row: Row, reason: str) -> None:
        """As ``deciding.hand_to_human``, in memory."""
        if row["with_human"] and row["human_reason"] == reason:
            return
        due = row["queue_due"]
        if row["holder"] is None:
            target = self.now + self.policy.target(Category(row["category"]))
            due = min(due or target, target)
        since = row["human_since"] or self.now
        values: Row = dict(with_human=True, human_reason=reason, human_since=since, queue_due=due)
        self._change(row, **values)
        self._tell("human", row, reason=reason, text="")

    def _reopen(self, row: Row) -> None:
        """A new alarm voids what was decided (D6): the plan starts over."""
        self._change(
            row,
            state=incident.after(State(row["state"]), Event.ALARM).value,
            step=None,
            step_since=None,
            machine=Machine.RUNNING.value,
            normal_due=None,
            closed_at=None,
            resolution_code=None,
            with_human=False,
            human_since=None,
            human_reason="",
            queue_due=None,
            holder=None,
            held_since=None,
        )
        self._tell("incident_reopened", row)
        self._from_receipt(row)
        self.decide[row["id"]] = None

    def _from_receipt(self, row: Row) -> None:
        """Vital and personal alarms stand in the human queue from the start (D5)."""
        kind, category = Kind(row["kind"]), Category(row["category"])
        if incident.starts_with_human(kind, category):
            self._hand_to_human(row, "personal" if kind in PERSONAL else "vital")

    def _open(self, signal: Row, meaning: EventRow, kind: Kind, site: str | None) -> Row:
        plan = _plan(self.tx, site, kind, meaning.category)
        row = opened(signal, meaning, kind, site, plan, self.now)
        self.fresh[row["id"]] = row
        self._index(row)
        named = {"alarm": row["kind"], "priority": row["priority"], "plan": plan.name}
        self._tell("incident_opened", row, **named)
        self._from_receipt(row)
        self.decide[row["id"]] = None
        return row


def opened(
    signal: Row,
    meaning: EventRow,
    kind: Kind,
    site: str | None,
    plan: call_plan.Plan,
    now: datetime,
) -> Row:
    """The row of an incident that ``signal`` opens; ``plan`` is frozen into it (invariant 7)."""
    category = Category.VITAL if kind in PERSONAL else meaning.category
    return {
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
        "opened_at": now,
        "closed_at": None,
        "resolution_code": None,
        "resolution_text": "",
        "version": 1,
    }


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
