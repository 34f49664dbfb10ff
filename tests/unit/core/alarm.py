"""An alarm run by the pure core alone: what was decided is applied here, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from callflow import escalation
from callflow.call import Call, CallState, Outcome
from callflow.call_plan import Plan
from callflow.escalation import Close, Decision, EnterStep, Finish, HandToHuman, NoNumber, PlaceCall
from callflow.incident import Incident, Machine, State
from callflow.signal import Category, Kind
from callflow.site import Authority, Contact, Role, Site
from callflow.standard_plans import INTRUSION

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def premises(phone: str | None = "+33639980001") -> Contact:
    return contact("shop", Role.PREMISES, 1, phone)


def keyholder(number: int, phone: str | None = "") -> Contact:
    own = f"+3363998010{number}" if phone == "" else phone
    return contact(f"keyholder {number}", Role.KEYHOLDER, number, own)


def contact(name: str, role: Role, rank: int, phone: str | None) -> Contact:
    authorities = {"*": frozenset(Authority)}
    return Contact(id=name, name=name, role=role, rank=rank, phone=phone, authorities=authorities)


SHOP = (premises(), keyholder(1), keyholder(2))


def an_incident(
    kind: Kind = Kind.INTRUSION, category: Category = Category.SECURITY, site: str | None = "s"
) -> Incident:
    return Incident(
        id="i",
        site=site,
        account="1002",
        kind=kind,
        category=category,
        priority=2,
        state=State.OPEN,
        zones={"3": "alarm"},
        step=None,
        step_since=None,
        machine=Machine.RUNNING,
        with_human=False,
        opened_at=NIGHT,
    )


class Alarm:
    """One incident over time. ``called`` are the contacts whose phones rang, in order."""

    def __init__(
        self,
        plan: Plan = INTRUSION,
        contacts: tuple[Contact, ...] = SHOP,
        kind: Kind = Kind.INTRUSION,
        category: Category = Category.SECURITY,
    ) -> None:
        self.plan = plan
        self.site: Site | None = Site(id="s", name="Shop", client="c", contacts=contacts)
        self.incident = an_incident(kind, category)
        self.calls: list[Call] = []
        self.now = NIGHT
        self.due_at: datetime | None = None
        self.reasons: list[str] = []
        self.closed: str | None = None
        self.steps: list[str] = []
        self.look()

    # --- what tests ask -----------------------------------------------------------------------

    @property
    def called(self) -> list[str]:
        return [str(c.contact) for c in self.calls if c.outcome is not Outcome.NO_NUMBER]

    @property
    def live(self) -> Call | None:
        live = [call for call in self.calls if call.live]
        assert len(live) <= 1, "two calls of one incident at once"
        return live[0] if live else None

    @property
    def over(self) -> bool:
        return self.incident.machine is not Machine.RUNNING or self.incident.state is not State.OPEN

    # --- what happens -------------------------------------------------------------------------

    def look(self, after: float = 0) -> Decision:
        self.now += timedelta(seconds=after)
        decision = escalation.next_steps(self.incident, self.plan, self.site, self.calls, self.now)
        self.due_at = decision.due_at
        for action in decision.actions:
            self._apply(action)
        return decision

    def answers(self, outcome: str, after: float = 10) -> None:
        """The phone that rings, or will ring next, ends with ``outcome`` after so many seconds."""
        while self.live is None:
            assert self.due_at is not None, f"nobody is called: {self.called}, {self.reasons}"
            self.now = max(self.now, self.due_at)
            self.look()
        self.becomes(CallState.ENDED, Outcome(outcome), after)
        self.look()

    def becomes(self, state: CallState, outcome: Outcome | None = None, after: float = 0) -> None:
        """The live call goes on to ``state``."""
        self.now += timedelta(seconds=after)
        live = self.live
        assert live is not None
        ended = self.now if state in (CallState.ENDED, CallState.CANCELLED) else None
        where = self.calls.index(live)
        self.calls[where] = replace(live, state=state, outcome=outcome, ended_at=ended)

    def _apply(self, action: escalation.Action) -> None:
        match action:
            case EnterStep(step=step):
                self.steps.append(step)
                self.incident = replace(self.incident, step=step, step_since=self.now)
            case PlaceCall():
                self._insert(action, CallState.REQUESTED, None)
            case NoNumber():
                self._insert(action, CallState.ENDED, Outcome.NO_NUMBER)
            case HandToHuman(reason=reason):
                if not self.reasons or self.reasons[-1] != reason:
                    self.reasons.append(reason)
                self.incident = replace(self.incident, with_human=True)
            case Close(code=code):
                self.closed = code
                self.incident = replace(self.incident, state=State.HANDLED)
            case Finish():
                self.incident = replace(self.incident, machine=Machine.DONE)

    def _insert(
        self, action: PlaceCall | NoNumber, state: CallState, outcome: Outcome | None
    ) -> None:
        self.calls.append(
            Call(
                id=str(len(self.calls)),
                step=action.step,
                contact=action.contact.id,
                to=action.contact.phone or "",
                attempt=action.attempt,
                state=state,
                outcome=outcome,
                requested_at=self.now + timedelta(microseconds=len(self.calls)),
                ended_at=self.now if outcome else None,
            )
        )
