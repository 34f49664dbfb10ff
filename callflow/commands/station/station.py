"""``serve`` and ``asterisk``: the station itself."""

import asyncio
import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from callflow import clock, listening, private
from callflow.commands import role
from callflow.commands.base import bring_up_to_date, console, group, open_rows, settings_of_this_run
from callflow.commands.demo import demo_people
from callflow.core.station.mirroring import Claim, MirrorRefused
from callflow.demo import station
from callflow.handling.base import policy
from callflow.handling.plans import plans
from callflow.handling.station import mirroring, shadow
from callflow.handling.watch import checks
from callflow.mirror import claims
from callflow.niceness import take_place
from callflow.processes import supervisor
from callflow.settings.config import Settings
from callflow.storage import SqlError, StoreUnavailable, Tx
from callflow.vault import Vault
from ivr.asterisk import embedded
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.tree import find_or_fetch

#: The station of one of two sites, as the site's keeper begins it.
STATION = "station"


def serve(
    only: Annotated[
        str | None, typer.Option(help="One role: receiver, engine, telephony or web.")
    ] = None,
) -> None:
    """Run the station, or one of its roles, until SIGTERM."""
    if only in role.ROLES:
        role.run(only)
        return
    if only not in (None, STATION):
        raise typer.BadParameter(f"there is no role {only!r}: {', '.join(role.ROLES)}")
    settings = settings_of_this_run()
    if settings.mirrored and only is None:
        _keep_site(settings)
        return
    with alone(settings), supervisor.nursery_of(settings) as nursery:
        station = supervisor.Supervisor(settings, prepare(settings), nursery)
        take_place("supervisor")
        asyncio.run(station.run(lambda: _started(settings)))


def _keep_site(settings: Settings) -> None:
    """One site of a station that has two: the station itself is a process of it, while it acts."""
    from callflow.mirror.keeper import Keeper  # noqa: PLC0415 -- a station of one site has none

    with _locked(settings, settings.run_dir / "mirror.lock"):
        Vault.of_station(settings.data_dir)  # else it would find out only when it is needed
        asyncio.run(Keeper(settings).run())


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """One supervisor a data folder: a second one would start everything twice."""
    with _locked(settings, lock_file(settings)):
        _wait_for_ports(settings)
        yield


@contextlib.contextmanager
def _locked(settings: Settings, file: Path) -> Iterator[None]:
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    private.close(settings.data_dir)
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"a station runs in {settings.data_dir} already") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def lock_file(settings: Settings) -> Path:
    """Locked by the supervisor that runs; it holds its process's id."""
    return settings.run_dir / "serve.lock"


#: Seconds that the roles of a supervisor that was killed may need to end.
_PORTS_WITHIN = 10.0


def _wait_for_ports(settings: Settings) -> None:
    """Raises OSError where another program listens (two stations would share its callers), or an
    address is not this machine's."""
    if absent := listening.absent(settings):
        raise OSError("; ".join(absent))
    wanted = _ports(settings)
    deadline = clock.monotonic() + _PORTS_WITHIN
    while taken := [f"{name} {at[1]}" for name, at in wanted if not listening.is_free(*at)]:
        if clock.monotonic() > deadline:
            raise OSError(
                f"another program has the port of {', '.join(taken)}: set CALLFLOW_PORT_BASE"
            )
        threading.Event().wait(0.1)


def _ports(settings: Settings) -> list[tuple[str, tuple[str, int]]]:
    """What listens for TCP before anybody is called, and where."""
    ports = settings.ports
    return [
        *(("web", (host, ports.web)) for host in settings.binds("web")),
        *(("DC-09", (host, ports.dc09)) for host in settings.binds("dc09")),
        *(
            (line.name, address)
            for line in settings.lines
            if line.connect is None and line.transport == "tcp"
            for address in settings.listens_at(line)
        ),
        ("FastAGI", ("127.0.0.1", ports.agi)),
    ]


