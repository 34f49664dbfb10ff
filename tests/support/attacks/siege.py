"""Callers who guess codes over many sites of a station, and honest ones meanwhile.

What a guess came to is what its caller hears. Guessers know half of every code: a guess is right a
hundred times as often as one at random, so that what is let in can be counted within a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from callflow.core.callers.guessing import AT_MOST, worth
from callflow.core.calls import sound
from tests.support.phones import hearing
from tests.support.phones.phone import Voice
from tests.support.sip.sip_callers import Callers, Heard, Refused
from tests.support.sip.sip_players import Player
from tests.support.stations.played_station import PlayedStation

DESK = "+33639989901"
#: Guesses of a four-digit code that a site with one code bears in a day.
BEARS = round(AT_MOST / worth(1, 4))
#: How many codes a guesser chooses from.
CHOICES = 100
#: Sites whose people's own numbers some guessers show, and how many of a hundred do.
KNOWN, FORGE = 20, 25
_TONE_HZ = 1000.0


def account(place: int) -> str:
    """A site's account, and its id; place 0 is the one that is besieged first."""
    return f"{30000 + place}"


def number(place: int) -> str:
    """Of the site's one person."""
    return f"+3363{7000000 + place}"


def code(place: int) -> str:
    return f"{place % CHOICES:02d}58"


def _site(place: int) -> dict[str, object]:
    """All have one name: it is spoken once."""
    person = {
        "id": f"{account(place)}-1",
        "name": "Camille",
        "role": "keyholder",
        "phone": number(place),
        "code": code(place),
        "authorities": {"*": ["cancel", "set_on_test"]},
    }
    return {
        "id": account(place),
        "name": "Boutique",
        "client": "Boutiques",
        "accounts": [{"account": account(place)}],
        "contacts": [person],
    }


@dataclass
class Guesses:
    """What guessers heard. ``looked_at``: {site: codes that were called right or wrong}."""

    calls: int = 0
    heard: Counter[str] = field(default_factory=Counter)
    looked_at: Counter[int] = field(default_factory=Counter)
    #: Of strangers' guesses in calls begun once the alarm was on.
    let_look_later: int = 0

    @property
    def let_in(self) -> int:
        return self.heard["code_ok"]


