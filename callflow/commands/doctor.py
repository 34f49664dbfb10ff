"""``doctor``: how the station of this data folder is, and what to do about what is not well."""

from __future__ import annotations

import asyncio
import ctypes
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

import typer

from callflow import clock, private
from callflow.commands import checks, demo_people
from callflow.commands.base import AsJson, open_rows, settings_of_this_run
from callflow.commands.checks import Check, Facts, Verdict
from callflow.handling.station.tokens import open_tokens
from callflow.handling.watch import health, lines
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.messages import outbox
from callflow.storage.people import users
from callflow.storage.watch.lines import skews

T = TypeVar("T")

#: Panels that are told of by name.
_PANELS = 20
#: Panels heard within so long are asked what their clocks say.
_HOUR = timedelta(hours=1)
#: What health calls the doctor's verdicts.
_STATUS = {Verdict.OK: "ok", Verdict.LOOK: "degraded", Verdict.FAILED: "failed"}


def doctor(json_: AsJson = False) -> None:
    """Say how the station is and what to do; exit status 0 only where all is well."""
    settings = settings_of_this_run()
    with open_rows(settings) as (store, _):
        facts = _look(settings, store)
    found = checks.examine(facts)
    verdict = checks.worst(found)
    if json_:
        print(json.dumps(_for_programs(facts, found, verdict)))
    else:
        print(_for_people(settings, found, verdict))
    raise typer.Exit(0 if verdict is Verdict.OK else 1)


def _look(settings: Settings, store: Store) -> Facts:
    """Raises OSError where nothing can be read at all."""
    _read(store, users.settings)
    outage = _write(store)
    now = clock.now()

    def read(tx: Tx) -> dict[str, Any]:
        return {
            "health": health.health(tx, now, outage=outage),
            "lines": lines.lines(tx, now, limit=_PANELS),
            "skews": skews(tx, now - _HOUR),
            "undecoded": 0 if shutil.which("ffmpeg") else outbox.streamed_sites(tx),
            "demos": () if demo_people.is_demos(tx) else demo_people.still_in(tx),
            "open_tokens": open_tokens(tx, now),
            "latest_beat": max((r.beat_at for r in users.processes(tx)), default=None),
        }

    seen = _read(store, read)
    return Facts(
        now=now,
        **seen,
        free=_free(settings),
        open_folder=private.is_open(settings.data_dir),
        synchronised=_synchronised(),
        ways=settings.ways,
        mail_trouble=_mail_trouble(settings),
        printer_trouble=asyncio.run(_printer_trouble(settings)) if settings.printers else "",
    )


def _read(store: Store, function: Callable[[Tx], T]) -> T:
    try:
        return store.read_now(function)
    except StoreUnavailable as error:
        raise OSError(f"the database failed: {error.reason}") from None


def _write(store: Store) -> health.StoreOutage | None:
    """Write a row as every process does; what stood in the way."""
    now = clock.now()
    try:
        store.write_now(lambda tx: users.write_settings(tx, {"examined_at": clock.to_iso(now)}))
    except StoreUnavailable as error:
        return health.StoreOutage(since=now, reason=error.reason)
    return None


def _mail_trouble(settings: Settings) -> str:
    """What is wrong with the way to the mail server; "" where nothing is, or there is none."""
    if not settings.smtp_host:
        return ""
    from callflow.notify import mail  # noqa: PLC0415 -- no other command waits for it

    return asyncio.run(mail.probe(settings))


async def _printer_trouble(settings: Settings) -> str:
    """What is wrong with the first printer that has something; "" where none has."""
    from callflow.notify import http, printing  # noqa: PLC0415 -- no other command waits for it

    async with http.new_client() as client:
        for name, printer in settings.printers.items():
            wrong = await printing.probe(client, printer)
            if wrong:
                return f"{name}: {wrong}"
    return ""


def _free(settings: Settings) -> int | None:
    try:
        return shutil.disk_usage(settings.data_dir).free
    except OSError:
        return None


_TIMEX_BYTES = 256  # struct timex has 208 on 64 bit
_TIME_ERROR = 5  # nobody sets the clock: adjtimex(2)


def _synchronised() -> bool | None:
    """True where the kernel is told the time by somebody; None where it doesn't say."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else bool(state != _TIME_ERROR)


def _for_programs(facts: Facts, found: list[Check], verdict: Verdict) -> dict[str, Any]:
    """What ``GET health`` says, with the checks and what they were made from."""
    told = {"checks": [asdict(check) for check in found], "lines": asdict(facts.lines)}
    return {**facts.health, "status": _STATUS[verdict], **_plain(told)}


def _plain(value: Any) -> Any:
    """``value`` as JSON has it."""
    if isinstance(value, datetime):
        return clock.to_iso(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _for_people(settings: Settings, found: list[Check], verdict: Verdict) -> str:
    says = {
        Verdict.OK: "all is well",
        Verdict.LOOK: "somebody should look",
        Verdict.FAILED: "alarms are in danger",
    }
    told = [f"Callflow in {settings.data_dir}: {says[verdict]}", ""]
    for check in found:
        mark = check.verdict.upper() if check.verdict is not Verdict.OK else "ok"
        told.append(f"{mark:<8}{check.part:<11}{check.found}")
        told += [f"{'':<19}{_printable(detail)}" for detail in check.details]
        if check.do:
            told.append(f"{'':<19}-> {check.do}")
    return "\n".join(told)


def _printable(text: str) -> str:
    """Text from outside does nothing to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
