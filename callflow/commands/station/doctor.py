"""``doctor``: how the station of this data folder is, and what to do about what is not well."""

import asyncio
import json
import shutil
import socket
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import typer

from callflow import clock, listening, private
from callflow.commands.base import AsJson, open_rows, settings_of_this_run
from callflow.commands.demo import demo_people
from callflow.commands.station import checks, findings
from callflow.commands.station.checks import Check, Verdict
from callflow.commands.station.findings import Facts, of_line, of_trunk
from callflow.core.watch.organs import Part, State
from callflow.handling.station.tokens import open_tokens
from callflow.handling.watch import health, lines
from callflow.handling.watch.health import Health
from callflow.probes.machine import Probe
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


def doctor(json_: AsJson = False) -> None:
    """Say how the station is and what to do; exit status 0 only where all is well."""
    settings = settings_of_this_run()
    with open_rows(settings) as (store, _):
        seen = _look(settings, store)
    told = [check.verdict for check in findings.examine(seen.facts)]
    print(json.dumps(_for_programs(seen)) if json_ else _for_people(settings, seen))
    well = seen.health.status is State.OK and checks.worst(told) is Verdict.OK
    raise typer.Exit(0 if well else 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """The station's health, which is judged nowhere else, and what was found beside it."""

    health: Health
    facts: Facts

    @property
    def checks(self) -> list[Check]:
        """Every part, in the order in which faults explain each other."""
        return [*map(self._detailed, checks.of_organs(self.health.organs)), *self.findings]

    @property
    def findings(self) -> list[Check]:
        """What is found beside the organs."""
        return findings.examine(self.facts)

    def _detailed(self, check: Check) -> Check:
        """The lines with what came by them, the trunks with what their carriers have."""
        told: list[str] = []
        if check.part == checks.NAMES[Part.LINE]:
            told = [of_line(line, self.facts.now) for line in self.facts.lines.lines]
        elif check.part == checks.NAMES[Part.TRUNK]:
            told = list(filter(None, map(of_trunk, self.health.more["trunks"])))
        return replace(check, details=(*check.details, *told))


def _look(settings: Settings, store: Store) -> _Seen:
    """Raises StoreUnavailable where nothing can be read at all."""
    store.read_now(users.settings)
    outage = _write(store)
    own = socket.gethostname()[:64], Probe(settings).look()
    now = clock.now()

    def read(tx: Tx) -> _Seen:
        return _Seen(
            health=health.look(tx, now, outage=outage, asker=own),
            facts=Facts(
                now=now,
                lines=lines.lines(tx, now, limit=_PANELS),
                skews=skews(tx, now - _HOUR),
                undecoded=0 if shutil.which("ffmpeg") else outbox.streamed_sites(tx),
                demos=() if demo_people.is_demos(tx) else demo_people.still_in(tx),
                open_tokens=open_tokens(tx, now),
            ),
        )

    seen = store.read_now(read)
    return replace(
        seen,
        facts=replace(
            seen.facts,
            open_folder=private.is_open(settings.data_dir),
            absent=listening.absent(settings),
            in_clear=settings.is_beyond("web") and settings.tls_certificate is None,
            nameless=bool(settings.trusted_proxies) and not settings.all_public_urls,
            ways=settings.ways,
            mail_trouble=_mail_trouble(settings),
            printer_trouble=asyncio.run(_printer_trouble(settings)) if settings.printers else "",
        ),
    )


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


def _for_programs(seen: _Seen) -> dict[str, Any]:
    """What ``GET health`` says, with the checks and what the lines were found to be."""
    told = {"checks": [asdict(check) for check in seen.checks], "lines": asdict(seen.facts.lines)}
    return {**seen.health.told(), **_plain(told)}


def _plain(value: Any) -> Any:
    """``value`` as JSON has it."""
    if isinstance(value, datetime):
        return clock.to_iso(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


_SAYS = {
    State.OK: "all is well",
    State.DEGRADED: "somebody should look",
    State.FAILED: "alarms are in danger",
}


def _for_people(settings: Settings, seen: _Seen) -> str:
    status, found = seen.health.status, checks.worst(check.verdict for check in seen.findings)
    says = _SAYS[status]
    if status is State.OK and found is not Verdict.OK:
        says = "it is well, and somebody should look"
    told = [f"Callflow in {settings.data_dir}: {says}", ""]
    for check in seen.checks:
        told.append(f"{check.mark:<8}{check.part:<13}{_printable(check.found)}")
        told += [f"{'':<21}{_printable(detail)}" for detail in check.details]
        if check.do:
            told.append(f"{'':<21}-> {check.do}")
    return "\n".join(told)


def _printable(text: str) -> str:
    """Text from outside does nothing to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
