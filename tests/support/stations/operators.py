"""Operators without a browser: a session of the web's with its stream, and a phone on the desk that
knows each packet. Who speaks with whom, and what they are shown meanwhile, needs no more; what only
a page can do is proved with one (desk.py)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from callflow import clock
from callflow.handling.calls import phones
from ivr.asterisk.control import command
from ivr.asterisk.instance import Instance, Kind
from tests.support.phones import hearing
from tests.support.phones.packet_phone import PacketPhone
from tests.support.stations.shifts import PASSWORD, take_up
from tests.support.stations.station import Station

#: A button of the telephone's, as the stream shows it: what it does, and its values.
_BUTTON = re.compile(r'data-phone="([\w-]+)"([^>]*)')
_VALUE = re.compile(r'data-(\w+)="([^"]*)"')
#: A desk phone's registration lasts two minutes.
_REGISTERS_EVERY_S = 40.0


async def hire(station: Station, name: str, role: str = "operator") -> tuple[str, str]:
    """A new user, and a SIP phone for their desk: name and password that it registers with, once
    Asterisk knows it.
    """
    await station.user(name, PASSWORD, role)
    now = clock.now()
    given = await station.writes(lambda tx, vault: phones.desk_phone(tx, vault, name, now))
    socket = Instance(kind=Kind.STATION, data_dir=station.data_dir).control_socket

    async def known() -> bool:
        return given.name in await asyncio.to_thread(command, socket, "pjsip list endpoints")

    await station.until(known)
    return given.name, given.secret


class Operator:
    """One person at a desk; what they say is a tone of their own (``hertz``)."""

    def __init__(self, station: Station, name: str, hertz: float, folder: Path) -> None:
        self.station, self.name, self.hertz = station, name, hertz
        self._folder = folder
        self._web = httpx.AsyncClient(base_url=station.url, trust_env=False, timeout=20)
        self._shown: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._csrf = ""
        self.phone: PacketPhone

    async def sits_down(self, role: str = "operator") -> None:
        """A new user, a phone that is registered, the log-in, the shift."""
        user, password = await hire(self.station, self.name, role)
        form = {"name": self.name, "password": PASSWORD}
        assert (await self._web.post("/login", data=form)).status_code == 303
        if role == "operator":
            await take_up(self._web)
        found = re.search(r'data-csrf="([^"]+)"', (await self._web.get("/")).text)
        assert found, f"{self.name} is not logged in"
        self._csrf = found[1]
        at = f"127.0.0.1:{self.station.base + 60}"
        self.phone = PacketPhone(self.station, user, self._folder, registrar=at, password=password)
        await self.phone.start()
        self._tasks = [
            asyncio.create_task(self._reads(), name=f"stream of {self.name}"),
            asyncio.create_task(self._stays(), name=f"phone of {self.name}"),
        ]

    async def _reads(self) -> None:
        """The stream, as a page keeps it: begun again when it was cut."""
        while True:
            self._shown.clear()
            with contextlib.suppress(httpx.TransportError):
                await self._read()
            await self.station.moment()

    async def _read(self) -> None:
        async with self._web.stream("GET", "/events", timeout=None) as answer:
            event, said = "", list[str]()
            async for line in answer.aiter_lines():
                word, _, rest = line.partition(": ")
                if word == "event":
                    event, said = rest, []
                elif word == "data":
                    said.append(rest)
                elif not line:
                    self._shown[event] = "\n".join(said)

    async def _stays(self) -> None:
        while True:
            await asyncio.sleep(_REGISTERS_EVERY_S)
            await self.phone.registers()

    # --- what is shown ---

    @property
    def calls(self) -> str:
        """What the telephone shows, as markup."""
        return self._shown.get("calls", "")

    @property
    def pop(self) -> str:
        """Who calls, as markup."""
        return self._shown.get("pop", "")

    async def sees(self, *texts: str, within: float = 30.0) -> None:
        """All of them stand in what the telephone shows, or in the pop."""
        await self.station.until(
            lambda: all(text in self.calls or text in self.pop for text in texts), within
        )

    # --- what somebody does ---

    async def does(self, act: str, **values: str) -> None:
        """An act of the telephone's, as its page asks for it."""
        form = {"csrf": self._csrf, **values}
        answer = await self._web.post(f"/telephone/{act}", data=form)
        assert answer.status_code == 204, answer.text

    async def clicks(self, act: str, within: float = 10.0) -> None:
        """The first button that does ``act``, once there is one."""
        found = dict[str, str]()

        def there() -> bool:
            for name, values in _BUTTON.findall(self.calls):
                if name == act:
                    found.update(_VALUE.findall(values))
                    return True
            return False

        await self.station.until(there, within)
        found.pop("key", None)
        await self.does(act, **found)

    async def hands_on(self, colleague: str, *, attended: bool) -> None:
        """My call goes to a colleague, once their telephone is connected: then they are offered."""
        offered = f'<option value="{colleague}">'
        await self.station.until(lambda: offered in self.calls)
        await self.does("hand-on", colleague=colleague, attended="yes" if attended else "no")

    async def rings(self, within: float = 30.0) -> None:
        await self.station.until(self._is_rung, within)

    def _is_rung(self) -> bool:
        calls = self.phone.calls
        return bool(calls) and not calls[-1].over and not calls[-1].talks

    async def answers(self, within: float = 30.0) -> None:
        """It rings, and is picked up."""
        await self.rings(within)
        await self.phone.answers()
        self.phone.plays(hearing.tone(self.hertz, seconds=2), "tone")
        await self.is_in_call()

    async def is_in_call(self, within: float = 15.0) -> None:
        await self.station.until(lambda: 'data-state="answered"' in self.calls, within)

    async def hangs_up(self) -> None:
        await self.does("hang-up")

    async def is_free(self, within: float = 20.0) -> None:
        """No call is left at this desk."""
        await self.station.until(
            lambda: self.phone.call.over and '<section class="leg ' not in self.calls, within
        )

    async def hears_tone(self, hertz: float, within: float = 30.0) -> None:
        """A tone is heard, whoever else speaks."""
        await self.phone.hears_tone(hertz, within=within, share=0.3)

    async def hears(self, hertz: float, for_s: float) -> bool:
        """Whether a tone is heard at all in so many seconds of sound from now."""
        line = self.phone.line
        begin = line.length
        await self.station.until(lambda: line.length >= begin + for_s * hearing.RATE)
        return hearing.seconds_of_tone(line.samples(begin), hertz, share=0.1) > 0.1

    async def closes(self, incident: str) -> None:
        """An alarm that this person holds, or nobody, is handled; a personal one with a
        supervisor's signature."""
        form = {"csrf": self._csrf, "code": "other", "text": "fin de l’essai"}
        answer = await self._web.post(f"/incidents/{incident}/close", data=form)
        if answer.status_code == 403:  # noted: a second person signs it (D30)
            await self.station.signs(incident)
        else:
            assert answer.status_code < 400, answer.text

    async def crashes(self) -> None:
        """Desk and phone are gone, at once: they say nothing to anybody."""
        await self._forgets()
        self.phone.crashes()

    async def goes(self) -> None:
        """The phone says goodbye, the page is closed."""
        if hasattr(self, "phone"):
            await self.phone.stop()
        await self._forgets()
        await self._web.aclose()

    async def _forgets(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Operators:
    """The operators of one test."""

    def __init__(self, station: Station, folder: Path) -> None:
        self._station, self._folder = station, folder
        self._all: list[Operator] = []

    async def of(self, name: str, hertz: float, role: str = "operator") -> Operator:
        """Somebody new sits down."""
        folder = self._folder / name
        folder.mkdir()
        operator = Operator(self._station, name, hertz, folder)
        self._all.append(operator)
        await operator.sits_down(role)
        return operator

    async def leave(self) -> None:
        """No alarm of this test rings in the next one, as those do that nobody ends (D21)."""
        for alarm in await self._station.incidents(state="open"):
            may = [one for one in self._all if alarm["holder"] in (None, one.name)]
            for one in may[:1]:
                await one.closes(alarm["id"])
        await asyncio.gather(*(operator.goes() for operator in self._all))


@contextlib.asynccontextmanager
async def operators_of(station: Station, folder: Path) -> AsyncIterator[Operators]:
    """Operators for one test."""
    operators = Operators(station, folder)
    try:
        yield operators
    finally:
        await operators.leave()
