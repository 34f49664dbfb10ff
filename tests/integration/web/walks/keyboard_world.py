"""A station for walking its pages by keyboard: rows of every state in which a control is shown."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from callflow import clock
from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import State
from callflow.core.calls.call import CallState
from callflow.core.messages.outbox import Channel, Still
from callflow.core.signals.signal import Signal
from callflow.handling.alarms import operating
from callflow.handling.base import policy as base_policy
from callflow.handling.base import storing
from callflow.handling.calls import calling, telephone
from callflow.handling.interventions import directory, firms, guards
from callflow.handling.messages import delivery
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.desks import shifts
from callflow.storage.people import users
from tests.integration.web.alarms.test_tasks import firm_body
from tests.integration.web.desks.test_desk import on_shift
from tests.support.stations.web_station import WebStation
from web.access.users import Role

Row = dict[str, Any]

#: Who does everything; who sits beside; who begins and ends shifts.
CHIEF, COLLEAGUE, THIRD = "claire", "david", "omar"
LINES = [
    {"id": name, "service": name, "name": name, "number": f"+3313000001{place}", "place": "35"}
    for place, name in enumerate(("police", "fire", "medical"))
]
LINK = "http://198.51.100.7/clip.jpg"
WORDS = {
    "password": "Été indien",
    "duress_password": "hiver",
}


class World:
    """One station; each scene clears what another left."""

    def __init__(self, station: WebStation, jpeg: bytes) -> None:
        self.station, self._jpeg = station, jpeg
        self._accounts = itertools.count(5010, 10)
        self._names = itertools.count()
        station.do(
            lambda tx: firms.put_firm(tx, station.vault, "firm", firm_body(), "admin", clock.now())
        )
        for name, role in ((CHIEF, Role.ADMINISTRATOR), (COLLEAGUE, Role.OPERATOR)):
            station.user(name, role)
            on_shift(station, name)
        station.user(THIRD, Role.OPERATOR)

    def do(self, function: Callable[[Tx], Any]) -> Any:
        return self.station.do(function)

    def user_id(self, name: str) -> str:
        row = self.station.store.read_now(lambda tx: users.user_by_name(tx, name))
        assert row is not None
        return str(row.id)

    def somebody(self, role: Role = Role.OPERATOR) -> str:
        """A new user."""
        name = f"ana{next(self._names)}"
        self.station.user(name, role)
        return name

    def clear(self) -> None:
        """Nothing is open, nobody is in a call, nothing is held back; the chief and a colleague are
        on shift; the directory has its lines, and codes mean what the standard says."""
        now = clock.now()
        policy = self.station.settings.model_copy(update={"desk_phones": ("+33639989901",)})

        def clean(tx: Tx) -> None:
            base_policy.save_policy(tx, policy)
            users.write_settings(tx, {"restored": None})
            directory.put_directory(tx, LINES, "admin", now)
            filed = {"state": State.FILED.value, "holder": None, "with_human": False}
            tx.execute(t.incident.update().values(**filed, parked_until=None))
            over = {"state": CallState.ENDED.value, "outcome": "hung_up", "ended_at": now}
            tx.execute(t.call.update().where(t.call.c.ended_at.is_(None)).values(**over))
            tx.execute(t.call_back.delete())
            tx.execute(t.undo.delete())
            tx.execute(t.event_rule.delete())
            tx.execute(t.presence.delete())
            for name in (THIRD, CHIEF, COLLEAGUE):
                user = users.user_by_name(tx, name)
                running = shifts.running(tx, user.id) if user else None
                if name == THIRD and running:
                    shifts.end(tx, running.id, now)
                elif name != THIRD and user:
                    shifts.begin(tx, user.id, now)

        self.do(clean)

    def lets_undo(self) -> None:
        """What was done until now can be taken back for minutes: a walk around a page takes longer
        than the seconds that an operator has."""
        later = clock.now() + timedelta(minutes=5)
        self.do(lambda tx: tx.execute(t.undo.update().values(at=later)))

    # --- alarms ---

    def site(self, **changes: Any) -> str:
        """A site with two keyholders, firms, passwords and a camera; its account."""
        account = str(next(self._accounts))
        everything = {"*": ["cancel", "send_guard", "instruct", "set_on_test"]}
        names = (("premises", "Accueil"), ("keyholder", "Anne"), ("keyholder", "Yves"))
        contacts: list[Row] = [
            {
                "id": f"{account}-{place}",
                "name": name,
                "role": role,
                "rank": place + 1,
                "phone": f"+33639 98 {int(account) + place:04d}".replace(" ", ""),
                "authorities": everything,
                **(WORDS if place == 1 else {}),
            }
            for place, (role, name) in enumerate(names)
        ]
        firm: Row = {"id": "firm", "name": "Ouest Garde", "role": "guard", "phone": "+33639980301"}
        fixes: Row = {"id": "fixit", "name": "Ouest Alarmes", "role": "maintenance"}
        fixes["phone"] = "+33639980302"
        hall = {"id": "hall", "name": "Hall", "url": "http://10.0.0.1/snap", "zones": ["3"]}
        body = {
            "name": f"Site {account}",
            "postcode": "35000",
            "contacts": [*contacts, firm, fixes],
        }
        self.station.site(account, **body, cameras=[hall], **changes)
        return account

    def alarm(self, code: str = "BA", *, account: str = "", held_by: str = "", **more: Any) -> str:
        """An alarm; its incident's id. ``held_by``: who took it."""
        row = self.station.alarm(account or self.site(**more), code)
        if held_by:
            self.do(lambda tx: operating.claim(tx, row.id, held_by, clock.now()))
        return str(row.id)

    def with_plan(self, *steps: Row) -> str:
        """An alarm whose plan has these steps."""
        body = {"id": "p", "name": "p", "steps": list(steps)}
        self.do(lambda tx: plans.publish_plan(tx, body, "admin", clock.now()))
        return self.alarm(plans={"intrusion": "p"})

    def given_back(self) -> str:
        """An alarm that somebody took and gave back to the queue."""
        incident = self.alarm(held_by=COLLEAGUE)
        self.do(lambda tx: operating.release(tx, incident, COLLEAGUE, clock.now()))
        return incident

    def guard_does(self, incident: str, event: GuardEvent) -> None:
        """What the guard of its plan's step says is written down."""
        task, now = self.task_of(incident), clock.now()
        self.do(lambda tx: guards.guard_event(tx, incident, task, event, CHIEF, now))

    def task_of(self, incident: str) -> str:
        rows = self.station.store.read_now(lambda tx: tasks.of_incident(tx, incident))
        return str(rows[-1].id)

    def send_link(self, account: str) -> None:
        """A signal that leads to a picture somewhere."""
        now = clock.now()
        sent = Signal(
            account=account,
            format="SIA-DCS",
            code="BA",
            zone="3",
            received_at=now,
            extra=f"[V{LINK}][X002E21.134][Y48N51.503]",
            deduplication=f"link {account}",
        )
        self.do(lambda tx: storing.store_signals(tx, [sent]))
        self.station.correlate()

    def images_come(self, incident: str) -> None:
        """The cameras gave what they were asked for."""
        at = clock.now() + timedelta(seconds=60)
        room = {Channel.IMAGES: 100}
        for message in self.do(lambda tx: delivery.claim_messages(tx, at, room)):
            if message.data.get("take") != "still":
                continue
            path = f"{incident}/{message.id}.jpg"
            file = self.station.settings.images_dir / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self._jpeg)
            still = Still(path=path, sha256=hashlib.sha256(self._jpeg).hexdigest())
            came = partial(delivery.image_fetched, message_id=message.id, still=still)
            self.do(partial(came, now=clock.now()))

    # --- calls ---

    def picks_up(self, to: str) -> None:
        """The call to this number is placed and answered."""

        def answer(tx: Tx) -> None:
            now = clock.now()
            call = calls.live_of(tx, to)
            assert call is not None, f"no call to {to}"
            if call.state == CallState.REQUESTED.value:
                calling.claim_calls(tx, node="node0", now=now, limit=64)
            calling.call_ringing(tx, call.id, now)
            calling.call_answered(tx, call.id, now)

        self.do(answer)

    def talk(self, who: str, keyholder: int = 1) -> str:
        """``who`` is in conversation with a keyholder of an alarm that they hold; the alarm."""
        account = self.site()
        incident = self.alarm(account=account, held_by=who)
        contact = f"{account}-{keyholder}"
        self.do(lambda tx: telephone.call_contact(tx, incident, who, contact, clock.now()))
        self.picks_up(f"op-{who}")
        self.picks_up(f"+3363998{int(account) + keyholder:04d}")
        return incident

    def second_person(self, incident: str) -> None:
        """The other keyholder joins the conversation."""
        row = self.station.store.read_now(lambda tx: incidents.get(tx, incident))
        assert row is not None
        contact, number = f"{row.account}-2", f"+3363998{int(row.account) + 2:04d}"
        self.do(lambda tx: telephone.call_contact(tx, incident, CHIEF, contact, clock.now()))
        self.picks_up(number)

    def person_of(self, who: str) -> str:
        """Whom they talk with: the call."""
        rooms = self.station.store.read_now(calls.conversations)
        leg = next(c for c in rooms if c.operator == who)
        return str(next(c.id for c in rooms if c.room == leg.room and not c.is_leg))

    def live_calls(self) -> list[str]:
        """The calls that go on, and the rooms that they are in."""
        rows = self.station.store.read_now(calls.conversations)
        return [str(one) for row in rows for one in (row.id, row.room) if one]

    def asked_for(self) -> int:
        """How many calls and acts on calls were ever asked for."""
        return int(
            self.station.store.read_now(
                lambda tx: sum(
                    len(tx.execute(table.select()).all()) for table in (t.call, t.call_action)
                )
            )
        )
