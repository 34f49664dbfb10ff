"""A station without processes: the rows of one database, and a clock that the test moves."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import LIVE_STATES, Call, CallState, Direction, Outcome
from callflow.core.records.logbook import Entry
from callflow.core.signals.signal import Signal, StoredSignal
from callflow.handling.alarms import deciding, receiving
from callflow.handling.base import policy, storing
from callflow.handling.calls import calling, dialogues
from callflow.handling.desks import queueing
from callflow.handling.plans import plans
from callflow.handling.records.logbook import verify
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.vault import Vault

Row = dict[str, Any]
T = TypeVar("T")

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DESK, SECOND_DESK, DUTY = "+33639989901", "+33639989902", "+33639989910"
SHOP, FIRST, SECOND = "+33639980001", "+33639980101", "+33639980102"


def a_site(account: str = "1002", **changed: Any) -> Row:
    """A shop with two keyholders who may do everything; all codes are 2580, under duress 2581."""
    everything = {"*": ["cancel", "send_guard"]}
    codes = {"code": "2580", "duress_code": "2581", "authorities": everything}
    people = [
        ("shop", "premises", SHOP),
        ("anne", "keyholder", FIRST),
        ("bruno", "keyholder", SECOND),
    ]
    return {
        "name": "Shop",
        "recognition_word": "mimosa",
        "accounts": [{"account": account}],
        "zones": [
            {"account": account, "zone": "3", "name": "Hall"},
            {"account": account, "zone": "9", "name": "Lift", "kind": "lift"},
        ],
        "contacts": [
            {"id": f"{account}-{name}", "name": name, "role": role, "phone": phone, **codes}
            for name, role, phone in people
        ],
        **changed,
    }


class Station:
    """What tests do to it and ask of it. Times move only by ``later``. ``begun``: the rows that it
    begins with are in the store."""

    def __init__(self, store: Store, vault: Vault, *, begun: bool = False) -> None:
        self.store, self.vault, self.now = store, vault, NIGHT
        self._numbers = itertools.count()
        if begun:
            return
        self.write(lambda tx: policy.save_policy(tx, _settings()))
        self.write(lambda tx: plans.publish_standard_plans(tx, "test", NIGHT))

    # --- doing --------------------------------------------------------------------------------

    def write(self, function: Callable[[Tx], T]) -> T:
        return self.store.write_now(function)

    def later(self, seconds: float) -> None:
        """Time passes, then the engine looks: what is due is decided, the queue escalates."""
        self.now += timedelta(seconds=seconds)
        self.look()

    def look(self) -> None:
        for incident_id in self.write(lambda tx: incidents.due(tx, self.now)):
            self.decide(incident_id)
        self.write(lambda tx: queueing.find_forgotten(tx, self.now))
        self.write(lambda tx: queueing.escalate_queue(tx, self.now))
        self.write(lambda tx: queueing.bridge(tx, self.now))

    def decide(self, incident_id: str) -> None:
        self.write(lambda tx: deciding.decide(tx, incident_id, self.now))

    def put(self, site_id: str = "1002", **changed: Any) -> None:
        body = a_site(site_id, **changed)
        now = self.now
        self.write(
            lambda tx: sites.put_site(
                tx, self.vault, site_id, Site.read(body), "admin", now, because="asked for"
            )
        )

    def plan(self, plan_id: str, *steps: Row) -> None:
        body = {"id": plan_id, "name": plan_id, "steps": list(steps)}
        self.write(lambda tx: plans.publish_plan(tx, body, "admin", self.now))

    def signal(
        self, code: str = "BA", zone: str = "3", account: str = "1002", **more: Any
    ) -> Signal:
        """One message, as a decoder gives it; not stored."""
        fields: Row = dict(
            format="SIA-DCS",
            code=code,
            zone=zone,
            account=account,
            received_at=self.now,
            deduplication=f"signal {next(self._numbers)}",
        )
        return Signal(**fields | more)

    def receives(self, *signals_: Signal) -> None:
        self.write(lambda tx: storing.store_signals(tx, signals_))

    def correlate(self, limit: int = 400) -> int:
        return self.write(lambda tx: receiving.correlate(tx, self.now, limit=limit))

    def alarm(
        self, code: str = "BA", zone: str = "3", account: str = "1002", **more: Any
    ) -> Incident:
        """A signal stored and correlated; its incident."""
        sent = self.signal(code, zone, account, **more)
        self.receives(sent)
        self.correlate()
        found = self.signal_row(sent).incident_id
        assert found is not None, f"{code} opened and joined nothing"
        return self.incident(found)

    def place(self, limit: int = 64) -> list[str]:
        """The telephony process claims what is requested: the numbers that it dials."""
        orders = self.write(
            lambda tx: calling.claim_calls(tx, node="node0", now=self.now, limit=limit)
        )
        return [order.to for order in orders]

    def rings(self, to: str) -> str:
        """The call to this number, placed and ringing."""
        call = self.live(to)
        if call.state == CallState.REQUESTED:
            assert to in self.place()
        self.write(lambda tx: calling.call_ringing(tx, call.id, self.now))
        return str(call.id)

    def picks_up(self, to: str) -> str:
        """The call to this number, answered."""
        call_id = self.rings(to)
        self.write(lambda tx: calling.call_answered(tx, call_id, self.now))
        return call_id

    def picks_up_ringing(self, to: str) -> str:
        """The call to this number that was placed, answered."""
        call_id = self.live_on_trunk(to)
        self.write(lambda tx: calling.call_ringing(tx, call_id, self.now))
        self.write(lambda tx: calling.call_answered(tx, call_id, self.now))
        return call_id

    def says(self, call_id: str, outcome: str) -> None:
        """The dialogue concludes, the person still on the line."""
        result = Outcome(outcome)
        self.write(lambda tx: dialogues.dialogue_conclude(tx, call_id, result, self.now))

    def hangs_up(self, call_id: str, outcome: str = "hung_up") -> None:
        """The channel is gone; what the line says of it."""
        final = Outcome(outcome)
        self.write(lambda tx: calling.call_ended(tx, call_id, outcome=final, now=self.now))

    def loses(self, call_id: str) -> None:
        """The channel went while nobody listened."""
        self.write(lambda tx: calling.call_lost(tx, call_id, self.now))

    def ends(self, to: str, outcome: str) -> None:
        """The call to this number is placed and ends without a dialogue."""
        self.hangs_up(self.rings(to), outcome)

    def replies(self, to: str, outcome: str) -> str:
        """Picks up, answers and hangs up."""
        call_id = self.picks_up(to)
        self.says(call_id, outcome)
        self.hangs_up(call_id)
        return call_id

    # --- asking -------------------------------------------------------------------------------

    def read(self, function: Callable[[Tx], T]) -> T:
        return self.store.read_now(function)

    def incident(self, incident_id: str | None) -> Incident:
        row = self.read(lambda tx: incidents.get(tx, str(incident_id)))
        assert row is not None
        return row

    def incidents(self, **by: Any) -> list[Incident]:
        return self.read(lambda tx: incidents.page(tx, **by))

    def calls(self, incident_id: str) -> list[Call]:
        return self.read(lambda tx: calls.of_incident(tx, incident_id))

    def call(self, call_id: str) -> Call:
        row = self.read(lambda tx: calls.get(tx, call_id))
        assert row is not None
        return row

    def called(self, incident_id: str | None) -> list[tuple[str, str | None]]:
        """(number, outcome) of each call, in order; cancelled ones are "cancelled"."""
        return [
            (c.to, c.state if c.state == CallState.CANCELLED else c.outcome)
            for c in self.calls(str(incident_id))
        ]

    def live(self, to: str) -> Call:
        """The oldest call to this number, not one that came from it."""
        rows = self.read(lambda tx: calls.live_to_number(tx, to))
        made = [row for row in rows if row.direction is Direction.OUTGOING]
        assert made, f"no call to {to}"
        return made[0]

    def live_on_trunk(self, to: str) -> str:
        """The call to this number that is up, and not one that it speaks for."""
        up = self.read(lambda tx: calls.on_trunk(tx, "node0"))
        (found,) = [call.id for call in up if call.to == to]
        return str(found)

    def call_states(self, incident_id: str) -> list[str]:
        return [call.state for call in self.calls(incident_id)]

    def wanted(self) -> list[str]:
        """Every number that a live call row is for."""
        found = [call for row in self.incidents() for call in self.calls(row.id)]
        return [call.to for call in found if CallState(call.state) in LIVE_STATES]

    def told(self, incident_id: str | None = None, **by: Any) -> list[str]:
        """Kinds of the logbook's entries, in order."""
        rows = self.read(lambda tx: logbook.page(tx, incident=incident_id, limit=10_000, **by))
        return [row.kind for row in rows]

    def entries(self, kind: str) -> list[Entry]:
        rows = self.read(lambda tx: logbook.page(tx, limit=10_000))
        return [row for row in rows if row.kind == kind]

    def signal_row(self, sent: Signal) -> StoredSignal:
        rows = self.read(lambda tx: signals.page(tx, limit=100_000))
        return next(row for row in rows if row.deduplication == sent.deduplication)

    def faults(self) -> list[str]:
        found = self.read(verify).faults
        return [f"{f.chain} {f.seq}: {f.what}" for f in found]


def _settings() -> Settings:
    return Settings(desk_phones=(DESK, SECOND_DESK), duty_numbers=(DUTY,))
