"""``ivr``: what a key waits for its answer, in a hundred dialogues at once.

Measured at the phones (``sip_players``): from the last RFC 4733 packet of a key to the first packet
of the answer that is no silence, each known by its very bytes, with the kernel's time of arrival.
The floor, in the same run: a dialplan of `Read` and `Playback` on the same Asterisk, with the same
sounds, recorded alike, and none of our processes in between.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from ivr.asterisk import control
from ivr.asterisk.instance import Instance, Kind
from tests.bench import alarms
from tests.bench.kit import cpu, pace
from tests.bench.kit.figures import Report, Row, percentile, say, seeds
from tests.bench.kit.floor import Floor
from tests.bench.kit.pace import Load
from tests.support.phones import hearing
from tests.support.phones.mouth import FRAME
from tests.support.phones.phone import Voice
from tests.support.sip.sip_players import Packet, Player, Players
from tests.support.stations.played_station import played_station
from tests.support.stations.station import Station

NAME = "ivr"
CALLS = 100
LATE_MS = 100.0
#: Packets below this are silence (dBFS, RMS).
SILENT_DBFS = -60.0
#: Seconds: an answer that doesn't come is lost; within so many everybody begins to type.
PATIENCE, SPREAD = 3.0, 8.0
#: As fast as a phone's memory dials: seconds of a key, and of the pause after it.
FAST = 0.04


class Sound:
    """A sound that is waited for: its packets, and which one is the first that isn't silence."""

    def __init__(self, file: Path) -> None:
        data = file.read_bytes()
        self.packets = [data[at : at + FRAME] for at in range(0, len(data) - FRAME + 1, FRAME)]
        loud = [_dbfs(packet) > SILENT_DBFS for packet in self.packets]
        self.first = loud.index(True)


def _dbfs(packet: bytes) -> float:
    return float(10 * np.log10((hearing.alaw(packet) ** 2).mean() + 1e-12))


@dataclass(frozen=True, slots=True)
class Answered:
    """One key: what its answer took (s; None: it never came), how long the words before it went
    on (s), and how many packets of it were missing."""

    took: float | None
    stopped: float
    missing: int
    keys: str = ""


async def answer(player: Player, typed_at: float, sound: Sound) -> Answered:
    """Waits for ``sound`` to the end."""
    first, place = sound.packets[sound.first], len(player.heard)
    while place and player.heard[place - 1].at > typed_at:
        place -= 1
    begin = place
    until = time.time() + PATIENCE
    while True:
        for packet in player.heard[place:]:
            if packet.sound == first:
                heard = player.heard[begin : player.heard.index(packet, begin)]
                return await _whole(player, packet, typed_at, heard, sound)
        place = len(player.heard)
        if player.over.is_set() or time.time() > until:
            return Answered(None, 0.0, 0)
        await asyncio.sleep(0.02)


async def _whole(
    player: Player, first: Packet, typed_at: float, before: Sequence[Packet], sound: Sound
) -> Answered:
    wanted = sound.packets[sound.first :]
    begin = player.heard.index(first)
    for _ in range(500):
        if len(player.heard) - begin >= len(wanted) or player.over.is_set():
            break
        await asyncio.sleep(0.02)
    got = {packet.sound for packet in player.heard[begin : begin + len(wanted) + 5]}
    loud = [packet.at for packet in before if _dbfs(packet.sound) > SILENT_DBFS]
    stopped = max(loud, default=typed_at) - typed_at
    return Answered(first.at - typed_at, stopped, sum(packet not in got for packet in wanted))


# --- who types what -------------------------------------------------------------------------------


class Sounds:
    """What the station answers, as its own files."""

    def __init__(self, station: Station) -> None:
        self._voice = Voice(station)
        self._kept: dict[str, Sound] = {}

    def __getitem__(self, key: str) -> Sound:
        if key not in self._kept:
            self._kept[key] = Sound(self.file(key))
        return self._kept[key]

    def file(self, key: str) -> Path:
        return self._voice.file(key, "fr")


async def _keyholder(player: Player, sounds: Sounds, dice: random.Random) -> list[Answered]:
    """A wrong code, the right one, a key that isn't offered, and the answer: each into the words
    that are being said. Every second person's phone types the last two by itself."""
    await asyncio.sleep(dice.uniform(0, SPREAD))
    found = []
    fast = dice.random() < 0.5
    steps = [("9999#", "code_wrong"), ("2580#", "code_ok"), ("9", "bad_key")]
    if fast:
        steps[1:] = [("2580#9", "bad_key")]
    for keys, key in (*steps, ("1", "key_false_alarm")):
        pause = FAST if keys == "2580#9" else 0.06
        typed_at = await player.types(keys, key_s=FAST if fast else 0.1, pause_s=pause)
        found.append(replace(await answer(player, typed_at, sounds[key]), keys=keys))
        await asyncio.sleep(dice.uniform(0.1, 1.0))
    return found


async def _presser(player: Player, sound: Sound, dice: random.Random) -> list[Answered]:
    """At the floor: four keys, each into the prompt."""
    await asyncio.sleep(dice.uniform(0, SPREAD))
    found = []
    for _ in range(4):
        found.append(await answer(player, await player.types("5"), sound))
        await asyncio.sleep(dice.uniform(0.3, 1.0))
    return found


class _Floor(Floor):
    """A prompt that a key breaks off, and what answers it."""

    answer: Path

    def _says(self) -> tuple[str, ...]:
        return (f"Read(KEY,{self._sound},1,,1,20)", f"Playback({self.answer},noanswer)")


# --- a round --------------------------------------------------------------------------------------


Talk = Callable[[Player], Awaitable[list[Answered]]]


