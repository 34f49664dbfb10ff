"""One role of the station, alone in its process.

Only what that role needs is imported: after a crash it is back in half the time.
"""

import asyncio
import atexit
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn, TextIO, cast

import structlog

from callflow import private
from callflow.dispatch.identity import NoPlaceError
from callflow.niceness import take_place
from callflow.processes import pulse
from callflow.processes.supervisor import ROLES, SUPERVISED
from callflow.settings.config import Settings, read_settings

__all__ = ["ROLES", "leave", "load", "run", "settings_of_this_run"]


#: Seconds a busy thread may keep the interpreter. The writer's lets go of it in each statement, and
#: would wait for the event loop's so long each time, with the turn to write in its hands.
_SWITCH = 0.0005
#: Objects that were made and live before the youngest are looked at, and so many such looks before
#: older ones are (gc; Python's own: 700, 10, 10).
_COLLECT_AFTER = (50_000, 20, 20)


def load(role: str) -> Callable[[Settings], None]:
    """Import what a role needs, and do nothing else; what then does its work until SIGTERM."""
    if role == "web":
        return _web()
    work = _work_of(role)

    def works(settings: Settings) -> None:
        spare_the_collector()
        _run(work(settings), settings.run_dir)

    return works


def run(role: str) -> None:
    """Run one of ``ROLES`` until SIGTERM."""
    settings = settings_of_this_run()
    private.close(settings.data_dir)
    take_place(role)
    sys.setswitchinterval(_SWITCH)
    load(role)(settings)


def leave(code: int = 0) -> NoReturn:
    """End the process of a role that has ended in order.

    Not by Python's own end, which takes apart all that was loaded, a piece at a time: up to a
    second of CPU, in which a stop, or an upgrade, waits.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def _web() -> Callable[[Settings], None]:
    from callflow.commands.calls.studio import Studio  # noqa: PLC0415
    from callflow.demo import station  # noqa: PLC0415
    from web import app as web_app  # noqa: PLC0415
    from web import serve as web_serve  # noqa: PLC0415

    web_app.read_routes()

    def works(settings: Settings) -> None:
        if SUPERVISED not in os.environ and not settings.demo:  # no supervisor of ours saw to it
            _shut_the_demo_out(settings)
        network = station.SimulatedNetwork(settings) if settings.demo else None
        web_serve.run(settings, network=network, prompts=Studio(settings))

    return works


def spare_the_collector() -> None:
    """What waits for a commit is no garbage, and there is much of it: search it less often.

    Nor does what was loaded so far become any. It costs a tenth of a receiver's time otherwise.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def _shut_the_demo_out(settings: Settings) -> None:
    """What ``serve`` does before it begins its roles."""
    from callflow.commands.demo import demo_people  # noqa: PLC0415
    from callflow.storage import Store, StoreUnavailable  # noqa: PLC0415
    from callflow.vault import Vault  # noqa: PLC0415

    store = Store(settings.database, mac=Vault.of_station(settings.data_dir).seal)
    try:
        with contextlib.suppress(StoreUnavailable):  # pages are served without it
            demo_people.shut_out(store)
    finally:
        store.close()


def _run(work: Awaitable[None], run_dir: Path) -> None:
    """Until SIGTERM; where the role's place is taken, say so and end."""
    refused: BaseException | None = None
    try:
        asyncio.run(_until_told(work, run_dir))
    except* NoPlaceError as group:
        refused = group
    while isinstance(refused, BaseExceptionGroup):
        refused = refused.exceptions[0]
    if refused is not None:
        sys.exit(f"callflow: {refused}")


def _work_of(role: str) -> Callable[[Settings], Awaitable[None]]:
    if role == "telephony":
        from ivr import telephony  # noqa: PLC0415

        return telephony.serve
    if role == "engine":
        return _engine()
    from callflow.receiver import process  # noqa: PLC0415

    return process.serve


def _engine() -> Callable[[Settings], Awaitable[None]]:
    """Decides; and sends what goes out other than by phone."""
    from callflow import notify  # noqa: PLC0415
    from callflow.processes import engine  # noqa: PLC0415

    async def works(settings: Settings) -> None:
        async with asyncio.TaskGroup() as parts:
            parts.create_task(engine.serve(settings))
            parts.create_task(notify.serve(settings))

    return works


async def _until_told(work: Awaitable[None], run_dir: Path) -> None:
    """Run a role; SIGTERM cancels it, which ends it in order."""
    task, beating = asyncio.ensure_future(work), asyncio.create_task(pulse.beat(run_dir))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    beating.cancel()


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


class _Lines:
    """Standard error. On a full disk a line is lost, and nothing else: the station goes on."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def log_processors() -> list[structlog.typing.Processor]:
    """What makes one JSON object of each line of the log, whatever text is in it."""
    return [*_SHARED, structlog.processors.JSONRenderer()]


def settings_of_this_run() -> Settings:
    """The settings; from here on logs are JSON lines on standard error, and
    new files private. Raises BadSettings."""
    private.new_files_are()
    settings = read_settings()
    # Libraries' lines too: a traceback may hold a text from outside, line breaks and all.
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=settings.log_level, handlers=[lines])
    for chatty in ("httpx", "alembic", "procrastinate"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=log_processors(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelName(settings.log_level)
        ),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lines())),
    )
    return settings
