"""Dispatch by a job engine: several machines, PostgreSQL, Procrastinate.

Jobs are hints, rows are the truth: a sweep of the rows catches what a dead worker took with it, or
what somebody wrote without a hint.
"""

import asyncio
from datetime import datetime, timedelta

import procrastinate
import structlog
from procrastinate.exceptions import ProcrastinateException

from callflow import clock
from callflow.dispatch.ports import Handler
from callflow.dispatch.rows import sweep
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine import jobs
from callflow.storage.engine.connections import connection_info

log = structlog.get_logger(__name__)

#: Seconds. Most jobs lie in the future, where no notification helps: the worker looks.
_POLL = 0.2
_SWEEP = 1.0
#: A worker that was silent for so long is dead (seconds): its jobs are cleared away.
_BEAT, _DEAD_AFTER = 2.0, 8.0
_CLEAR_EVERY = 5.0
_AGAIN = 1.0  # seconds before a worker that lost the database begins again
_AT_ONCE = 16  # decisions under way: they share commits


class JobDispatch:
    """One worker of any number on one PostgreSQL."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def wake(self, tx: Tx, incident: str, at: datetime) -> None:
        """A job in the caller's transaction."""
        jobs.defer(tx, incident, at)

    async def run(self, handler: Handler) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._work(handler))
            parts.create_task(self._look_ahead())
            late = timedelta(seconds=_SWEEP)
            parts.create_task(sweep(self._store, handler, every=_SWEEP, late=late))

    async def _look_ahead(self) -> None:
        while True:
            try:
                await self._store.write(lambda tx: jobs.defer_ahead(tx, clock.now()))
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the store says it, once
            await asyncio.sleep(jobs.AHEAD.total_seconds() / 3)

    async def _work(self, handler: Handler) -> None:
        while True:
            try:
                await self._worker(handler)
            except (ProcrastinateException, OSError) as error:
                log.warning("dispatch.no_worker", reason=str(error))
            await asyncio.sleep(_AGAIN)

    async def _worker(self, handler: Handler) -> None:
        info, options = connection_info(self._store.url)
        connector = procrastinate.PsycopgConnector(
            conninfo=info, kwargs=options, min_size=1, max_size=4
        )
        app = procrastinate.App(connector=connector)

        @app.task(name=jobs.TASK, queue=jobs.QUEUE)
        async def decide(incident: str) -> None:
            try:
                await handler(incident)
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the sweep comes back to it

        async with app.open_async():
            clearing = asyncio.create_task(_clear(app))
            try:
                await app.run_worker_async(
                    queues=[jobs.QUEUE],
                    concurrency=_AT_ONCE,
                    fetch_job_polling_interval=_POLL,
                    listen_notify=False,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=1.0,
                    update_heartbeat_interval=_BEAT,
                    stalled_worker_timeout=_DEAD_AFTER,
                )
            finally:
                clearing.cancel()


async def _clear(app: procrastinate.App) -> None:
    """Jobs of dead workers: not run again, since the sweep did what was due."""
    while True:
        await asyncio.sleep(_CLEAR_EVERY)
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_AFTER):
                await app.job_manager.finish_job(
                    job, status=procrastinate.jobs.Status.FAILED, delete_job=True
                )
        except ProcrastinateException as error:
            log.warning("dispatch.not_cleared", reason=str(error))
