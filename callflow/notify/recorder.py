"""Records the cameras that are declared for it, each into its ring; begun again when one ends."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import structlog

from callflow.clock import Clock
from callflow.core.messages.outbox import Camera, Fault, Undelivered
from callflow.handling.base.policy import load_policy
from callflow.notify import clips, ffmpeg, rtsp, stills
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.messages import outbox
from callflow.vault import Vault

log = structlog.get_logger(__name__)

#: Seconds between two looks at what is declared, and at what the rings hold.
_LOOK_EVERY = 5.0
#: Bytes of the disk that are left to what comes first: signals, and recordings of calls.
ROOM = 2_000_000_000
#: Seconds after which a camera that ended is asked again, doubling.
_AGAIN, _AGAIN_AT_MOST = 1.0, 30.0
#: Seconds without a byte after which a camera counts as dead.
_SILENT = "10000000"


def _recorded(tx: Tx) -> list[Camera]:
    """The cameras that are recorded now: none while nothing may leave."""
    return [] if load_policy(tx).withheld else outbox.recorded_cameras(tx)


class Recorder:
    """One machine's: one ffmpeg a camera, which copies and decodes nothing."""

    def __init__(self, settings: Settings, store: Store, vault: Vault, clock: Clock) -> None:
        self._settings, self._store, self._vault, self._clock = settings, store, vault, clock
        self._running: dict[Camera, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self._look()
                except StoreUnavailable as error:
                    log.debug("store.away", reason=error.reason)  # the store says it, once
                except Exception:  # the messages beside it go on
                    log.exception("cameras.unlooked")
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _look(self) -> None:
        wanted = set(await self._store.read(_recorded))
        rings = {self._ring(camera) for camera in wanted}
        free = await asyncio.to_thread(self._free)
        if wanted and free < ROOM:
            log.warning("cameras.unrecorded", free=free, needed=ROOM)
            wanted = set()
        for camera in set(self._running) - wanted:
            self._running.pop(camera).cancel()
        for camera in wanted - set(self._running):
            self._running[camera] = asyncio.create_task(self._record(camera))
        await asyncio.to_thread(self._forget, rings)

    def _free(self) -> int:
        return shutil.disk_usage(self._settings.data_dir).free

    def _ring(self, camera: Camera) -> Path:
        return clips.ring_of(self._settings, camera.site, camera.id)

    def _forget(self, rings: set[Path]) -> None:
        """What is too old, and whose camera is no longer recorded."""
        before = self._clock() - timedelta(seconds=self._settings.clip_ring)
        for ring in (self._settings.data_dir / "ring").glob("*/*"):
            if ring in rings:
                clips.forget(ring, before)
            else:
                shutil.rmtree(ring, ignore_errors=True)

    async def _record(self, camera: Camera) -> None:
        wait = _AGAIN
        while True:
            began = self._clock()
            try:
                await self._copy(camera)
            except Undelivered as failure:
                self._say(camera, failure)
            except OSError as error:
                self._say(camera, Undelivered(Fault.DISK, error.strerror or ""))
            except Exception:  # the others go on
                log.exception("camera.unrecorded", site=camera.site, camera=camera.id)
            lasted = (self._clock() - began).total_seconds()
            wait = _AGAIN if lasted > _AGAIN_AT_MOST else min(wait * 2, _AGAIN_AT_MOST)
            await asyncio.sleep(wait)

    def _say(self, camera: Camera, failure: Undelivered) -> None:
        log.warning(
            "camera.unrecorded",
            site=camera.site,
            camera=camera.id,
            fault=failure.fault.value,
            detail=failure.detail,
        )

    async def _copy(self, camera: Camera) -> None:
        """Until the camera, or ffmpeg, ends. Raises Undelivered, OSError."""
        ring = self._ring(camera)
        await asyncio.to_thread(ring.mkdir, parents=True, exist_ok=True, mode=0o700)
        target = await stills.target(self._settings, camera.url, attempt=1)
        proof = stills.credentials(self._vault, camera)
        async with rtsp.door(camera.url, target, proof) as address:
            asked = (*ffmpeg.FROM_CAMERA, "-timeout", _SILENT, "-i", address)
            into = ("-f", "segment", "-segment_format", "mpegts", "-strftime", "1")
            every = ("-segment_time", str(clips.SEGMENT), clips.named(ring))
            copied = ("-map", "0:v:0", "-c", "copy", *into, *every)
            async with ffmpeg.running([*asked, *copied], computing=0) as process:
                _, said = await process.communicate()
        raise Undelivered(Fault.UNREACHABLE, ffmpeg.complaint(said))
