"""An alarm run by the pure core alone: a simulated world whose phones a test answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callflow.core.alarms.escalation import Decision
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.plans.call_plan import Plan
from callflow.core.plans.standard import INTRUSION
from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation import World, new_incident
from callflow.core.sites.site import Authority, Contact, Role, Site

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
    return new_incident(
        kind=kind, category=category, now=NIGHT, site=site, account="1002", zones=("3",)
    )


class Alarm(World):
    """One incident over time. ``called`` are the contacts whose phones rang, in order."""

    def __init__(
        self,
        plan: Plan = INTRUSION,
        contacts: tuple[Contact, ...] = SHOP,
        kind: Kind = Kind.INTRUSION,
        category: Category = Category.SECURITY,
    ) -> None:
        site = Site(id="s", name="Shop", client="c", contacts=contacts)
        super().__init__(plan, site, an_incident(kind, category))
        self.look()

    # --- what tests ask -----------------------------------------------------------------------

    @property
    def called(self) -> list[str]:
        return [str(c.contact_id) for c in self.calls if c.outcome is not Outcome.NO_NUMBER]

    @property
    def live(self) -> Call | None:
        live = [call for call in self.calls if call.live]
        assert len(live) <= 1, "two calls of one incident at once"
        return live[0] if live else None

    # --- what happens -------------------------------------------------------------------------

    def look(self, after: float = 0) -> Decision:
        self.now += timedelta(seconds=after)
        return self.decide()

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
        self.call_becomes(live.id, state, outcome)
