"""Keeps one site of a station that has two: follows the other, or has the station act here.

``callflow serve`` of a mirrored station is this. The station itself (``serve --only station``) is a
process of it, which lives only while this site acts, and is killed with it. Everything that says
who acts goes through one loop, so that what was answered to the other site is true: whoever was
told "I stand by" is heard, and no promotion follows for a while.
"""

import asyncio
import contextlib
import json
import os
import signal
import ssl
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from callflow import clock
from callflow.core.station import mirroring
from callflow.core.station.mirroring import Claim, MirrorRefused, Standing
from callflow.core.time.instants import to_iso
from callflow.listening import listener
from callflow.mirror import claims, wire
from callflow.mirror.claims import Kept
from callflow.mirror.cluster import Cluster
from callflow.mirror.files import Files
from callflow.orphans import end_with_parent
from callflow.probes.mirror import STATUS
from callflow.settings.config import Settings
from callflow.storage import StoreUnavailable
from callflow.storage.engine import replication
from callflow.storage.engine.replication import Following

log = structlog.get_logger(__name__)

#: Seconds between two looks, between two signs of life; for the station to end in order.
_LOOK, _BEAT, _GRACE = 1.0, 2.0, 12.0
#: Seconds without the other's log after which a follower is made anew.
_DEAF = 45.0
#: Seconds that a hand-over may take at the other site.
_HANDED_OVER = 90.0
_PAUSE = 2.0  # before a station that ended is begun again


def cluster_of(settings: Settings) -> Cluster:
    """The site's own."""
    assert settings.mirror_cluster is not None
    return Cluster(
        settings.mirror_cluster,
        settings.database_url,
        settings.mirror_database,
        tuple(dict.fromkeys(("127.0.0.1", *settings.binds("mirror")))),
        name=settings.mirror_name,
    )


