"""A station whose only trunk leads to the players: every packet of a call is known (RTP), where
real phones only hear."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.support.phones.phone import Voice
from tests.support.rows import sites
from tests.support.sip.sip_players import Ear, Player, Players
from tests.support.stations.station import Station


class PlayedStation(Station):
    """``callflow serve``: without a simulated network, whose place the players take."""

    command: tuple[str, ...] = ("serve",)


@contextlib.asynccontextmanager
async def played_station(
    data_dir: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[PlayedStation, Players]]:
    """Both, on ports of their own."""
    station = PlayedStation(data_dir, environment)
    async with Players(station.base + 80, station.base + 3000) as players, station:
        yield station, players


class PlayedCall:
    """A call to a site's premises, as its packets; prompts are those of sites.py, in French."""

    def __init__(self, station: PlayedStation, player: Player) -> None:
        self._station, self.player = station, player
        self._voice = Voice(station)
        self._ear = Ear(player)

    def words(self, key: str, **values: object) -> bytes:
        """The A-law of a prompt, from its first sound to its last."""
        return self._voice.file(key, "fr", **values).read_bytes().strip(b"\xd5")

    @property
    def heard(self) -> bytes:
        return bytes(self.player.sound)

    async def hears(self, key: str, part: float = 1.0, **values: object) -> float:
        """Waits for this part of a prompt, byte by byte; when (Unix time) its first one came."""
        await self._voice.prompt(key, "fr", **values)  # once it is made
        words = self.words(key, **values)
        wanted, places = words[: max(160, int(part * len(words)))], list[int]()

        def heard() -> bool:
            found = self._ear.first(wanted)
            if found is not None:
                places.append(found[1])
            return found is not None

        try:
            await self._station.until(heard, 20)
        except TimeoutError:
            raise AssertionError(f"{key!r} was not heard") from None
        return self.player.came_at(places[0])

    def is_silent(self, since: float, until: float) -> bool:
        """Whether no sound came in between (Unix times)."""
        return self.sounding(since, until) == 0

    def sounding(self, since: float, until: float) -> int:
        """How many packets that are no silence came in between (Unix times)."""
        packets = [packet.sound for packet in self.player.heard if since < packet.at < until]
        return sum(bool(sound.strip(b"\xd5")) for sound in packets)


async def called(
    played: tuple[PlayedStation, Players], number: str, code: str = "BA"
) -> PlayedCall:
    """An alarm of a new site, whose premises answer at ``number``."""
    station, players = played
    account = sites.fresh("K")
    players.calls.pop(number, None)
    await sites.put(station, account, sites.site(account, sites.premises(account, number)))
    await station.alarm(account, code, "3")
    await station.until(lambda: number in players.calls)
    return PlayedCall(station, players.calls[number])


async def all_is_over(station: PlayedStation, players: Players) -> None:
    """Nobody is called any more, and whoever talks hangs up: a call that is left computes."""
    for alarm in await station.incidents(state="open"):
        why = {"code": "test", "text": "x"}
        await station.api.post(f"/incidents/{alarm['id']}/close", json=why)

    async def quiet() -> bool:
        players.hang_up_all()
        return bool((await station.api.get("/health")).json()["live_calls"] == 0)

    await station.until(quiet, 40)
