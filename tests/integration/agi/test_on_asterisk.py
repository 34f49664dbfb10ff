"""The product's dialogues on a real Asterisk that calls phones of the simulated network."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import CodeVerdict, Dialogue, Facts, Progress, State
from callflow.core.signals.signal import Kind
from ivr.agi import AgiServer, Dialogues, fixed_sentences
from ivr.agi.voices import Voices
from ivr.ami import Account, AmiLink
from ivr.asterisk.configuration import AMI_USER
from ivr.asterisk.simulator import Phone
from ivr.asterisk.tree import cache_folder, find_or_fetch
from ivr.speech import Speech
from ivr.speech.announcements import Announcements
from tests.integration.agi.conftest import eventually
from tests.integration.asterisk.conftest import Pair, start_pair, stop_pair
from tests.integration.asterisk.throwaway import Ami
from tests.support.phones.dialogue_store import MemoryStore

FACTS = Facts(
    dialogue=Dialogue.VERIFICATION,
    site_name="Boulangerie Martin",
    kind=Kind.INTRUSION,
    zone="3",
    recognition_word="tulipe",
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    started = start_pair(tmp_path_factory.mktemp("dialogues"), find_or_fetch(progress=print))
    yield started
    stop_pair(started)


@dataclass
class Talking:
    """A station whose dialogues are the product's, and one phone."""

    pair: Pair
    ami: Ami
    store: MemoryStore
    dialogues: Dialogues
    speech: Speech
    server: AgiServer
    link: AmiLink
    called: int = 0

    async def call(self, keys: str, facts: Facts = FACTS, behaviour: str = "answer") -> str:
        """Calls the phone, which types ``keys``; the call's id."""
        self.called += 1
        number = f"+3363998{5100 + self.called}"
        phone = Phone(number=number, after_s=0.1, keys=keys, behaviour=behaviour)
        self.pair.simulator.set_phone(phone)
        call_id = str(uuid.uuid4())
        self.store.facts[call_id] = facts
        return await asyncio.to_thread(self.ami.originate, number.lstrip("+"), call=call_id)

    async def ended(self, call_id: str) -> None:
        await asyncio.to_thread(self.ami.event, "Hangup", call_id, 50.0)

    async def another_server(self) -> None:
        """The first one goes as by kill -9: its sessions end, nothing is said to Asterisk."""
        await self.server.close()
        self.server = AgiServer({"outgoing": self.dialogues.outgoing}, secret_of(self.pair))
        await self.server.start(self.pair.agi_port)


def secret_of(pair: Pair) -> str:
    """What its dialplan was rendered with."""
    return pair.station.instance.agi_secret()


async def _nothing(*_: object) -> None:
    """The rows are not this test's."""


@pytest.fixture
async def talking(pair: Pair, tmp_path: Path) -> AsyncIterator[Talking]:
    async def mute(channel_id: str, on: bool) -> None:
        """The mute itself is the AMI adapter's, and tested there."""

    store = MemoryStore(codes={"2580": CodeVerdict.OK, "8520": CodeVerdict.DURESS}, commit_s=0.004)
    made = cache_folder() / "prompts"  # the fixed sentences of every station of this machine
    speech = Speech(tmp_path, made, Announcements(tmp_path / "announcements"))
    await speech.start()
    await speech.prewarm(fixed_sentences())
    dialogues = Dialogues(store, speech, mute, Voices(tmp_path, tmp_path / "turns"))
    server = AgiServer({"outgoing": dialogues.outgoing}, secret_of(pair))
    await server.start(pair.agi_port)
    ami = pair.ami()
    secret = pair.station.instance.ami_secret()
    station = Account(host="127.0.0.1", port=pair.ami_port, user=AMI_USER, secret=secret)
    link = AmiLink(
        station, on_up=_nothing, on_events=_nothing, on_alarm=_nothing, on_key=dialogues.key
    )
    linked = asyncio.create_task(link.run())
    await eventually(lambda: link.ready)
    talk = Talking(pair, ami, store, dialogues, speech, server, link)
    yield talk
    linked.cancel()
    await talk.server.close()
    await speech.close()
    ami.close()


async def test_people_type_all_at_once(talking: Talking) -> None:
    expected = {
        "2580#w1": Outcome.VERIFIED_OK,
        "2580#1": Outcome.VERIFIED_OK,  # typed ahead, without waiting for the words
        "w8520#1": Outcome.DURESS,
        "2580wwwwww3": Outcome.GOING,  # no hash key: the code's time runs out first
        "9*2580#w7w4": Outcome.SEND_GUARD,
    }
    forty = await talking.call("7" * 40)
    calls = {keys: await talking.call(keys) for keys in expected}
    await asyncio.gather(*(talking.ended(call) for call in calls.values()))
    for keys, outcome in expected.items():
        assert talking.store.concluded[calls[keys]][-1:] == [outcome], keys
        assert talking.store.progress[calls[keys]].state is State.END
    # Forty keys in a row end in a conference: nobody is hung up who may need help.
    await eventually(lambda: talking.store.progress[forty].state is State.END, 20)
    assert talking.store.concluded[forty] == [Outcome.WRONG_CODE]
    assert forty not in {e["Uniqueid"] for e in talking.ami.events if e.get("Event") == "Hangup"}
    talking.ami.send(Action="Hangup", Channel="/^PJSIP/trunk-.*/")
    await talking.ended(forty)


async def test_keys_typed_while_we_commit_are_not_lost(talking: Talking) -> None:
    """Each commit takes as long as two quick keys: Asterisk throws them away, AMI tells them."""
    talking.store.commit_s = 0.5
    expected = {
        "1111#2580#1": Outcome.VERIFIED_OK,
        "2580#93": Outcome.GOING,
        "8520#1": Outcome.DURESS,
        "2580#4": Outcome.SEND_GUARD,
    }
    calls = [(await talking.call(keys), keys) for keys in expected for _ in range(3)]
    await asyncio.gather(*(talking.ended(call) for call, _ in calls))
    for call, keys in calls:
        assert talking.store.concluded[call][-1:] == [expected[keys]], keys


async def test_a_dialogue_outlives_its_server(talking: Talking) -> None:
    call = await talking.call("2580#wwwwwww1www1www1")  # again: nobody may have listened
    menu = Progress(state=State.MENU, begun=True, say="code_ok", known=True)
    await eventually(lambda: talking.store.progress.get(call) == menu, 20)
    await talking.another_server()
    await talking.ended(call)
    assert talking.store.concluded[call] == [Outcome.VERIFIED_OK]


async def test_a_folder_with_spaces_is_played(talking: Talking) -> None:
    odd = talking.speech.folder / 'it\'s "ours", really'
    talking.speech.folder = odd
    (odd / "turns").mkdir(parents=True)
    call = await talking.call("2580#w1", replace(FACTS, site_name="Autre"))
    await talking.ended(call)
    assert talking.store.concluded[call] == [Outcome.VERIFIED_OK]