def context(settings: Settings, *, asks: bool) -> ssl.SSLContext | None:
    """TLS as the station has it; None: in clear, on this machine."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    if asks:
        own = settings.mirror_authorities
        return ssl.create_default_context(cafile=str(own) if own else None)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return made


class Keeper:
    """One site."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._cluster = settings, cluster_of(settings)
        found = claims.read(settings.data_dir, settings.mirror_name)
        self._kept = found or Kept(claim=Claim(name=settings.mirror_name), at=clock.now())
        self._standing: Standing | None = None
        self._other: Claim | None = None
        self._heard_at = clock.monotonic()
        self._station: asyncio.subprocess.Process | None = None
        self._begin_at = 0.0
        self._following, self._missed_at = Following(), clock.monotonic()
        self._received_at = clock.monotonic()
        self._problem = ""
        self._turn, self._stopping = asyncio.Lock(), asyncio.Event()
        self._tls = context(settings, asks=True)
        self._files = Files(settings, self._ask_file, lambda: self._other is not None)

    @property
    def _claim(self) -> Claim:
        return self._kept.claim

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; then the station ends, and the cluster after it."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._pass_on, signal.SIGHUP)
        heard = wire.Listener(self._settings.mirror_key, self._answer, self._files.asked_for)
        tls = context(self._settings, asks=False)
        servers = [
            await asyncio.start_server(
                heard.serve,
                sock=listener(host, self._settings.ports.mirror, self._settings.allows("mirror")),
                ssl=tls,
                limit=65_536,
            )
            for host in self._settings.binds("mirror")
        ]
        tasks = [
            asyncio.create_task(work()) for work in (self._look_on, self._beat, self._files.run)
        ]
        stopped = asyncio.create_task(self._stopping.wait())
        done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.close()
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end_station()
        await asyncio.to_thread(self._cluster.stop)
        for task in done - {stopped}:
            task.result()

    # --- who acts -----------------------------------------------------------------------------

    async def _look_on(self) -> None:
        while True:
            other = await self._ask_other()
            async with self._turn:
                try:
                    await self._settle(other)
                    self._problem = ""
                except (OSError, StoreUnavailable, MirrorRefused) as error:
                    self._note_problem(str(error))
            self._write_status()
            await asyncio.sleep(_LOOK)

    def _note_problem(self, problem: str) -> None:
        if problem != self._problem:
            log.error("mirror.failed", standing=self._standing, reason=problem)
        self._problem = problem

    async def _ask_other(self) -> Claim | None:
        """What the other site says of itself; None: it is silent, or a stranger."""
        question = {"ask": "claim", "claim": self._claim.to_json()}
        try:
            told = await wire.ask(
                self._settings.mirror_to, self._settings.mirror_key, question, self._tls
            )
            other = self._named(told)
        except (wire.NotAnsweredError, wire.RefusedError, ValueError) as error:
            log.debug("mirror.silent", reason=str(error))
            self._other = None
            return None
        self._hear(other)
        return other

    def _named(self, told: Any) -> Claim:
        """Raises ValueError where it is not the other site that speaks."""
        other = Claim.from_json(told if isinstance(told, dict) else {})
        if other.name != self._settings.mirror_other:
            raise ValueError(f"that is {other.name!r}, not {self._settings.mirror_other!r}")
        return other

    def _hear(self, other: Claim) -> None:
        self._other, self._heard_at = other, clock.monotonic()

    async def _settle(self, other: Claim | None) -> None:
        now = clock.now()
        found = mirroring.standing(self._claim, other, lapse=self._kept.lapse(now))
        if found is not self._standing:
            log.warning("mirror.standing", standing=found.value, epoch=self._claim.epoch)
            self._standing = found
        match found:
            case Standing.ACTING:
                if self._claim.epoch == 0:  # a station that was just made
                    self._keep(mirroring.promoted(self._claim, other))
                self._keep(self._claim)
                await self._act()
            case Standing.STANDING_BY:
                await self._end_station()
                await self._follow(other)
            case Standing.WAITING:
                await self._end_station()

    def _keep(self, claim: Claim) -> None:
        self._kept = Kept(claim=claim, at=clock.now())
        claims.write(self._settings.data_dir, self._kept)

    async def _beat(self) -> None:
        """Signs of life while this site acts. After a lapse (a machine that was paused) none is
        given: first the other is to be heard, or the clock of the lapse to run out."""
        while True:
            await asyncio.sleep(_BEAT)
            lapsed = self._kept.lapse(clock.now()) > mirroring.LAPSE
            if self._standing is Standing.ACTING and self._claim.acts and not lapsed:
                with contextlib.suppress(OSError):  # a full disk: the lapse begins
                    self._keep(self._claim)

    # --- this site acts -----------------------------------------------------------------------

    async def _act(self) -> None:
        await self._have_primary()
        await self._keep_station()
        await self._look_at_mirror()

    async def _have_primary(self) -> None:
        url = self._settings.database_url
        await asyncio.to_thread(self._cluster.start)
        if await asyncio.to_thread(replication.is_standby, url):
            await asyncio.to_thread(replication.become_primary, url)
            log.warning("mirror.promoted", epoch=self._claim.epoch)

    async def _keep_station(self) -> None:
        if self._station is not None and self._station.returncode is None:
            return
        if self._station is not None:
            log.error("station.ended", exit=self._station.returncode)
            self._station = None
            self._begin_at = clock.monotonic() + _PAUSE
        if clock.monotonic() >= self._begin_at:
            self._station = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "callflow", "serve", "--only", "station"),
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, "CALLFLOW_DATA_DIR": str(self._settings.data_dir)},
                preexec_fn=partial(end_with_parent, signal.SIGKILL),
            )

    async def _look_at_mirror(self) -> None:
        """Commits wait for the mirror as long as it follows; without it this site goes on alone,
        which is written down, and told, before the first commit that only it has."""
        url, name = self._settings.database_url, self._settings.mirror_other
        found = self._following = await asyncio.to_thread(replication.following, url, name)
        at = clock.monotonic()
        if found.streams:
            self._missed_at = at
        if found.streams and (self._claim.alone or not found.awaited):
            await asyncio.to_thread(replication.await_mirror, url, name)
            self._keep(replace(self._claim, alone=False))
            log.warning("mirror.in_step")
        elif found.awaited and at - self._missed_at > self._settings.mirror_alone_after:
            self._keep(replace(self._claim, alone=True))
            await self._ask_other()  # where it hears us, it knows
            await asyncio.to_thread(replication.await_mirror, url, "")
            log.error("mirror.lost", after_s=self._settings.mirror_alone_after)

    async def _end_station(self) -> None:
        station, self._station = self._station, None
        if station is None or station.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            station.terminate()
        try:
            await asyncio.wait_for(station.wait(), _GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                station.kill()
            await station.wait()

    def _pass_on(self, number: signal.Signals) -> None:
        if self._station is not None and self._station.returncode is None:
            self._station.send_signal(number)

    # --- this site stands by ------------------------------------------------------------------

    async def _follow(self, other: Claim | None) -> None:
        """The cluster follows the other's, made anew where it can't go on from where it is."""
        if other is not None and other.acts and self._must_rejoin(other):
            log.warning("mirror.rejoins", epoch=other.epoch, alone=self._claim.alone)
            await asyncio.to_thread(self._cluster.rejoin, keep=self._claim.alone)
            self._keep(Claim(name=self._claim.name, epoch=other.epoch))
            self._received_at = clock.monotonic()
        if not self._cluster.exists:
            return
        await asyncio.to_thread(self._cluster.stand_by)
        if await asyncio.to_thread(replication.receives, self._settings.database_url):
            self._received_at = clock.monotonic()

    def _must_rejoin(self, other: Claim) -> bool:
        if self._claim.acts or not self._cluster.exists or self._claim.epoch != other.epoch:
            return True
        return clock.monotonic() - self._received_at > _DEAF

    # --- what is asked of this site -----------------------------------------------------------

    async def _answer(self, asked: wire.Said) -> wire.Said:
        match asked.get("ask"):
            case "claim":
                self._hear(self._named(asked.get("claim")))
                return self._claim.to_json()
            case "file":
                return self._files.answer(asked)
            case "status":
                return self._status()
            case "promote":
                return await self._promote(str(asked.get("typed", "")))
            case "take":
                return await self._take(self._named(asked.get("claim")))
            case "demote":
                return await self._demote()
        raise ValueError("nothing of that kind is answered")

    async def _promote(self, typed: str) -> wire.Said:
        """A person's word that the other is off. Raises MirrorRefused."""
        other = await self._ask_other()
        alive = [] if other is not None else await self._who_answers()
        async with self._turn:
            silent = timedelta(seconds=clock.monotonic() - self._heard_at)
            self._refused(
                other, silent=silent, typed=typed, alive=alive, heard=self._other is not None
            )
            self._keep(mirroring.promoted(self._claim, other))
        log.warning("mirror.promotion", epoch=self._claim.epoch, agreed=other is not None)
        return self._claim.to_json()

    def _refused(
        self, other: Claim | None, *, silent: timedelta, typed: str, alive: list[str], heard: bool
    ) -> None:
        try:
            if other is None and heard:  # while the question was under way
                raise MirrorRefused(f"{self._settings.mirror_other} was heard just now")
            mirroring.check_promotion(
                self._claim,
                other,
                acting=self._standing is Standing.ACTING,
                silent=silent,
                typed=typed,
                alive=alive,
                other_name=self._settings.mirror_other,
            )
            if not self._cluster.exists:
                raise MirrorRefused("this site has no copy of the rows yet")
        except MirrorRefused as error:
            raise wire.RefusedError(str(error)) from None

    async def _who_answers(self) -> list[str]:
        """Addresses of the other site that take a connection: its database's, and what settings
        name."""
        database = urlsplit(self._settings.mirror_database)
        places = (f"{database.hostname}:{database.port or 5432}", *self._settings.mirror_silent)
        found = await asyncio.gather(*map(_is_alive, places))
        return [place for place, alive in zip(places, found, strict=True) if alive]

    async def _take(self, other: Claim) -> wire.Said:
        """The other hands over: it has ended, and agrees."""
        async with self._turn:
            self._hear(other)
            fits = not other.acts and other.epoch == self._claim.epoch
            if not fits or self._standing is not Standing.STANDING_BY or not self._cluster.exists:
                raise wire.RefusedError("this site does not stand by for yours")
            self._keep(mirroring.promoted(self._claim, other))
        return self._claim.to_json()

    async def _demote(self) -> wire.Said:
        """Hand over to the other, which has everything. Raises RefusedError."""
        other = await self._ask_other()
        async with self._turn:
            if self._standing is not Standing.ACTING:
                raise wire.RefusedError("this site does not act")
            found = self._following
            if other is None or not found.streams or not found.awaited:
                raise wire.RefusedError(
                    f"{self._settings.mirror_other} is not in step: it would lose signals"
                )
            await self._end_station()
            await asyncio.to_thread(self._cluster.stop)  # what is left of its log goes over first
            self._keep(replace(self._claim, acts=False))
            question = {"ask": "take", "claim": self._claim.to_json()}
            try:
                await wire.ask(
                    *(self._settings.mirror_to, self._settings.mirror_key, question, self._tls),
                    within=_HANDED_OVER,
                )
            except wire.RefusedError as error:  # it said no: then we go on
                self._keep(replace(self._claim, acts=True))
                raise wire.RefusedError(f"{self._settings.mirror_other} refused: {error}") from None
        return self._claim.to_json()

    async def _ask_file(self, question: wire.Said, write: Any) -> None:
        await wire.fetch(
            self._settings.mirror_to, self._settings.mirror_key, question, self._tls, write
        )

    # --- what is said of it -------------------------------------------------------------------

    def _status(self) -> wire.Said:
        other = self._other
        return {
            "name": self._claim.name,
            "standing": self._standing.value if self._standing else "",
            "epoch": self._claim.epoch,
            "alone": self._claim.alone,
            "other": {
                "name": self._settings.mirror_other,
                "heard": other is not None,
                "silent_s": round(clock.monotonic() - self._heard_at, 1),
                "epoch": other.epoch if other else None,
                "acts": other.acts if other else None,
                "alone": other.alone if other else None,
            },
            "behind": self._following.behind,
            "in_step": self._following.streams and self._following.awaited,
            "receives": clock.monotonic() - self._received_at < _DEAF,
            "files_missing": self._files.missing,
            "problem": self._problem,
            "at": to_iso(clock.now()),
        }

    def _write_status(self) -> None:
        file: Path = self._settings.run_dir / STATUS
        fresh = file.with_name(f".{STATUS}.new")
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(self._status()), encoding="utf-8")
            fresh.replace(file)


async def _is_alive(place: str) -> bool:
    host, _, port = place.rpartition(":")
    try:
        async with asyncio.timeout(3):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
