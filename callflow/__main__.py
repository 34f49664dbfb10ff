"""The command line, and the only place where everything is put together."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import structlog
import typer
from rich.console import Console

from callflow import clock, demo, demo_sites, engine, handling, standard_plans, supervisor
from callflow.call_plan import PlanError, from_json, to_json
from callflow.config import Settings
from callflow.panel import NoAnswerError, PanelClient
from callflow.receiver import process as receiver_process
from callflow.storage import Store, StoreUnavailable, Tx, calls, people
from callflow.storage import logbook as logbook_rows
from callflow.storage.upgrade import upgrade
from callflow.vault import Vault
from ivr import recording, telephony
from ivr.asterisk import embedded
from ivr.asterisk.instance import Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.simulator import Simulator
from ivr.asterisk.tree import AsteriskUnavailable, find_or_fetch
from web import accounts
from web import serve as web_serve

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
db = typer.Typer(no_args_is_help=True, help="The database.")
user = typer.Typer(no_args_is_help=True, help="People who log in.")
token = typer.Typer(no_args_is_help=True, help="Tokens of programs.")
plan = typer.Typer(no_args_is_help=True, help="Call plans.")
site = typer.Typer(no_args_is_help=True, help="Sites.")
panel = typer.Typer(no_args_is_help=True, help="A panel.")
book = typer.Typer(no_args_is_help=True, help="The logbook.")
for name, group in {
    "db": db,
    "user": user,
    "token": token,
    "plan": plan,
    "site": site,
    "signal": panel,
    "logbook": book,
}.items():
    app.add_typer(group, name=name)

console = Console(stderr=True, highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def main() -> None:
    """Run the command line; errors that a person can act on are one line."""
    try:
        app()
    except (StoreUnavailable, AsteriskUnavailable, NoAnswerError, PlanError, OSError) as error:
        console.print(f"callflow: {error}", style="red", markup=False)
        sys.exit(1)


def _settings() -> Settings:
    settings = Settings()
    logging.basicConfig(level=settings.log_level, stream=sys.stderr, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelName(settings.log_level)
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return settings


@contextlib.contextmanager
def _store(settings: Settings) -> Iterator[tuple[Store, Vault]]:
    vault = Vault(settings.data_dir / "keys")
    store = Store(settings.database, mac=vault.seal)
    try:
        yield store, vault
    finally:
        store.close()


# --- serve --------------------------------------------------------------------------------


_ROLES: dict[str, Callable[[Settings], Awaitable[None]]] = {
    "receiver": receiver_process.serve,
    "engine": engine.serve,
    "telephony": telephony.serve,
}


@app.command()
def serve(
    only: Annotated[
        str | None, typer.Option(help="One role: receiver, engine, telephony or web.")
    ] = None,
) -> None:
    """Run the station, or one of its roles, until SIGTERM."""
    settings = _settings()
    if only is None:
        with _alone(settings):
            station = supervisor.Supervisor(settings, prepare(settings))
            asyncio.run(station.run(lambda: _say_where(settings)))
    elif only == "web":
        network = demo.SimulatedNetwork(settings) if settings.demo else None
        web_serve.run(settings, network=network)
    elif only in _ROLES:
        asyncio.run(_until_told(_ROLES[only](settings)))
    else:
        raise typer.BadParameter(f"there is no role {only!r}: {', '.join(supervisor.ROLES)}")


async def _until_told(work: Awaitable[None]) -> None:
    """Run a role; SIGTERM cancels it, which ends it in order."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One supervisor a data folder: a second one would start everything twice."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    with (settings.run_dir / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"a station runs in {settings.data_dir} already") from None
        yield


def prepare(settings: Settings) -> list[AsteriskProcess]:
    """Everything that must be there before the roles start; the Asterisks to keep running."""
    upgrade(settings.database)
    with _store(settings) as (store, vault):
        now = clock.now()
        store.write_now(lambda tx: handling.save_policy(tx, settings))

        def publish(tx: Tx) -> None:
            for standard in standard_plans.STANDARD_PLANS:
                handling.publish_first(tx, to_json(standard), "callflow", now)

        store.write_now(publish)
        if settings.demo:
            demo.seed(settings, store, vault)
    asterisks = _asterisks(settings)
    for asterisk in asterisks:
        asterisk.start()
    for asterisk in asterisks:
        asterisk.wait_ready()
    return asterisks


def _asterisks(settings: Settings) -> list[AsteriskProcess]:
    if settings.asterisk == "external":
        return []
    tree = find_or_fetch(progress=lambda text: console.print(text, markup=False))
    found = [embedded.station(settings, tree)]
    if settings.demo:
        found.insert(0, embedded.simulator(settings, tree))
    return found


def _say_where(settings: Settings) -> None:
    where = f"http://{settings.bind}:{settings.ports.web}/"
    console.print(f"Callflow: {where}", markup=False)


