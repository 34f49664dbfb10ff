"""A station in which every page has something to show: people, alarms of every sort, calls.

Here is who is there, and their calls, as telephony would tell of them; ``full_rows`` fills it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from callflow import clock
from callflow.core.calls.call import Mode, Outcome
from callflow.handling.calls import calling, control, conversations, dialogues, phones, telephone
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.calls import phones as phone_rows
from tests.support.phones.menu_caller import MenuCaller
from tests.support.stations.web_station import NAME, WebStation

Row = dict[str, Any]

#: Colleagues: one in a conversation, one who supervises, one on a break, one gone without a word.
INES, YVES, MAX, NORA = "ines", "yves", "max", "nora"
STRANGER, TWO_SITES, POLICE = "+33639987001", "+33639980777", "+33130000017"
FIRM = "+33639980901"
#: Accounts; a site's id is its account.
SHOP, GARAGE, BANK, CHECKED, GUARDED, LIFT = "1001", "1002", "1003", "1004", "1005", "1006"
#: Plans that no site follows; the second is withdrawn.
SPARE, WITHDRAWN = "spare", "winter"
#: Two without an alarm, of one keeper.
QUIET = ("2001", "2002")
STORM = [str(number) for number in range(3001, 3022)]


def number_of(account: str, rank: int) -> str:
    """A contact's: 0 at the premises, then its keyholders."""
    return f"+33639980{account[-1]}0{rank}"


@dataclass
class FullStation:
    """What was put where: incidents by name, for tests to go there."""

    station: WebStation
    incidents: dict[str, str] = field(default_factory=dict)
    disclosure: str = ""

    def do(self, function: Callable[[Tx], Any]) -> Any:
        return self.station.do(function)

    # --- calls, as telephony would tell of them ---------------------------------------------

    def picks_up(self, to: str) -> str:
        """The call to ``to`` that was asked for, or that is placed, is answered."""
        call_id = self.rings(to)
        self.do(lambda tx: calling.call_answered(tx, call_id, clock.now()))
        return call_id

    def rings(self, to: str) -> str:
        """It is placed, and rings."""
        now = clock.now()
        self.do(lambda tx: calling.claim_calls(tx, node="node0", now=now, limit=64))
        row = self.station.store.read_now(lambda tx: calls.live_of(tx, to))
        assert row is not None, f"no call to {to}"
        self.do(lambda tx: calling.call_ringing(tx, row.id, now))
        return str(row.id)

    def waits(self, number: str) -> str:
        """Somebody calls, and waits on the line; their call, which is the room's name too."""
        call_id = f"{clock.now().timestamp():.4f}.{number[-4:]}"

        def arrives(tx: Tx) -> None:
            dialogues.incoming_call(tx, call_id, number, "node0", clock.now())
            calling.join_room(tx, call_id, clock.now())

        self.do(arrives)
        return call_id

    def asks_by_code(self, number: str, account: str, code: str) -> str:
        """Somebody types who they are in the menu, then wants an operator; their call."""
        call_id = f"{int(clock.now().timestamp())}.{number[-4:]}"
        caller = MenuCaller(self.station.store, self.station.vault, number, call_id)
        caller.calls(clock.now()).types(account, code, "0")
        return call_id

    def hangs_up(self, call_id: str) -> None:
        gone = Outcome.HUNG_UP
        self.do(lambda tx: calling.call_ended(tx, call_id, outcome=gone, now=clock.now()))

    def rings_for(self, who: str, room: str) -> str:
        """Whoever waits in ``room`` is brought to somebody's own phone, which rings; the leg."""

        def ring(tx: Tx) -> str:
            for leg in calls.for_room(tx, room):
                if leg.to == f"op-{who}" and leg.ended_at is None:
                    return str(leg.id)
            person, phone = conversations.people_in(tx, room)[0], phones.own_phone(tx, who)
            return conversations.ring_leg(tx, person, room, phone, "", clock.now())

        self.do(ring)
        return self.rings(f"op-{who}")

    def talks(self, who: str, incident: str, *contacts: str) -> list[str]:
        """They have it, and speak with its contacts, who are all in one conversation."""
        found: list[str] = []
        for contact in contacts:

            def call(tx: Tx, contact: str = contact) -> str:
                return telephone.call_contact(tx, incident, who, contact, clock.now())

            self.do(call)
            if not found:
                self.picks_up(f"op-{who}")
            row = self.station.store.read_now(calls.conversations)
            (to,) = [c.to for c in row if c.contact_id == contact]
            found.append(self.picks_up(to))
        return found

    def ends_calls(self) -> None:
        """Everybody hung up."""
        for call in self.station.store.read_now(calls.conversations):
            self.hangs_up(call.id)

    # --- claire, at her desk ------------------------------------------------------------------

    def conference(self) -> None:
        """Claire speaks with two people, one on hold, and is muted; somebody else waits."""
        first, _ = self.talks(NAME, self.incidents["shop"], f"{SHOP}-1", f"{SHOP}-2")
        self.do(lambda tx: control.hold(tx, NAME, first, clock.now()))
        self.do(lambda tx: control.mute(tx, NAME, True, clock.now()))
        self.waits(STRANGER)

    def consultation(self) -> None:
        """She speaks with Max first, before she hands her caller on."""
        self.talks(NAME, self.incidents["checked"], f"{CHECKED}-1")
        self.do(lambda tx: control.hand_on(tx, NAME, MAX, clock.now(), attended=True))
        self.picks_up(f"op-{MAX}")

    def listens(self) -> None:
        """She listens to what Ines says: beside the police, and a keyholder."""
        found = self.station.store.read_now(phone_rows.live)
        assert any(phone.owner == INES for phone in found)
        leg = self.station.store.read_now(lambda tx: calls.legs_of(tx, INES))[0].id
        self.do(lambda tx: control.listen(tx, NAME, leg, Mode.WHISPER, clock.now()))
        self.picks_up(f"op-{NAME}")
