"""The whole product on a scripted Asterisk whose AMI link fails in every known way.

Whatever happens to the link: no id is originated twice, nothing is dialled after a reconnect
before the channel list was read, no number is called twice at a time, and every incident ends with
a human.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.support.phones.scripted_phone import Dialplan, Person
from tests.support.sip.scripted_ami import BUSY, CONGESTION, Fate, Faults, ScriptedAmi
from tests.support.stations.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: The premises ring in vain, one keyholder is busy, the other hangs up on the voice.
PLAN: dict[str, Any] = {
    "id": "chaos",
    "name": "Chaos",
    "steps": [
        {
            "id": "counter_call",
            "kind": "counter_call",
            "attempts": 1,
            "ring_s": 5,
            "outcomes": {"exhausted": "keyholders"},
        },
        {
            "id": "keyholders",
            "kind": "call_list",
            "attempts": 1,
            "ring_s": 5,
            "outcomes": {"exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
    ],
}
SITES = 4
RINGS_IN_VAIN = Fate(end_at=0.4, cause=19, sip="480 Temporarily Unavailable")
PICKS_UP = Fate(answer_at=0.1)


@dataclass
class Chaos:
    """A product on a scripted Asterisk."""

    ami: ScriptedAmi
    product: Product
    people: Dialplan
    serial: itertools.count[int]

    async def sites(self) -> list[str]:
        """Fresh sites, each with premises and two keyholders; their accounts."""
        return [await self._site() for _ in range(SITES)]

    async def _site(self) -> str:
        number = next(self.serial)
        account, phone = f"C{number:03d}", f"+3363998{number:03d}"
        fates = {"0": RINGS_IN_VAIN, "1": BUSY, "2": PICKS_UP}
        for last, fate in fates.items():
            self.ami.fates[f"{phone}{last}".lstrip("+")] = fate
        self.people.people[f"{phone}2".lstrip("+")] = Person(hang_up_after=0)
        contacts: list[dict[str, Any]] = [
            {"id": f"{account}-{last}", "name": f"Contact {last}", "phone": f"{phone}{last}"}
            | {"role": "premises" if last == "0" else "keyholder", "rank": int(last) + 1}
            for last in fates
        ]
        body = {
            "name": f"Site {account}",
            "accounts": [{"account": account}],
            "contacts": contacts,
            "plans": {"*": "chaos"},
        }
        await self.product.put(f"/sites/{account}", body)
        return account

    async def alarms(self, accounts: list[str]) -> None:
        for account in accounts:
            await self.product.alarm(account)

    async def ended_with_a_human(self, accounts: list[str], within: float = 60) -> None:
        """Every incident stands in the human queue, its calls all ended, each placed once."""
        for account in accounts:
            await self.product.until(functools.partial(self._is_over, account), within)

    async def _is_over(self, account: str) -> bool:
        """The whole list was called, and a human has it."""
        found = await self.product.incidents(account=account)
        if len(found) != 1 or not found[0]["with_human"] or _alive(found[0]):
            return False
        return {call["to"][-1] for call in found[0]["calls"]} == {"0", "1", "2"}

    async def next_link(self) -> None:
        """Until another connection was made."""
        links = self.ami.links
        await self.ami.until(lambda: self.ami.links > links)

    async def check(self, accounts: list[str]) -> None:
        """What must hold whatever happened."""
        assert self.ami.doubled() == []
        assert self.ami.dialled_before_list() == []
        assert self.ami.overlaps == []
        placed = set(self.ami.originated())
        for account in accounts:
            (incident,) = await self.product.incidents(account=account)
            rows = {call["id"] for call in incident["calls"]}
            numbers = [call["to"] for call in incident["calls"]]
            assert len(numbers) - len(set(numbers)) <= 3  # repeats: lost ones only
            assert len(rows & placed) >= 3


def _outcomes(incidents: list[dict[str, Any]]) -> set[str]:
    return {call["outcome"] for incident in incidents for call in incident["calls"]}


def _alive(incident: dict[str, Any]) -> list[str]:
    return [call["id"] for call in incident["calls"] if call["ended_at"] is None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chaos(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chaos]:
    async with ScriptedAmi() as ami:
        ami.default_fate = CONGESTION
        environment = {
            "CALLFLOW_ASTERISK": "external",
            "CALLFLOW_AMI_PORT": str(ami.port),
            "CALLFLOW_AMI_SECRET": ami.secret,
        }
        async with Product(tmp_path_factory.mktemp("chaos"), environment) as product:
            await product.put("/plans/chaos", PLAN)
            people = Dialplan(ami, product.agi_port, product.data_dir)
            yield Chaos(ami, product, people, itertools.count(1))
            ami.faults = Faults()


Fault = Callable[[ScriptedAmi], None]


def _set(**faults: Any) -> Fault:
    def apply(ami: ScriptedAmi) -> None:
        ami.faults = Faults(**faults)

    return apply


#: What another of them has too: in a deep run.
_ALSO = ("refused", "failed without a channel", "events before the response", "events twice",
         "events late")  # fmt: skip
FAULTS: dict[str, Fault] = {
    "none": _set(),
    "cut before the response": _set(cut_before_response=3),
    "cut after the response": _set(cut_after_response=3),
    "never answered": _set(swallow_originates=2),
    "refused": _set(refuse_originates=2),
    "failed without a channel": _set(fail_originates=2),
    "events before the response": _set(events_before_response=True),
    "events twice": _set(each_event_times=2),
    "events late": _set(event_delay=0.7),
    "events late and twice": _set(event_delay=0.3, each_event_times=2),
    "held up at an Originate": _set(hold_at_originate=7.0, channel_delay=0.7),
    "list before its response": _set(list_before_response=True, cut_after_response=2),
}


@pytest.mark.parametrize(
    "fault",
    [pytest.param(name, marks=pytest.mark.deep if name in _ALSO else ()) for name in FAULTS],
)
async def test_whatever_the_link_does(chaos: Chaos, fault: str) -> None:
    accounts = await chaos.sites()
    FAULTS[fault](chaos.ami)
    await chaos.alarms(accounts)
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)


async def test_a_response_that_overtakes_its_channel_calls_nobody_again(chaos: Chaos) -> None:
    accounts = await chaos.sites()
    chaos.ami.faults = Faults(response_overtakes_channel=0.5)
    await chaos.alarms(accounts)
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)
    for account in accounts:
        (incident,) = await chaos.product.incidents(account=account)
        numbers = [call["to"] for call in incident["calls"] if call["step"] != "queue"]
        assert sorted(numbers) == sorted(set(numbers))
        assert _outcomes([incident]).isdisjoint({"trunk_failure", "unknown"})


async def test_a_half_open_link(chaos: Chaos) -> None:
    chaos.ami.faults = Faults()
    accounts = await chaos.sites()
    # Watched from before the alarms: a call may be over when both are acknowledged.
    alarms = asyncio.create_task(chaos.alarms(accounts[:2]))
    await chaos.ami.until(lambda: len(chaos.ami.live) > 0, within=30)
    links = chaos.ami.links
    chaos.ami.faults.half_open = True
    await alarms
    await chaos.alarms(accounts[2:])
    await chaos.product.until(lambda: not chaos.ami.connected(links))
    chaos.ami.faults.half_open = False
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)


async def test_a_login_that_is_refused_for_a_while(chaos: Chaos) -> None:
    accounts = await chaos.sites()
    chaos.ami.faults = Faults(refuse_logins=2)
    chaos.ami.cut()
    await chaos.alarms(accounts)
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)
    logbook = (await chaos.product.api.get("/logbook", params={"limit": "200"})).json()
    assert chaos.ami.faults.refuse_logins <= 0
    assert logbook["items"]


async def test_a_flood_of_events(chaos: Chaos) -> None:
    accounts = await chaos.sites()
    chaos.ami.faults = Faults(flood=30_000)
    chaos.ami.cut()
    await chaos.alarms(accounts)
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)


async def test_an_asterisk_that_is_away_for_seconds(chaos: Chaos) -> None:
    chaos.ami.faults = Faults()
    accounts = await chaos.sites()
    await chaos.ami.stop()
    await chaos.alarms(accounts)
    await chaos.product.until(lambda: len(chaos.ami.live) == 0)
    await chaos.ami.start()
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)


async def test_the_link_is_cut_again_and_again(chaos: Chaos, deep_run: bool) -> None:
    chaos.ami.faults = Faults()
    accounts = await chaos.sites()
    await chaos.alarms(accounts)
    for _ in range(8 if deep_run else 2):
        chaos.ami.cut()
        await chaos.next_link()
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)


async def test_the_telephony_process_is_killed_again_and_again(
    chaos: Chaos, deep_run: bool
) -> None:
    chaos.ami.faults = Faults()
    accounts = await chaos.sites()
    await chaos.alarms(accounts)
    for _ in range(4 if deep_run else 1):
        chaos.product.kill("telephony")
        await chaos.next_link()
    await chaos.ended_with_a_human(accounts)
    await chaos.check(accounts)
