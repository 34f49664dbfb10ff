"""Finishes recordings after their calls, off the path of calls.

Those of several calls share a round: one look at their files, in a thread of its own, one commit.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from callflow import clock
from callflow.clock import Clock
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.purpose import UNRECORDED
from callflow.handling.calls import voices
from callflow.handling.calls.recordings import recording_finished
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.calls import calls
from ivr import recording

log = structlog.get_logger(__name__)

T = TypeVar("T")
J = TypeVar("J")

#: MixMonitor closes its file a moment after the channel is gone: in each round, so many seconds
#: after the one before, the file's size is looked at, until it stays the same or so many times.
_ROUND_EVERY = 0.2
_SETTLES_IN = 20
_RETRY = 5.0  # seconds after the disk or the store failed
#: Seconds that a round's rows wait for others to share their commit with.
_PATIENCE = 0.2


@dataclass(slots=True)
class _Job:
    call_id: str
    cut: bool
    call: Call | None = None  # as it ended, where that is known
    size: int = -1  # bytes of its file in the round before; less than 0: it was not there
    rounds: int = 0
    not_before: float = 0.0  # seconds of a monotonic clock


@dataclass(frozen=True, slots=True)
class _Done:
    """What the disk holds of one call. ``finished`` is None where there is nothing to record."""

    job: _Job
    spoken: Sequence[recording.Spoken]
    finished: recording.Finished | None


class Recordings:
    """``over`` queues a call's recording; ``run`` finishes them until cancelled."""

    def __init__(self, store: Store, folder: Path, *, node: str, now: Clock) -> None:
        self._store, self._folder, self._node, self._now = store, folder, node, now
        self._jobs: dict[str, _Job] = {}
        self._queued = asyncio.Event()
        self._strange: set[str] = set()  # files that belong to no call: said once, kept
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recording")

    @property
    def waiting(self) -> int:
        """How many recordings are not finished yet."""
        return len(self._jobs)

    def over(self, call_id: str, *, cut: bool, call: Call | None = None) -> None:
        """This call is over, and ``call`` its row then; ``cut``: nobody saw how, so its length
        proves nothing."""
        job = self._jobs.setdefault(call_id, _Job(call_id, cut))
        job.call = call or job.call  # its end may be heard while it is found lying about
        self._queued.set()

    def leave(self, channel_id: str) -> None:
        """This one is of no call, and is seen to elsewhere."""
        self._strange.add(channel_id)

    async def sweep(self) -> None:
        """Queue what nobody finished: rows without a recording, raw files of calls that ended."""
        ended = await self._store.read(lambda tx: calls.unrecorded(tx, self._node))
        for name in recording.raw_spoken(self._folder):
            self.over(name.rpartition(".")[0], cut=False)
        for call_id in [call.id for call in ended] + recording.raw_call_ids(self._folder):
            self.over(call_id, cut=False)

    async def run(self) -> None:
        """Finish what is queued; a failure is tried again and stops nothing else."""
        try:
            while True:
                await self._queued.wait()
                await self._round()
                if not self._jobs:
                    self._queued.clear()
                await asyncio.sleep(_ROUND_EVERY)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _round(self) -> None:
        now = clock.monotonic()
        due = [job for job in self._jobs.values() if job.not_before <= now]
        try:
            await self._find_calls(due)
            over = [job for job in due if self._is_over(job)]
            done = await self._in_thread(self._finish, over)
            if any(each.spoken or each.finished for each in done):
                await self._store.write(lambda tx: self._written(tx, done), patience=_PATIENCE)
                await self._in_thread(self._discard, done)
        except StoreUnavailable as error:
            for job in due:
                self._again(job, error)
            return
        for each in done:
            del self._jobs[each.job.call_id]

    async def _find_calls(self, jobs: Sequence[_Job]) -> None:
        unknown = [job for job in jobs if job.call is None]
        if not unknown:
            return

        def read(tx: Tx) -> list[Call | None]:
            return [calls.get(tx, job.call_id) for job in unknown]

        for job, call in zip(unknown, await self._store.read(read), strict=True):
            job.call = job.call or call

    def _is_over(self, job: _Job) -> bool:
        """True where its recording can be finished; one that can't is given up here: of a call that
        lives the end will come, of a fax the document is kept, and a canary is measured."""
        kept = job.call is not None and job.call.step not in UNRECORDED
        if kept and job.call is not None and job.call.state is CallState.ENDED:
            return True
        if job.call is None and job.call_id not in self._strange:
            self._strange.add(job.call_id)
            log.warning("recording.of_no_call", call=job.call_id)
        del self._jobs[job.call_id]
        return False

    def _again(self, job: _Job, error: Exception) -> None:
        log.critical("recording.failed", call=job.call_id, reason=str(error))
        job.not_before = clock.monotonic() + _RETRY

    async def _in_thread(self, work: Callable[[Sequence[J]], T], of: Sequence[J]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, of)

    def _written(self, tx: Tx, done: Sequence[_Done]) -> None:
        now = self._now()
        for each in done:
            for spoken in each.spoken:
                voices.said(tx, each.job.call_id, **dataclasses.asdict(spoken), now=now)
            if (found := each.finished) is not None:
                recording_finished(
                    tx,
                    each.job.call_id,
                    path=found.path,
                    sha256=found.sha256,
                    duration=found.duration,
                    problem=str(found.problem),
                    now=now,
                )

    # --- in the thread: whatever touches the disk ---

    def _finish(self, jobs: Sequence[_Job]) -> list[_Done]:
        """What is done of those; the others are looked at again."""
        done = []
        for job in jobs:
            try:
                if self._is_settled(job):
                    done.append(self._finished(job))
            except OSError as error:
                self._again(job, error)
        return done

    def _is_settled(self, job: _Job) -> bool:
        try:
            size = recording.raw_file(self._folder, job.call_id).stat().st_size
        except FileNotFoundError:
            if job.call is not None and job.call.answered_at is None:
                return True  # never answered: there is nothing to record
            size = -2
        job.rounds += 1
        job.size, before = size, job.size
        return size == before or job.rounds > _SETTLES_IN

    def _finished(self, job: _Job) -> _Done:
        folder, call = self._folder, job.call
        spoken = [
            recording.finish_spoken(folder, name)
            for name in recording.raw_spoken_in(folder, job.call_id)
        ]
        if call is None or (call.answered_at is None and job.size < 0):
            return _Done(job, spoken, None)
        finished = recording.finish(
            folder,
            job.call_id,
            on=(call.answered_at or call.requested_at).date(),
            answered_at=call.answered_at,
            ended_at=call.ended_at,
            cut=job.cut or call.outcome is Outcome.UNKNOWN,
        )
        return _Done(job, spoken, finished)

    def _discard(self, done: Sequence[_Done]) -> None:
        for each in done:
            for spoken in each.spoken:
                recording.discard_spoken(self._folder, spoken.name)
            if each.finished is not None:
                recording.discard_raw(self._folder, each.job.call_id)
