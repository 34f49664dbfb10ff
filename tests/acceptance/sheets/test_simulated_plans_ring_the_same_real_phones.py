"""Twenty plans, simulated and then run: the network sees the calls that the simulation foretold."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from tests.support.stations.station import DESKS, DUTY, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

Row = dict[str, Any]

FILE = Path(__file__).parents[2] / "data" / "plans" / "rung.yaml"
CASES: list[Row] = yaml.safe_load(FILE.read_text())
#: {what a phone does: (how the network is told, what the simulation is told)}.
PHONES: dict[str, tuple[Row, str]] = {
    "rings": ({"behaviour": "ring"}, "no_answer"),
    "busy": ({"behaviour": "busy", "after_s": 0}, "busy"),
    "refuses": ({"behaviour": "refuse", "after_s": 0}, "refused"),
    "voicemail": ({"behaviour": "voicemail", "after_s": 1}, "no_key"),
    "cancels": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www1"}, "verified_ok"),
    "goes": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www3"}, "going"),
    "next": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www5"}, "next_person"),
    "mistypes": ({"behaviour": "answer", "after_s": 1, "keys": "9999#wwwww8888#"}, "wrong_code"),
    "asks_operator": ({"behaviour": "answer", "after_s": 1, "keys": "0"}, "operator"),
    "acknowledges": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www1"}, "acknowledged"),
    "answers_2": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www2"}, "answer_2"),
    "accepts": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www1"}, "accepted"),
    "declines": ({"behaviour": "answer", "after_s": 1, "keys": "2580#www2"}, "declined"),
}
#: A number that the network doesn't have.
NOWHERE = "unreachable"
CALLING = ("counter_call", "call_list", "question", "message", "send_guard")


@dataclass
class Case:
    """One plan with its site. ``numbers`` are its people's."""

    station: Station
    place: int
    about: Row

    @property
    def account(self) -> str:
        return f"R{self.place:03d}"

    def number(self, person: int) -> str:
        return f"+3363998{6000 + 10 * self.place + person:04d}"

    async def set_up(self) -> None:
        steps = [_quick(step) for step in self.about["steps"]]
        plan = f"rung-{self.place}"
        await self.station.put(f"/plans/{plan}", {"id": plan, "name": plan, "steps": steps})
        contacts = [await self._contact(*pair) for pair in enumerate(self.about["people"])]
        site = {
            "name": self.about["name"],
            "accounts": [{"account": self.account}],
            "zones": [{"account": self.account, "zone": "1", "name": "Hall"}],
            "contacts": contacts,
            "plans": {"intrusion": plan},
        }
        await self.station.put(f"/sites/{self.account}", site)

    async def _contact(self, place: int, person: Row) -> Row:
        ((role, does),) = person.items()
        number = None if does == "none" else self.number(place)
        if does in PHONES:
            assert number is not None
            await self.station.phone(number, **PHONES[does][0])
        return {
            "id": f"{self.account}-{place}",
            "name": f"{role} {place}",
            "role": role,
            "rank": place + 1,
            "phone": number,
            "code": "2580",
            "authorities": {"*": ["cancel", "inform", "send_guard"]},
        }

    async def simulated(self) -> Row:
        """What the simulation says that will happen."""
        does = [next(iter(person.values())) for person in self.about["people"]]
        said = {
            f"{self.account}-{place}": [PHONES[one][1] if one in PHONES else NOWHERE]
            for place, one in enumerate(does)
        }
        silent = {firm: [{"on_site_s": None}] for firm in said}
        answer = await self.station.api.post(
            f"/plans/rung-{self.place}/versions/1/simulate",
            json={"site": self.account, "behaviours": {"contacts": said, "guards": silent}},
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def really(self) -> Row:
        """The alarm comes; its incident, once the machine is done with it."""
        await self.station.send(self.account, "BA")

        async def over() -> bool:
            found = await self.station.incidents(account=self.account)
            return bool(found) and found[-1]["machine"] == "done"

        await self.station.until(over, within=180)
        return await self.station.incident(self.account)

    @property
    def overdue(self) -> list[str]:
        """The guards who took it and never came.

        The station calls them for their own safety once the plan is done with (D22).
        """
        return [self.number(person) for person in self.about.get("overdue", [])]

    async def rung(self) -> list[str]:
        """The INVITEs that the network saw to these people, in its order."""
        mine = {self.number(person) for person in range(10)}
        return [call["to"] for call in await self.station.seen() if call["to"] in mine]


def _quick(step: Row) -> Row:
    """At a test's pace: short rings and pauses."""
    paced = {"ring_s": 5, "delay_s": 1} if step["kind"] in CALLING else {}
    return {**paced, **step}


@dataclass
class Both:
    """What was foretold, with whom the station calls anyway, and what came.

    ``calls``: what our rows say, to read beside it.
    """

    foretold: list[str]
    rang: list[str]
    calls: list[Row]
    closed: tuple[str | None, str | None]

    @property
    def told(self) -> str:
        names = ("to", "attempt", "outcome", "requested_at", "answered_at", "ended_at")
        return "\n".join(str([call[name] for name in names]) for call in self.calls)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def runs(station: Station) -> list[Both]:
    """All of them at the same time: people ring for a while, and a station hears many at once."""
    for desk in (*DESKS, DUTY):
        await station.phone(desk, "ring")
    cases = [Case(station, place, about) for place, about in enumerate(CASES)]
    return list(await asyncio.gather(*(_both(case) for case in cases)))


async def _both(case: Case) -> Both:
    await case.set_up()
    simulated = await case.simulated()
    incident = await case.really()
    foretold = [call["to"] for call in simulated["calls"]] + case.overdue

    async def all_rung() -> bool:
        return len(await case.rung()) >= len(foretold)

    if case.overdue:
        await case.station.until(all_rung)
    return Both(
        foretold=foretold,
        rang=await case.rung(),
        calls=incident["calls"],
        closed=(simulated["closed"], incident["resolution_code"]),
    )


async def test_there_are_twenty_plans() -> None:
    assert len(CASES) == 20
    assert len({case["name"] for case in CASES}) == 20


@pytest.mark.parametrize("place", range(20), ids=[case["name"] for case in CASES])
async def test_the_calls_that_were_foretold_are_those_that_rang(
    runs: list[Both], place: int
) -> None:
    both = runs[place]
    assert both.foretold
    if CASES[place].get("at_once"):
        assert sorted(both.rang) == sorted(both.foretold), both.told
    else:
        assert both.rang == both.foretold, both.told
    assert both.closed[0] == both.closed[1], both.told
