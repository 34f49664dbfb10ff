"""A station with two trunks to the simulated network, each with its own numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.rows import sites
from tests.support.stations.station import PATIENCE, Station

#: What each trunk shows: (an automatic call's number, a human's).
NUMBERS = {
    "alpha": ("+33939980001", "+33139980001"),
    "beta": ("+33939980002", "+33139980002"),
}
TRUNKS = [
    {
        "name": name,
        "channels": channels,
        "reserved": reserved,
        "machine_number": NUMBERS[name][0],
        "human_number": NUMBERS[name][1],
        "authorised": NUMBERS[name],
    }
    for name, channels, reserved in (("alpha", 5, 2), ("beta", 2, 1))
]
#: One call, once, to the premises; then a human.
ONE_CALL = {
    "id": "one-call",
    "name": "Un appel",
    "steps": [
        {
            "id": "site",
            "kind": "counter_call",
            "attempts": 1,
            "outcomes": {"verified_ok": "over", "exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
        {"id": "over", "kind": "close", "code": "false_alarm"},
    ],
}


class TrunkStation(Station):
    """Nothing rings but what a test asks for: nobody at the desks, and a long patience."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        patience = {**PATIENCE, "CALLFLOW_RING_TIME": "6", "CALLFLOW_FAX_WAIT": "1"}
        super().__init__(data_dir, {**patience, **(environment or {})})
        self.use(TRUNKS)

    def use(self, trunks: Sequence[Mapping[str, Any]]) -> None:
        """Start with these trunks."""
        self.environment["CALLFLOW_TRUNKS"] = json.dumps(trunks)

    async def trunk(self, name: str, behaviour: str) -> None:
        """What the network does with every call of a trunk."""
        await self.put(f"/simulator/trunks/{name}", {"behaviour": behaviour})

    async def site(
        self, account: str, phone: str, plan: Mapping[str, Any] = ONE_CALL, **does: Any
    ) -> None:
        """A site with one phone, which does what is said, and a plan that calls it."""
        await self.put(f"/plans/{plan['id']}", plan)
        body = sites.site(account, sites.premises(account, phone), plans={"*": plan["id"]})
        await sites.put(self, account, body)
        await self.phone(phone, **does)

    async def calls(self, account: str) -> list[dict[str, Any]]:
        """The calls of an account's newest incident, each an INVITE."""
        incident = await self.incident(account)
        shown = (await self.api.get(f"/incidents/{incident['id']}")).json()
        return [call for call in shown["calls"] if call["placed_at"]]

    async def ended(self, account: str, count: int) -> list[dict[str, Any]]:
        """The same, once so many have ended."""

        async def over() -> bool:
            found = await self.calls(account)
            return len(found) >= count and all(call["ended_at"] for call in found)

        await self.until(over)
        return await self.calls(account)

    async def take(self, account: str) -> None:
        """An operator takes an account's newest incident: nothing more is dialled for it."""
        incident = await self.incident(account)
        answer = await self.api.post(f"/incidents/{incident['id']}/claim")
        assert answer.is_success, answer.text

    async def went(self, to: str) -> list[tuple[str, bool]]:
        """(trunk, whether it was answered) of each INVITE to a number, in their order."""
        return [(call["trunk"], call["answered_at"] is not None) for call in await self.seen(to)]
