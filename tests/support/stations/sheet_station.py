"""A station whose sites follow the instruction sheets, at a test's pace, with real phones."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import BOUNDS, FIELDS, Plan, Step, StepKind
from tests.support.sip.far_ends import HOST, MailServer
from tests.support.stations.station import PATIENCE, Station

Row = dict[str, Any]

#: What a call may ring, and what is waited for, at most (seconds): a test's pace.
RING_S, DELAY_S, WAIT_S = 6.0, 2.0, 4.0
#: A storm's length and delay, likewise.
STORM_S = 8.0
#: Where the sheets' sites lie, and whom the directory names there.
POSTCODE = "99200"
_PLACES = itertools.count()


def quick(plan: Plan) -> Plan:
    """The plan at a test's pace: the same steps, outcomes and people."""
    return replace(plan, steps=tuple(_quick(step) for step in plan.steps))


def _quick(step: Step) -> Step:
    values: dict[str, Any] = {}
    fields = FIELDS[step.kind]
    if "ring_s" in fields:
        values |= {"ring_s": RING_S, "delay_s": min(step.delay_s, DELAY_S)}
    if step.kind is StepKind.WAIT:
        values["limit_s"] = WAIT_S
    if step.kind is StepKind.SEND_GUARD:
        values |= {name: BOUNDS[name][0] for name in ("accept_s", "arrive_s", "report_s")}
    return replace(step, **values)


def number(place: int) -> str:
    """A number of the fictional range that no other test uses."""
    return f"+3363998{7000 + place:04d}"


class SheetStation(Station):
    """``site`` sets up a sheet's site; what is counted is counted at the far end."""

    def __init__(self, data_dir: Path, mails: MailServer) -> None:
        settings = {
            **PATIENCE,
            # Longer than a guard takes to call in and report: else the machine rings meanwhile.
            "CALLFLOW_GUARD_WELFARE": "30",
            "CALLFLOW_CAMERA_NETWORKS": '["127.0.0.0/8"]',
            "CALLFLOW_CAMERA_SERIES": "[]",  # a plan alone asks for images
            "CALLFLOW_SMTP_HOST": HOST,
            "CALLFLOW_SMTP_PORT": str(mails.port),
            "CALLFLOW_SMTP_SECURITY": "none",
            "CALLFLOW_MAIL_FROM": "station@callflow.example",
            "CALLFLOW_STORM_AFTER": "3",
            "CALLFLOW_STORM_LENGTH": str(STORM_S),
            "CALLFLOW_STORM_DELAY": str(STORM_S),
        }
        super().__init__(data_dir, settings)
        self.mails = mails
        self._next = 0

    def new_number(self) -> str:
        """One that nobody has."""
        self._next += 1
        return number(self._next)

    async def site(self, plan: Plan, *roles: str, kind: str) -> dict[str, list[str]]:
        """A site that follows ``plan`` for ``kind``, with people; {role: their numbers}.

        Its account, and id, stand under "account".
        """
        account = f"E{next(_PLACES):03d}"
        await self.put(f"/plans/{plan.id}", _body(plan))
        people: dict[str, list[str]] = {"account": [account]}
        contacts: list[Row] = []
        for place, role in enumerate(roles, start=1):
            called = self.new_number()
            people.setdefault(role, []).append(called)
            contacts.append(
                {
                    "id": f"{account}-{place}",
                    "name": f"{role} {place}",
                    "role": role,
                    "rank": place,
                    "phone": called,
                    "code": "2580",
                    "authorities": {"*": ["cancel", "inform", "send_guard"]},
                }
            )
        body: Row = {
            "name": f"Site {account}",
            "postcode": POSTCODE,
            "accounts": [{"account": account}],
            "zones": [{"account": account, "zone": "1", "name": "Entrée"}],
            "contacts": contacts,
            "plans": {kind: plan.id},
        }
        await self.put(f"/sites/{account}", body)
        return people

    async def directory(self, *services: str) -> dict[str, str]:
        """The services' lines at the sheets' place; {service: number}."""
        numbers = {service: self.new_number() for service in services}
        lines = [
            {"id": f"t-{s}", "service": s, "name": s, "number": n, "place": POSTCODE[:2]}
            for s, n in numbers.items()
        ]
        await self.put("/services", {"lines": lines})
        return numbers

    async def at_step(self, account: str, step: str) -> Row:
        """The account's incident, once its plan stands at ``step``."""

        async def there() -> bool:
            found = await self.incidents(account=account)
            return bool(found) and found[-1]["plan"]["step"] == step

        await self.until(there, within=60)
        return await self.incident(account)

    async def task(self, account: str, step: str) -> tuple[Row, Row]:
        """The account's incident and its open task of ``step``, once it is asked for."""
        found: list[tuple[Row, Row]] = []

        async def asked() -> bool:
            found.extend(
                (incident, task)
                for incident in await self.incidents(account=account)
                for task in incident["tasks"]
                if task["step"] == step and task["state"] == "open"
            )
            return bool(found)

        await self.until(asked, within=60)
        return found[0]

    async def does(self, account: str, step: str, outcome: str, **more: Any) -> None:
        """An operator does what a step asks."""
        incident, task = await self.task(account, step)
        path = f"/incidents/{incident['id']}/tasks/{task['id']}"
        answer = await self.api.post(path, json={"outcome": outcome, **more})
        assert answer.is_success, answer.text

    async def guard_says(self, account: str, step: str, event: str, **more: Any) -> None:
        """An operator writes down what a guard says."""
        incident, task = await self.task(account, step)
        path = f"/incidents/{incident['id']}/tasks/{task['id']}/guard"
        answer = await self.api.post(path, json={"event": event, **more})
        assert answer.is_success, answer.text

    async def acts(self, account: str, what: str, **body: Any) -> Any:
        """An operator's act on the account's incident; the answer."""
        incident = await self.incident(account)
        return await self.api.post(f"/incidents/{incident['id']}/{what}", json=body)

    async def closed(self, account: str, code: str) -> Row:
        """The account's incident, once it is handled with this resolution code."""

        async def over() -> bool:
            found = await self.incidents(account=account)
            return bool(found) and found[-1]["resolution_code"] is not None

        await self.until(over, within=60)
        incident = await self.incident(account)
        assert incident["resolution_code"] == code, incident["logbook"]
        return incident

    async def rung(self, *numbers: str) -> list[str]:
        """Which of these numbers the network saw called, in order."""
        return [call["to"] for call in await self.seen() if call["to"] in numbers]


def _body(plan: Plan) -> Row:
    body = call_plan.to_json(plan)
    del body["version"]
    return body