class _Round:
    def __init__(self, station: Station, players: Players, seed: int) -> None:
        self.station, self.players = station, players
        self.dice = random.Random(seed)
        self.sounds = Sounds(station)
        self.bench = alarms.Bench(station, [], seed)

    async def run(self) -> list[Row]:
        await self.bench.put_in(CALLS + 3)
        load = Load("warm-up", 3, 3.0)
        await self._wave(load, CALLS, "warm-up", self._alarms, self._keyholder)
        load = Load("100 calls", CALLS, 6.0)
        product = await self._wave(load, 0, "Callflow", self._alarms, self._keyholder)
        async with self._floor() as floor:

            async def call(load: Load, first: int) -> None:
                numbers = [alarms.number(first + n, floor=True) for n in range(load.count)]
                await floor.run(load, numbers, self.dice)

            bare = await self._wave(load, 0, "bare Asterisk", call, self._presser, floor=True)
        return [product, bare]

    def _floor(self) -> _Floor:
        instance = Instance(kind=Kind.STATION, data_dir=self.station.data_dir)
        turns = (self.station.data_dir / "prompts" / "turns").glob("*.alaw")
        longest = max(turns, key=lambda file: file.stat().st_size).with_suffix("")
        made = _Floor(instance, self.station.base + 38, longest, 60.0)
        made.answer = self.sounds.file("code_wrong").with_suffix("")
        return made

    async def _alarms(self, load: Load, first: int) -> None:
        async def send(place: int) -> None:
            await self.station.send(alarms.account(first + place), "BA", "3")

        await pace.run(load.offsets(self.dice), send)

    def _hang_up(self) -> None:
        """Whoever was not understood is in a conference now."""
        socket = Instance(kind=Kind.STATION, data_dir=self.station.data_dir).control_socket
        control.command(socket, "channel request hangup all")

    async def _keyholder(self, player: Player) -> list[Answered]:
        return await _keyholder(player, self.sounds, self.dice)

    async def _presser(self, player: Player) -> list[Answered]:
        return await _presser(player, self.sounds["code_wrong"], self.dice)

    async def _wave(
        self,
        load: Load,
        first: int,
        who: str,
        begin: Callable[[Load, int], Awaitable[None]],
        talk: Talk,
        *,
        floor: bool = False,
    ) -> Row:
        """All are called; once all are up, all type."""
        say(f"{who}, {load.count} calls")
        numbers = [alarms.number(first + n, floor=floor) for n in range(load.count)]
        await begin(load, first)
        await self.station.until(lambda: set(numbers) <= self.players.calls.keys(), 30)
        phones = [self.players.calls[number] for number in numbers]
        await self.station.until(lambda: all(phone.heard for phone in phones), 10)
        up = sum(not phone.over.is_set() for phone in phones)
        loop = asyncio.get_running_loop()
        before, begun = cpu.seconds(self.station), loop.time()
        found = [one for many in await asyncio.gather(*map(talk, phones)) for one in many]
        used, lasted = cpu.used(before, cpu.seconds(self.station)), loop.time() - begun
        lost_frames = sum(_lost(phone.heard) for phone in phones)
        self._hang_up()
        await self.station.until(lambda: all(phone.over.is_set() for phone in phones), 30)
        self.players.forget()
        took = [one.took * 1000 for one in found if one.took is not None]
        for keys in sorted({one.keys for one in found}):
            say(f"{keys or 'a key'}: {_of_keys([one for one in found if one.keys == keys])}")
        return {
            "who": who,
            "calls": up,
            "keys": len(found),
            "lost": len(found) - len(took),
            **{f"p{n}_ms": round(percentile(took, n / 100), 1) for n in (50, 95, 99)},
            "max_ms": round(max(took, default=float("nan")), 1),
            "stops_p95_ms": round(percentile([one.stopped * 1000 for one in found], 0.95), 1),
            "cut": sum(one.missing > 0 for one in found),
            "rtp_lost": lost_frames,
            "asterisk": round(used.get("asterisk-station", 0.0) / lasted, 2),
            "telephony": round(used.get("telephony", 0.0) / lasted, 2),
        }


def _of_keys(found: Sequence[Answered]) -> dict[str, float]:
    took = [one.took * 1000 for one in found if one.took is not None]
    shown = {f"p{n}_ms": round(percentile(took, n / 100), 1) for n in (50, 95)}
    return {"typed": len(found), "lost": len(found) - len(took), **shown}


def _lost(heard: Sequence[Packet]) -> int:
    """Numbers that are missing in between."""
    steps = [(later.number - sooner.number) % 65536 for sooner, later in pairwise(heard)]
    return sum(step - 1 for step in steps if 1 < step < 1000)


async def _run(seed: int) -> list[Row]:
    settings = {"CALLFLOW_TRUNK_CHANNELS": "250", "CALLFLOW_LOG_LEVEL": "WARNING"}
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        async with played_station(Path(folder), settings) as (station, players):
            return await _Round(station, players, seed).run()


def run(rounds: int = 3, only: str = "") -> Report:
    """A hundred dialogues and their floor, ``rounds`` times."""
    report = Report(NAME, ("who",))
    for place, seed in enumerate(seeds(rounds), 1):
        say(f"round {place} of {rounds}, seed {seed}")
        report.rounds += asyncio.run(_run(seed))
    for row in report.rounds:
        if row["lost"]:
            report.broken.append(f"{row['who']}: {row['lost']} keys were never answered")
    report.notes.append(
        "From a key's last packet to the first of its answer that is louder than"
        f" {SILENT_DBFS:.0f} dBFS, at the phone; must hold: p95 < {LATE_MS:.0f} ms. stops: how long"
        " the words before go on; cut: answers with a packet missing; asterisk, telephony: cores."
    )
    return report
