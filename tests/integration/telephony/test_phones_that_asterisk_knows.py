"""A telephone may register once Asterisk knows it: what Asterisk did not take, it is told again."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from callflow import clock
from callflow.handling.calls import phones as handling
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.calls import phones
from ivr.asterisk.instance import Instance, Kind
from ivr.telephony.phones import Phones
from tests.support.sip.scripted_ami import ScriptedAmi
from tests.support.stations.telephony_station import (
    FIRST,
    SECOND,
    TelephonyStation,
    telephony_station,
)


class Control:
    """A control socket with the one file behind it: ``refuses`` so many reloads, as an Asterisk
    does in which another is under way; is silent to so many commands (``away``)."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.known: list[str] = []
        self.reloads = self.refuses = self.away = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        path = str(self.instance.control_socket)
        async with await asyncio.start_unix_server(self._answer, path):
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.away:
            self.away -= 1
        else:
            writer.write(b"host/1/22.10\n")
            asked = (await reader.readuntil(b"\0")).decode()
            writer.write(self._said(asked).encode())
            await writer.drain()
        writer.close()

    def _said(self, asked: str) -> str:
        if "list endpoints" in asked:
            return "".join(f" Endpoint:  {name}{' ' * 9}Unavailable\n" for name in self.known)
        self.reloads += 1
        if self.refuses:
            self.refuses -= 1
            return "A module reload request is already in progress; please be patient\n"
        written = self.instance.operators.read_text()
        self.known = re.findall(r"^\[(op-[^]]+)\]\((?:desk|soft)-?phone", written, re.MULTILINE)
        return "Module 'res_pjsip.so' reloaded successfully.\n"


class Scene:
    """The rows, an Asterisk's control socket, and telephony between them; time moves by ``now``."""

    def __init__(self, station: TelephonyStation, control: Control) -> None:
        self.station, self.control, self.now = station, control, clock.now()
        self.phones = Phones(
            station.store, station.vault, control.instance, node="node0", now=lambda: self.now
        )

    async def given(self, who: str) -> str:
        """Somebody gets a telephone; its name."""
        user = {"id": who, "name": who, "role": "operator", "password": "-", "language": "fr"}

        def give(tx: Tx) -> str:
            told = {"languages": ["fr"], "skills": [], "created_at": self.now}
            tx.execute(t.user.insert().values(**user, **told))
            return handling.desk_phone(tx, self.station.vault, who, self.now).name

        return await self.station.store.write(give)

    async def ready(self, name: str) -> bool:
        """Whether its person is told that it can register."""
        row = await self.station.store.read(lambda tx: phones.get(tx, name))
        assert row is not None
        return row.rendered_at is not None


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    instance = Instance(kind=Kind.STATION, data_dir=tmp_path)
    instance.make_folders()
    control = Control(instance)
    async with ScriptedAmi() as ami, control.open():
        station = TelephonyStation(ami, tmp_path)
        try:
            yield Scene(station, control)
        finally:
            await station.close()


@pytest.mark.parametrize("how", ["refuses", "away"])
async def test_one_that_asterisk_did_not_take_is_told_it_again(scene: Scene, how: str) -> None:
    first = await scene.given("ines")
    await scene.phones.look()
    assert await scene.ready(first)
    second = await scene.given("zoe")
    setattr(scene.control, how, 1)
    await scene.phones.look()
    assert not await scene.ready(second)  # whoever registers now is refused
    scene.now += timedelta(seconds=1)
    await scene.phones.look()
    assert await scene.ready(second)
    assert {first, second} <= set(scene.control.known)


async def test_it_is_not_asked_each_time_that_the_rows_change_meanwhile(scene: Scene) -> None:
    scene.control.refuses = 9
    await scene.given("ines")
    for _ in range(5):
        await scene.phones.look()
    assert scene.control.reloads == 1


async def test_one_that_ended_is_told_until_asterisk_forgets_it(scene: Scene) -> None:
    name = await scene.given("ines")
    await scene.phones.look()
    await scene.station.store.write(lambda tx: handling.end_phone(tx, name, scene.now))
    scene.control.refuses = 1
    await scene.phones.look()
    assert name in scene.control.known
    scene.now += timedelta(seconds=1)
    await scene.phones.look()
    assert scene.control.known == []


async def test_another_s_telephone_in_its_place_at_the_same_instant_is_told(scene: Scene) -> None:
    first = await scene.given("ines")
    await scene.phones.look()
    await scene.station.store.write(lambda tx: handling.end_phone(tx, first, scene.now))
    second = await scene.given("zoe")
    await scene.phones.look()
    assert await scene.ready(second)


async def test_no_call_waits_for_a_reload_and_there_is_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def takes_long(self: Phones) -> None:
        nonlocal begun
        begun += 1
        await asyncio.Event().wait()

    monkeypatch.setattr(Phones, "look", takes_long)
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        for number in (FIRST, SECOND):
            call = await station.call(number)
            await station.until_row(call, lambda row: row.state == "ringing")
        assert begun == 1
