"""``demo``: the station with simulated sites, panels and telephone network."""

import asyncio
import contextlib
import os
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from callflow import clock
from callflow.commands.base import console, open_rows, settings_of_this_run
from callflow.commands.demo import demo_people
from callflow.commands.station.administration import new_token
from callflow.commands.station.station import alone, prepare, say_where
from callflow.demo import sites, station
from callflow.handling.watch import health as watch_health
from callflow.niceness import take_place
from callflow.processes import supervisor
from callflow.processes.nursery import Nursery
from callflow.settings.config import Settings
from ivr.asterisk import embedded
from ivr.asterisk.instance import Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.simulator import Simulator

#: Without a screen a browser would take the terminal.
_SCREENS = {"DISPLAY", "WAYLAND_DISPLAY"}
#: Seconds: who answers later is no instance at work. Where nobody is, that is known at once.
_ANSWERS_WITHIN = 20
_LOOK_EVERY = 0.1  # seconds


def demo_command(
    once: Annotated[
        str | None, typer.Option(help="Run one site's alarm to its end: 1001 to 1010.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page where there is a screen.")
    ] = False,
) -> None:
    """The station with simulated sites, panels and telephone network: on this machine alone, in a
    data folder of its own."""
    settings = station.demo_settings(settings_of_this_run())
    if once is not None:
        raise typer.Exit(_demo_once(settings, once))
    with alone(settings), supervisor.nursery_of(settings) as nursery:
        asterisks = prepare(settings)
        take_place("supervisor")
        asyncio.run(_demo(settings, asterisks, nursery, browser=not no_browser))


async def _demo(
    settings: Settings, asterisks: list[AsteriskProcess], nursery: Nursery, *, browser: bool
) -> None:
    beside = list[asyncio.Task[None]]()

    def started() -> None:
        beside.append(asyncio.create_task(_tell(settings, browser=browser)))

    if settings.demo_alarms_every > 0:
        every = settings.demo_alarms_every
        beside.append(asyncio.create_task(station.restless(settings, every)))
    try:
        network = Simulator(embedded.instance(settings, Kind.SIMULATOR))
        # A phone that still rings for a dead station learns of its death in no other way.
        await supervisor.Supervisor(settings, asterisks, nursery, network.end_calls).run(started)
    finally:
        for task in beside:
            task.cancel()


async def _tell(settings: Settings, *, browser: bool) -> None:
    """Where the page is and what there is to try, once somebody who follows it is answered."""
    await listening(settings.own_url)
    where = say_where(settings)
    console.print(f"log in: {demo_people.NAME} / {demo_people.PASSWORD}", markup=False)
    for shown in sites.SITES:
        console.print(f"  {shown.account}  {shown.name}: {shown.shows}", markup=False)
    if browser and (sys.platform == "darwin" or os.environ.keys() & _SCREENS):
        webbrowser.open(where)
    console.print("one alarm from its arrival to its end:  ./run callflow demo --once 1002")


async def listening(url: str) -> None:
    """Returns once somebody listens at the host and port of ``url``, which has both."""
    where = urlsplit(url)
    while True:
        try:
            _, writer = await asyncio.open_connection(where.hostname, where.port)
        except OSError:
            await asyncio.sleep(_LOOK_EVERY)
        else:
            writer.close()
            return


def _demo_once(settings: Settings, account: str) -> int:
    shown = sites.find(account)
    if shown is None:
        known = ", ".join(s.account for s in sites.SITES)
        raise typer.BadParameter(f"there is no demo site {account!r}: {known}")
    with _running_demo(settings):
        with open_rows(settings) as (store, _):
            secret = new_token(store, "administrator", demo_people.TOKEN)
        console.print(f"{shown.account} {shown.name}: {shown.shows}", markup=False)
        wrong = asyncio.run(
            station.run_once(settings, shown, secret, lambda line: print(line, flush=True))
        )
    for line in wrong:
        console.print(line, style="red", markup=False)
    console.print("as expected" if not wrong else "NOT as expected")
    return 1 if wrong else 0


@contextlib.contextmanager
def _running_demo(settings: Settings) -> Iterator[None]:
    """The instance of this data folder; one of our own for as long as it takes, else."""
    if _is_ready(settings):
        yield
        return
    with subprocess.Popen(
        [sys.executable, "-m", "callflow", "demo", "--no-browser"],
        env={**supervisor.child_environment(settings), "CALLFLOW_DEMO_ALARMS_EVERY": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as child:
        try:
            asyncio.run(_wait_ready(settings, child))
            yield
        finally:
            child.terminate()
            child.wait(timeout=30)


def _is_ready(settings: Settings) -> bool:
    try:
        ready = httpx.get(
            f"{settings.own_url}/readyz", timeout=_ANSWERS_WITHIN, trust_env=False
        ).is_success
    except httpx.HTTPError:
        return False
    if not ready:
        return False
    with open_rows(settings) as (store, _):
        health = store.read_now(lambda tx: watch_health.health(tx, clock.now()))
    return bool(health["asterisk"] == "up" and not health["missing"])


async def _wait_ready(settings: Settings, child: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(300):
        while not (_database_there(settings) and _is_ready(settings)):
            if child.poll() is not None:
                raise OSError("the demo ended before it was ready: see the messages above")
            await asyncio.sleep(0.2)


def _database_there(settings: Settings) -> bool:
    return bool(settings.database_url) or (settings.data_dir / "callflow.db").exists()
