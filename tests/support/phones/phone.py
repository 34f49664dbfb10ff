"""The phones of a test. A phone registers at the simulated network as ``phone1``…``phone20``; a
number of the network is pointed at it (``sip:phone3``), so that the station reaches it as it
reaches anybody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

from tests.support.phones.handset import Phone, Voice
from tests.support.phones.packet_phone import PacketPhone
from tests.support.phones.real_phone import RealPhone
from tests.support.stations.station import Station

__all__ = ["PacketPhone", "Phone", "Phones", "RealPhone", "Voice", "phones_of"]

#: So many phones the simulated network knows.
MOST = 20
_Kind = TypeVar("_Kind", bound=Phone)


class Phones:
    """The phones of one station; ``at`` and ``real_at`` hand them out."""

    def __init__(self, station: Station, folder: Path, free: list[int] | None = None) -> None:
        """``free``: the numbers of its phones, where others take of them too."""
        self.station = station
        self._folder = folder
        self._free = list(range(1, MOST + 1)) if free is None else free
        self._out: list[Phone] = []

    async def at(
        self, number: str, language: str = "fr", options: Sequence[str] = ()
    ) -> PacketPhone:
        """A phone that rings where ``number`` is called, and knows each packet."""
        return await self._out_at(number, PacketPhone(*await self._next(), language, options))

    async def real_at(
        self, number: str, language: str = "fr", options: Sequence[str] = ()
    ) -> RealPhone:
        """As ``at``, by pjsua2: a test of it is marked ``ear``."""
        return await self._out_at(number, RealPhone(*await self._next(), language, options))

    async def _next(self) -> tuple[Station, str, Path]:
        while not self._free:
            await self.station.moment()
        name = f"phone{self._free.pop(0)}"
        folder = self._folder / f"{name}-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        return self.station, name, folder

    async def _out_at(self, number: str, phone: _Kind) -> _Kind:
        self._out.append(phone)
        await phone.start()
        phone.number = number
        await self.station.phone(number, f"sip:{phone.name}", after_s=0)
        return phone

    async def all_at(self, numbers: Sequence[str], language: str = "fr") -> list[PacketPhone]:
        return [await self.at(number, language) for number in numbers]

    async def give_back(self) -> None:
        """All phones end; their numbers exist no more for the next test, but ring for ever."""
        for phone in self._out:
            if phone.number:
                await self.station.phone(phone.number, "ring")
        await asyncio.gather(*(phone.stop() for phone in self._out))
        for phone in self._out:
            self._free.append(int(phone.name.removeprefix("phone")))
        self._out.clear()


@contextlib.asynccontextmanager
async def phones_of(
    station: Station, folder: Path, free: list[int] | None = None
) -> AsyncIterator[Phones]:
    """Phones for one test."""
    phones = Phones(station, folder, free)
    try:
        yield phones
    finally:
        await phones.give_back()
