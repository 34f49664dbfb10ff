"""Nights at a station: varied incidents that the real handling makes, people acting by chance."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Outcome
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import Plan, StepKind, to_json
from callflow.core.plans.task import Task
from callflow.core.simulation import RandomPeople
from callflow.core.simulation.behaviour import ANSWERED
from callflow.core.sites.site import Site
from callflow.handling.alarms import deciding, operating, receiving
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base import refusals, storing
from callflow.handling.calls import calling, dialogues
from callflow.handling.interventions.guards import guard_event
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.signals import signals
from tests.integration.handling.station import Station

_ENDLESS = 500.0  # seconds after which a call that never ends is lost
_LATE = 0.05  # seconds that an engine is late at most
#: {code of an alarm: that of its restore}; most nights are intrusions.
_CODES = {"BA": "BR", "FA": "FR", "AT": "AR", "PA": "PR"}


def put_site(station: Station, account: str, plan: str, site: Site) -> None:
    """A site with these people, whose alarms of any kind follow ``plan``."""
    people = [
        {
            "id": f"{account} {c.id}",
            "name": c.name,
            "role": c.role.value,
            "rank": c.rank + 1,  # a site counts from 1
            "phone": c.phone and c.phone[:6] + account[-2:] + c.phone[-4:],
            "authorities": {"*": ["cancel", "send_guard"]},
        }
        for c in site.contacts
    ]
    kinds = ("intrusion", "fire", "power", "panic")
    station.put(account, contacts=people, plans=dict.fromkeys(kinds, plan))


def publish(station: Station, plan: Plan) -> None:
    body = to_json(plan)
    station.write(lambda tx: plans.publish_plan(tx, body, "admin", station.now))


class Night:
    """One alarm from its signal to its end, in one transaction, in virtual time."""

    def __init__(self, station: Station, account: str, rng: random.Random) -> None:
        self.station, self.account, self.rng = station, account, rng
        self.people = RandomPeople(chance=rng)
        self.now = station.now
        self._ahead: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._seen: set[str] = set()
        self._asked: dict[str, int] = {}

    def run(self) -> None:
        self.station.write(self._run)
        self.station.now = self.now + timedelta(hours=1)

    def _run(self, tx: Tx) -> None:
        self.tx = tx
        code = self.rng.choices(list(_CODES), [12, 2, 3, 1])[0]
        self.incident = self._signal(code, "3")
        self._surprises(code)
        for _ in range(2000):
            self._follow()
            at, act = self._next()
            if act is None:
                break
            self.now = max(self.now, at)
            act()
        self._end(code)

    def _surprises(self, code: str) -> None:
        """A restore, a second zone, an operator who takes it, or gives it back."""
        if self.people.restored_s is not None:
            self._in(self.people.restored_s, lambda: self._signal(_CODES[code], "3"))
        if code == "BA" and self.rng.random() < 0.2:
            self._in(self.rng.uniform(1, 300), lambda: self._signal("BA", "4"))
        if self.rng.random() < 0.2:
            taken = self.rng.uniform(1, 600)
            self._in(taken, lambda: self._act(operating.claim))
            if self.rng.random() < 0.5:
                self._in(taken + 60, lambda: self._act(operating.resume_plan))

    def _act(self, act: Callable[[Tx, str, str, datetime], Incident]) -> None:
        with contextlib.suppress(refusals.Refused):  # it is over already
            act(self.tx, self.incident, "claire", self.now)

    def _signal(self, code: str, zone: str) -> str:
        """The incident that the signal opened, or joined; "" where there is none."""
        self.station.now = self.now
        sent = self.station.signal(code, zone, self.account)
        storing.store_signals(self.tx, [sent])
        receiving.correlate(self.tx, self.now, limit=100)
        stored = signals.get(self.tx, signals.by_deduplication(self.tx, sent.deduplication) or "")
        return str(stored.incident_id or "") if stored else ""

    # --- what happens next ----------------------------------------------------------------

    def _in(self, seconds: float, act: Callable[[], object]) -> None:
        at = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._ahead, (at, next(self._numbers), act))

    def _next(self) -> tuple[datetime, Callable[[], object] | None]:
        due = self._row().machine_due
        if due is not None and (not self._ahead or due < self._ahead[0][0]):
            late = due + timedelta(seconds=self.rng.uniform(0, _LATE))
            if not self._ahead or late < self._ahead[0][0]:
                return late, lambda: deciding.decide(self.tx, self.incident, self.now)
        if not self._ahead:
            return self.now, None
        at, _, act = heapq.heappop(self._ahead)
        return at, act

    def _row(self) -> Incident:
        row = incidents.get(self.tx, self.incident)
        assert row is not None
        return row

    def _follow(self) -> None:
        """Calls are placed, and tasks begun."""
        for asked in calls.claim_actions(self.tx, "node0", self.now):
            self._hang_up(asked.call_id)
        for order in calling.claim_calls(self.tx, node="node0", now=self.now):
            self._dial(order.call_id)
        plan = call_plan.from_json(self._row().plan)
        for task in tasks.of_incident(self.tx, self.incident):
            if task.open:
                self._do(task, plan)

    def _dial(self, call_id: str) -> None:
        row = calls.get(self.tx, call_id)
        assert row is not None
        of = calls.incident_of(self.tx, row)
        assert of is not None
        plan = call_plan.from_json(of.plan)
        answer = self.people.call(plan.step(row.step), row.contact_id or "", 0, self.now)
        calling.call_ringing(self.tx, call_id, self.now)
        ends = answer.ring_s + answer.talk_s
        if answer.outcome is None:
            self._in(_ENDLESS, lambda: calling.call_lost(self.tx, call_id, self.now))
            return
        outcome = answer.outcome
        if outcome in ANSWERED:
            self._in(answer.ring_s, lambda: calling.call_answered(self.tx, call_id, self.now))
            self._in(ends, lambda: self._concludes(call_id, outcome))
            ends += self.rng.choice([0.0, 4.0])
        self._in(ends, lambda: self._hangs_up(call_id, outcome))

    def _concludes(self, call_id: str, outcome: Outcome) -> None:
        dialogues.dialogue_conclude(self.tx, call_id, outcome, self.now)

    def _hangs_up(self, call_id: str, outcome: Outcome) -> None:
        calling.call_ended(self.tx, call_id, outcome=outcome, now=self.now)

    def _hang_up(self, call_id: str) -> None:
        """As asked, a moment later; who picked up meanwhile hears the end of the call."""
        row = calls.get(self.tx, call_id)
        assert row is not None
        outcome = Outcome.HUNG_UP if row.answered_at else Outcome.NO_ANSWER
        self._in(0.2, lambda: self._hangs_up(call_id, outcome))

    def _do(self, task: Task, plan: Plan) -> None:
        accepted = "accepted_at" in task.data
        name = f"{task.id} {accepted}"
        if name in self._seen:
            return
        self._seen.add(name)
        step = plan.step(task.step)
        if step.kind is StepKind.SEND_GUARD:
            if accepted:
                self._guard(task, step)
            return
        doing = self.people.task(step, 0, self.now)
        if doing is not None:
            outcome = doing.outcome
            self._in(
                doing.after_s,
                lambda: end_task(self.tx, task.id, outcome, self.now, who="claire"),
            )

    def _guard(self, task: Task, step: call_plan.Step) -> None:
        guard = self.people.guard(step, task.subject, 0, self.now)
        if guard.on_site_s is None:
            return
        self._in(guard.on_site_s, lambda: self._on_site(task.id))
        if guard.report_s is not None:
            report = guard.on_site_s + guard.report_s
            ends = guard.outcome
            self._in(report, lambda: end_task(self.tx, task.id, ends, self.now, who="claire"))

    def _on_site(self, task_id: str) -> None:
        event = GuardEvent.ON_SITE
        with contextlib.suppress(refusals.Refused):  # nobody waits for him any more
            guard_event(self.tx, self.incident, task_id, event, "claire", self.now)

    def _end(self, code: str) -> None:
        """An operator closes what the machine did not, and mostly the zones are restored."""
        self.now += timedelta(seconds=60)
        if self._row().state == State.OPEN.value:
            for who in ("claire", "denis"):  # under duress it takes a supervisor beside her
                closed = operating.close_incident(
                    self.tx,
                    self.incident,
                    who,
                    "nothing_found",
                    "vu",
                    self.now,
                    supervises=who == "denis",
                )
                if not isinstance(closed, refusals.Refused):
                    break
        if self.rng.random() < 0.8:
            self._signal(_CODES[code], "3")
            self._signal(_CODES[code], "4")