def prepare(settings: Settings) -> list[AsteriskProcess]:
    """Everything that must be there before the roles start; the Asterisks to keep running.

    Raises BadSettings where a demo would be seen by others.
    """
    if settings.demo:
        station.stay_here(settings)
    claim = _claim(settings) if settings.mirrored else None
    bring_up_to_date(settings)
    with open_rows(settings) as (store, vault):
        now = clock.now()
        if claim is not None:
            store.write_now(lambda tx: mirroring.take_over(tx, claim, now))
        store.write_now(lambda tx: _save(tx, settings, now))
        store.write_now(lambda tx: plans.publish_standard_plans(tx, "callflow", now))
        if settings.demo:
            station.seed(settings, store, vault)
            demo_people.let_in(store)
        elif gone := demo_people.shut_out(store):
            console.print(
                f"of the demo, let in no more: {', '.join(gone)}; people are added with"
                " `callflow user add`",
                markup=False,
            )
    asterisks = _asterisks(settings)
    if settings.asterisk_apart:
        _take_over(asterisks)
        return asterisks
    adopted = [asterisk for asterisk in asterisks if not asterisk.start()]
    for asterisk in asterisks:
        asterisk.wait_ready()
    for asterisk in adopted:
        asterisk.read_again()
    return asterisks


def _claim(settings: Settings) -> Claim:
    """Raises MirrorRefused where this is not the site that acts."""
    kept = claims.read(settings.data_dir, settings.mirror_name)
    if kept is None or not kept.claim.acts:
        raise MirrorRefused("the station does not act at this site: `callflow mirror status`")
    return kept.claim


#: Seconds that an Asterisk which somebody else begins may need: signals are taken without it too.
_MET_WITHIN = 20.0


def _take_over(asterisks: list[AsteriskProcess]) -> None:
    """Where it does not come, telephony says so and goes on looking for it."""
    for asterisk in asterisks:
        if asterisk.is_met(_MET_WITHIN):
            asterisk.read_again()
        else:
            console.print(
                "there is no Asterisk: begin `callflow asterisk run`, or leave out"
                " CALLFLOW_ASTERISK_APART",
                style="red",
            )


def _save(tx: Tx, settings: Settings, now: datetime) -> None:
    shadow.follow_setting(tx, shadow=settings.shadow, now=now)
    policy.save_policy(tx, settings)
    checks.begin_usual(tx, now)


def _asterisks(settings: Settings) -> list[AsteriskProcess]:
    if settings.asterisk == "external":
        return []
    from ivr import telephony  # noqa: PLC0415 -- no other command waits for it

    tree = find_or_fetch(progress=lambda text: console.print(text, markup=False))
    moment = asyncio.run(telephony.one_moment(settings))
    found = [embedded.station(settings, tree, moment, registers=not _is_held(settings))]
    if settings.demo:
        found.insert(0, embedded.simulator(settings, tree))
    return found


def _is_held(settings: Settings) -> bool:
    """True of a station that was restored: a carrier that it told where it is would bring it the
    calls of the one that it was made from."""
    try:
        with open_rows(settings) as (store, _):
            return store.read_now(policy.load_policy).held
    except (OSError, StoreUnavailable, SqlError):  # nothing is there yet, or all is said elsewhere
        return False


def say_where(settings: Settings) -> str:
    """Say where the page is; its address."""
    where = f"{settings.own_url}/"
    console.print(f"Callflow: {where}", markup=False)
    return where


def _started(settings: Settings) -> None:
    say_where(settings)


asterisk = group("The PBX.")


@asterisk.command("run")
def asterisk_run() -> None:
    """Become the station's Asterisk, for a service of its own (CALLFLOW_ASTERISK_APART)."""
    _own_asterisk().become()


@asterisk.command("renew")
def asterisk_renew() -> None:
    """End the station's Asterisk as soon as no call is up; its service begins another."""
    _own_asterisk().end_when_idle()


def _own_asterisk() -> AsteriskProcess:
    """Raises BadParameter."""
    settings = settings_of_this_run()
    if settings.asterisk == "external":
        raise typer.BadParameter("the Asterisk is somebody else's: CALLFLOW_ASTERISK=external")
    private.close(settings.data_dir)
    (station,) = _asterisks(settings.model_copy(update={"demo": False}))
    return station


@asterisk.command("render")
def asterisk_render(folder: Path) -> None:
    """Write the files that an Asterisk of your own must include (external mode)."""
    try:
        written = embedded.render_external(settings_of_this_run(), folder)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for path in written:
        print(path)