class Siege:
    """A station of ``sites`` sites, its desk's phone, and who calls."""

    def __init__(self, station: PlayedStation, callers: Callers, sites: int, seed: int) -> None:
        self.station, self.callers, self.sites = station, callers, sites
        self.dice = random.Random(seed)
        self.guesses = Guesses()
        self.alarm_on = False
        self._voice = Voice(station)
        self._words: dict[str, bytes] = {}
        self._ours = "+33639989999"

    async def put_in(self) -> None:
        """The sites, with codes."""
        file = self.station.data_dir / "siege.json"
        file.write_text(json.dumps([_site(place) for place in range(self.sites)]))
        await self.station.cli("site", "import", str(file))

    # --- guessers ---

    async def surround(self) -> None:
        """Strangers guess at the first site until it bears no more; then one has the right code."""
        tries = [f"{9900 + n}" for n in range(BEARS + 2)]
        pairs = [tries[first : first + 2] for first in range(0, len(tries), 2)]
        await asyncio.gather(*(self._guess(0, self._stranger(), pair) for pair in pairs))
        assert self.guesses.looked_at[0] <= BEARS, self.guesses
        assert await self._says(self._stranger(), 0, [code(0)]) == ["codes_locked"]

    async def rage(self, rate: float, seconds: float) -> None:
        """So many calls a second: random sites and codes, forged numbers."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(round(rate * seconds)):
                tasks.create_task(self._somebody())
                await asyncio.sleep(1 / rate)

    async def _somebody(self) -> None:
        codes = [f"{self.dice.randrange(CHOICES):02d}58" for _ in range(2)]
        if self.dice.randrange(100) < FORGE:
            place = self.dice.randrange(1, 1 + KNOWN)
            await self._guess(place, number(place), codes)
        else:
            place = self.dice.randrange(1 + KNOWN, self.sites - 1)  # the last one is honest
            await self._guess(place, self._stranger(), codes)

    def _stranger(self) -> str:
        return f"+3363998{self.dice.randrange(2000):04d}"

    async def _guess(self, place: int, caller: str, codes: list[str]) -> None:
        late = self.alarm_on and caller != number(place)
        self.guesses.calls += 1
        for heard in await self._says(caller, place, codes):
            self.guesses.heard[heard or "nothing"] += 1
            looked = heard.startswith("code_")
            self.guesses.looked_at[place] += looked
            self.guesses.let_look_later += looked and late

    async def _says(self, caller: str, place: int, codes: list[str]) -> list[str]:
        """Calls, types who they are and these codes, while they are asked; what each came to."""
        try:
            player = await self.callers.call(self._ours, caller)
        except (Refused, TimeoutError):
            return ["refused"]
        try:
            return await self._types_codes(player, place, codes)
        finally:
            self.callers.hang_up(player)

    async def _types_codes(self, player: Player, place: int, codes: list[str]) -> list[str]:
        heard = Heard(player, self._word)
        found: list[str] = []
        for nth, guess in enumerate(codes):
            asked = await heard.one_of("ask_account", "ask_code")
            if asked == "ask_account":
                await player.types(f"{account(place)}#", key_s=0.06)
                asked = await heard.one_of("ask_code")
            if not asked:
                return [*found, ""]
            await player.types(f"{guess}#", key_s=0.06)
            wrong = "code_wrong_last" if nth else "code_wrong"
            found.append(await heard.one_of("code_ok", wrong, "codes_locked"))
            if found[-1] != "code_wrong":
                break
        return found

    def _word(self, key: str) -> bytes:
        if key not in self._words:
            self._words[key] = self._voice.file(key, "fr").read_bytes().strip(b"\xd5")
        return self._words[key]

    # --- honest people ---

    async def honest_gets_in(self) -> bool:
        """A client of another site, from their own number, with the right code."""
        place = self.sites - 1
        return await self._says(number(place), place, [code(place)]) == ["code_ok"]

    async def honest_reaches_a_human(self, within: float = 60.0) -> bool:
        """A client of the besieged site, whose code does not count now: who answers at the desk
        presses 1, and is heard."""
        player = await self.callers.call(self._ours, number(0))
        try:
            if await self._types_codes(player, 0, [code(0)]) != ["codes_locked"]:
                return False
            await self._until(lambda: self._hears_the_desk(player), within)
        finally:
            self.callers.hang_up(player)
        return True

    def _hears_the_desk(self, player: Player) -> bool:
        lately = hearing.alaw(b"".join(packet.sound for packet in player.heard[-100:]))
        return hearing.seconds_of_tone(lately, _TONE_HZ, share=0.5) >= 0.5

    async def at_the_desk(self) -> None:
        """Until cancelled: whoever rings there is taken, and hears a tone."""
        before: Player | None = None
        tone = sound.to_alaw(hearing.tone(_TONE_HZ, seconds=0.02))
        while True:
            player = self.callers.calls.get(DESK)
            if player is not None and player is not before and not player.over.is_set():
                before = player
                if await Heard(player, self._word).one_of("offer_connect", "offer_take"):
                    await player.types("1")
                    player.mouth.hums(tone)
            await asyncio.sleep(0.1)

    # --- what the console shows ---

    async def is_on(self) -> None:
        """Waits for the alarm."""

        async def shown() -> bool:
            return bool(await self.alarms())

        await self.station.until(shown, 30)
        self.alarm_on = True

    async def alarms(self) -> list[bool]:
        """Of each incident of guessing, whether it stands in front of a human."""
        found = await self.station.incidents()
        return [row["with_human"] for row in found if row["kind"] == "guessing"]

    async def _until(self, fact: Callable[[], bool], within: float) -> None:
        await self.station.until(fact, within)

    def problems(self) -> list[str]:
        """What did not hold, of the guesses."""
        found, guesses = [], self.guesses
        most = max(guesses.looked_at.values(), default=0)
        if most > BEARS:
            found.append(f"{most} codes were looked at for one site, {BEARS} may be")
        if guesses.let_look_later:
            found.append(f"{guesses.let_look_later} of strangers' codes, once the alarm was on")
        unclear = guesses.heard["nothing"] + guesses.heard["refused"]
        if unclear > guesses.calls / 50:
            found.append(f"{unclear} of {guesses.calls} calls heard nothing that is known")
        return found


@contextlib.asynccontextmanager
async def besieged(data_dir: Path, *, sites: int, seed: int) -> AsyncIterator[Siege]:
    """A station of so many sites, whose trunk leads to the callers, and somebody at its desk."""
    settings = {
        "CALLFLOW_TRUNK_CHANNELS": "250",
        "CALLFLOW_DESK_PHONES": json.dumps([DESK]),
        "CALLFLOW_OTHER_TARGET": "900",  # what rings at the desk is a person who waits
    }
    station = PlayedStation(data_dir, settings)
    callers = Callers(station.base + 80, station.base + 3000, station.base + 60)
    async with callers, station:
        siege = Siege(station, callers, sites, seed)
        await siege.put_in()
        desk = asyncio.create_task(siege.at_the_desk(), name="desk")
        try:
            yield siege
        finally:
            desk.cancel()
            await asyncio.gather(desk, return_exceptions=True)