_DEMO_PASSWORD = "callflow-demo"  # noqa: S105 - said on the screen, served on loopback

# --- demo ---------------------------------------------------------------------------------


@app.command("demo")
def demo_command(
    once: Annotated[
        str | None, typer.Option(help="Run one site's alarm to its end: 1001 to 1010.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser")] = False,
) -> None:
    """The station with simulated sites, panels and telephone network."""
    settings = demo.demo_settings(_settings())
    if once is not None:
        raise typer.Exit(_demo_once(settings, once))
    with _alone(settings):
        asterisks = prepare(settings)
        password = _demo_user(settings)
        asyncio.run(_demo(settings, asterisks, password))


def _demo_user(settings: Settings) -> str:
    """The demo's log-in: made once, a known password, on loopback only."""
    with _store(settings) as (store, _):
        if store.read_now(lambda tx: people.user_by_name(tx, "demo")) is None:
            kept, now = accounts.hash_password(_DEMO_PASSWORD), clock.now()
            role = accounts.Role.ADMINISTRATOR
            store.write_now(lambda tx: accounts.create_user(tx, "demo", role, kept, now))
    return _DEMO_PASSWORD


async def _demo(settings: Settings, asterisks: list[AsteriskProcess], password: str) -> None:
    def started() -> None:
        _say_where(settings)
        console.print(f"log in: demo / {password}", markup=False)
        for shown in demo_sites.SITES:
            console.print(f"  {shown.account}  {shown.name}: {shown.shows}", markup=False)
        console.print("one alarm from its arrival to its end:  ./run callflow demo --once 1002")

    alarms = None
    if settings.demo_alarms_every > 0:
        alarms = asyncio.create_task(demo.restless(settings, settings.demo_alarms_every))
    try:
        network = Simulator(embedded.instance(settings, Kind.SIMULATOR))
        # A phone that still rings for a dead station learns of its death in no other way.
        await supervisor.Supervisor(settings, asterisks, network.end_calls).run(started)
    finally:
        if alarms is not None:
            alarms.cancel()


