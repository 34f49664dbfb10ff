"""Finishes recordings after their calls, off the path of calls."""

from __future__ import annotations

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from callflow.clock import Clock
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.handling.calls import voices
from callflow.handling.calls.recordings import recording_finished
from callflow.storage import Store, StoreUnavailable
from callflow.storage.calls import calls
from ivr import recording

log = structlog.get_logger(__name__)


#: MixMonitor closes its file a moment after the channel is gone: how often, and how many times,
#: the file's size is looked at until it stays the same.
_SETTLE_EVERY = 0.15
_SETTLE_TIMES = 20
_RETRY = 5.0  # seconds after the disk or the store failed
#: Most of a recording's time is waiting for its file: so many wait side by side, and their rows
#: wait so many seconds for each other's commit.
_AT_ONCE = 16
_PATIENCE = 0.2


@dataclass(frozen=True, slots=True)
class _Job:
    call_id: str
    cut: bool
    row: Call | None = None  # of the call as it ended, where that is known


class Recordings:
    """``over`` queues a call's recording; ``run`` finishes them until cancelled."""

    def __init__(self, store: Store, folder: Path, *, node: str, now: Clock) -> None:
        self._store, self._folder, self._node, self._now = store, folder, node, now
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._queued: set[str] = set()
        self._strange: set[str] = set()  # files that belong to no call: said once, kept
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recording")

    @property
    def waiting(self) -> int:
        """How many recordings are not finished yet."""
        return len(self._queued)

    def over(self, call_id: str, *, cut: bool, row: Call | None = None) -> None:
        """This call is over, and ``row`` its row then; ``cut``: nobody saw how, so its length
        proves nothing."""
        if call_id not in self._queued:
            self._queued.add(call_id)
            self._jobs.put_nowait(_Job(call_id, cut, row))

    async def sweep(self) -> None:
        """Queue what nobody finished: rows without a recording, raw files of calls that ended."""
        rows = await self._store.read(lambda tx: calls.unrecorded(tx, self._node))
        for name in recording.raw_spoken(self._folder):
            self.over(name.rpartition(".")[0], cut=False)
        for call_id in [row.id for row in rows] + recording.raw_call_ids(self._folder):
            self.over(call_id, cut=False)

    async def run(self) -> None:
        """Finish some side by side; a failure is tried again and stops nothing else."""
        try:
            async with asyncio.TaskGroup() as finishing:
                for _ in range(_AT_ONCE):
                    finishing.create_task(self._work())
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        while True:
            job = await self._jobs.get()
            try:
                await self._finish(job)
            except (OSError, StoreUnavailable) as error:
                log.critical("recording.failed", call=job.call_id, reason=str(error))
                asyncio.get_running_loop().call_later(_RETRY, self._jobs.put_nowait, job)
            else:
                self._queued.discard(job.call_id)

    async def _finish(self, job: _Job) -> None:
        row = job.row or await self._store.read(lambda tx: calls.get(tx, job.call_id))
        if row is None:
            if job.call_id not in self._strange:
                self._strange.add(job.call_id)
                log.warning("recording.of_no_call", call=job.call_id)
            return
        if row.state != CallState.ENDED:
            return  # it lives: its end will come
        for name in recording.raw_spoken_in(self._folder, job.call_id):
            await self._spoken(job.call_id, name)
        if row.answered_at is None and not self._raw(job.call_id).exists():
            return  # never answered: there is nothing to record
        await self._settled(job.call_id)
        done = await asyncio.get_running_loop().run_in_executor(
            self._thread,
            lambda: recording.finish(
                self._folder,
                job.call_id,
                on=(row.answered_at or row.requested_at).date(),
                answered_at=row.answered_at,
                ended_at=row.ended_at,
                cut=job.cut or row.outcome == Outcome.UNKNOWN,
            ),
        )
        await self._store.write(
            lambda tx: recording_finished(
                tx,
                job.call_id,
                path=done.path,
                sha256=done.sha256,
                duration=done.duration,
                problem=str(done.problem),
                now=self._now(),
            ),
            patience=_PATIENCE,
        )
        recording.discard_raw(self._folder, job.call_id)

    async def _spoken(self, call_id: str, name: str) -> None:
        """What was said when nobody was there to keep it."""
        kept = await asyncio.get_running_loop().run_in_executor(
            self._thread, recording.finish_spoken, self._folder, name
        )
        await self._store.write(
            lambda tx: voices.said(tx, call_id, **dataclasses.asdict(kept), now=self._now())
        )
        recording.discard_spoken(self._folder, name)

    def _raw(self, call_id: str) -> Path:
        return recording.raw_file(self._folder, call_id)

    async def _settled(self, call_id: str) -> None:
        file = self._raw(call_id)
        size = -1
        for _ in range(_SETTLE_TIMES):
            try:
                found = file.stat().st_size
            except FileNotFoundError:
                found = -2
            if found == size:
                return
            size = found
            await asyncio.sleep(_SETTLE_EVERY)