def _demo_once(settings: Settings, account: str) -> int:
    shown = demo_sites.find(account)
    if shown is None:
        known = ", ".join(s.account for s in demo_sites.SITES)
        raise typer.BadParameter(f"there is no demo site {account!r}: {known}")
    with _running_demo(settings):
        with _store(settings) as (store, _):
            secret = _new_token(store, "administrator", "demo")
        console.print(f"{shown.account} {shown.name}: {shown.shows}", markup=False)
        wrong = asyncio.run(
            demo.run_once(settings, shown, secret, lambda line: print(line, flush=True))
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
        url = f"http://{settings.bind}:{settings.ports.web}"
        ready = httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
    if not ready:
        return False
    with _store(settings) as (store, _):
        health = store.read_now(lambda tx: handling.health(tx, clock.now()))
    return bool(health["asterisk"] == "up" and not health["missing"])


async def _wait_ready(settings: Settings, child: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(300):
        while not (_database_there(settings) and _is_ready(settings)):
            if child.poll() is not None:
                raise OSError("the demo ended before it was ready: see the messages above")
            await asyncio.sleep(0.2)


def _database_there(settings: Settings) -> bool:
    return bool(settings.database_url) or (settings.data_dir / "callflow.db").exists()


# --- db, user, token ----------------------------------------------------------------------


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version."""
    upgrade(_settings().database)


Role = Annotated[str, typer.Option(help="operator, supervisor, administrator or technician")]


@user.command("add")
def user_add(
    name: str,
    role: Role,
    password_stdin: Annotated[bool, typer.Option("--password-stdin")] = False,
    language: str = "fr",
) -> None:
    """Add a person who logs in."""
    settings = _settings()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    upgrade(settings.database)
    kept, now = accounts.hash_password(password), clock.now()
    with _store(settings) as (store, _):
        try:
            store.write_now(
                lambda tx: accounts.create_user(
                    tx, name, accounts.Role(role), kept, now, language=language
                )
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error


@token.command("create")
def token_create(role: Role, name: str = "cli", json_: AsJson = False) -> None:
    """Make a token for a program; it is shown this once."""
    settings = _settings()
    upgrade(settings.database)
    with _store(settings) as (store, _):
        secret = _new_token(store, role, name)
    print(json.dumps({"token": secret}) if json_ else secret)


def _new_token(store: Store, role: str, name: str) -> str:
    try:
        wanted = accounts.Role(role)
    except ValueError:
        roles = ", ".join(accounts.Role)
        raise typer.BadParameter(f"there is no role {role!r}: {roles}") from None
    now = clock.now()
    return store.write_now(lambda tx: accounts.create_token(tx, wanted, name, now))


# --- plan, site, signal, logbook -----------------------------------------------------------


@plan.command("validate")
def plan_validate(file: Path) -> None:
    """Say what is wrong with a plan (JSON)."""
    from_json(json.loads(file.read_text(encoding="utf-8")))
    console.print("the plan is sound")


@plan.command("publish")
def plan_publish(file: Path, json_: AsJson = False) -> None:
    """Publish a plan (JSON) as a new version."""
    settings = _settings()
    body = json.loads(file.read_text(encoding="utf-8"))
    with _store(settings) as (store, _):
        now = clock.now()
        fresh = store.write_now(lambda tx: handling.publish_plan(tx, body, "cli", now))
    print(json.dumps(fresh) if json_ else f"{fresh['id']} version {fresh['version']}")


@site.command("export")
def site_export(site_id: str) -> None:
    """Print a site as the API shows it."""
    with _store(_settings()) as (store, _):
        found = store.read_now(lambda tx: handling.get_site(tx, site_id))
    if found is None:
        raise typer.BadParameter(f"there is no site {site_id!r}")
    print(json.dumps(found, ensure_ascii=False, indent=2))


@site.command("import")
def site_import(file: Path) -> None:
    """Write sites (a JSON object with an id, or a list of them), all or nothing."""
    bodies = json.loads(file.read_text(encoding="utf-8"))
    bodies = bodies if isinstance(bodies, list) else [bodies]
    with _store(_settings()) as (store, vault):
        now = clock.now()

        def write(tx: Tx) -> None:
            for body in bodies:
                handling.put_site(tx, vault, str(body["id"]), body, "cli", now)

        try:
            store.write_now(write)
        except (handling.BadSite, KeyError) as error:
            raise typer.BadParameter(f"nothing was written: {error}") from error


@panel.command("send")
def signal_send(
    account: str,
    code: str,
    zone: str = "",
    text: str = "",
    key: Annotated[str | None, typer.Option(help="AES key (hex) of an encrypted panel.")] = None,
    format_: Annotated[str, typer.Option("--format", help="SIA-DCS or ADM-CID")] = "SIA-DCS",
    udp: Annotated[bool, typer.Option("--udp")] = False,
    host: str = "",
    port: int = 0,
    json_: AsJson = False,
) -> None:
    """Send one event as a panel does, and wait for the acknowledgement."""
    settings = _settings()

    async def send() -> Any:
        async with PanelClient(
            host or settings.bind,
            port or settings.ports.dc09,
            account,
            bytes.fromhex(key) if key else None,
            transport="udp" if udp else "tcp",
            format="ADM-CID" if format_ == "ADM-CID" else "SIA-DCS",
        ) as client:
            return await client.send(code, zone, text)

    try:
        reply = asyncio.run(send())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    acknowledged = reply.name.lstrip("*") == "ACK"
    print(json.dumps({"reply": reply.name}) if json_ else reply.name)
    raise typer.Exit(0 if acknowledged else 1)


@book.command("verify")
def logbook_verify(json_: AsJson = False) -> None:
    """Look for changed, missing, doubled, swapped or cut entries, and changed recordings."""
    settings = _settings()
    with _store(settings) as (store, _):
        faults = [
            f"{f.chain} entry {f.seq}: {f.what}" for f in store.read_now(handling.verify_logbook)
        ]
        found = store.read_now(calls.all_recordings)
        entries = store.read_now(handling.recorded_hashes)
    faults += recording.wrong_recordings(settings.recordings_dir, found, entries)
    if json_:
        print(json.dumps({"ok": not faults, "faults": faults}))
    else:
        print("\n".join(faults) or "the logbook is whole")
    raise typer.Exit(1 if faults else 0)


@book.command("export")
def logbook_export(incident: str | None = None) -> None:
    """Print entries as JSON lines, oldest first."""
    with _store(_settings()) as (store, _):
        after = 0
        while page := store.read_now(_page(incident, after)):
            for row in page:
                print(json.dumps({**row, "at": clock.to_iso(row["at"])}, ensure_ascii=False))
            after = page[-1]["number"]


def _page(incident: str | None, after: int) -> Callable[[Tx], list[dict[str, Any]]]:
    return lambda tx: logbook_rows.page(tx, incident=incident, after=after)


@app.command()
def doctor(json_: AsJson = False) -> None:
    """Say how the station of this data folder is."""
    settings = _settings()
    upgrade(settings.database)
    with _store(settings) as (store, _):
        health = store.read_now(lambda tx: handling.health(tx, clock.now()))
    print(json.dumps(health, indent=None if json_ else 2))
    raise typer.Exit(0 if health["status"] == "ok" else 1)


asterisk = typer.Typer(no_args_is_help=True, help="The PBX.")
app.add_typer(asterisk, name="asterisk")


@asterisk.command("render")
def asterisk_render(folder: Path) -> None:
    """Write the files that an Asterisk of your own must include (external mode)."""
    for path in embedded.render_external(_settings(), folder):
        print(path)


if __name__ == "__main__":
    main()
