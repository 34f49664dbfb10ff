"""``mirror``, ``promote``, ``demote``: a station on two sites, and which of them acts."""

import asyncio
import json
from typing import Annotated, Any

import typer

from callflow import clock
from callflow.commands.base import AsJson, group, settings_of_this_run
from callflow.core.station.mirroring import Claim, MirrorRefused, sentence
from callflow.mirror import claims, wire
from callflow.mirror.claims import Kept
from callflow.mirror.keeper import cluster_of, context
from callflow.settings.config import BadSettings, Settings
from callflow.storage.engine import replication

mirror = group("The station's other site.")

#: Seconds for a site to hand over, with its calls ended and its log sent.
_WITHIN = 150.0


@mirror.command("begin")
def begin() -> None:
    """Make the cluster of a new station's first site, in the folder CALLFLOW_MIRROR_CLUSTER.

    The second site makes none: `callflow serve` there copies it.
    """
    settings = _mirrored()
    if claims.read(settings.data_dir, settings.mirror_name) is not None:
        raise MirrorRefused("this site has begun already: `callflow mirror status` says how it is")
    cluster = cluster_of(settings)
    cluster.create()
    cluster.start()
    try:
        replication.create_database(settings.database_url)
    finally:
        cluster.stop()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    claim = Claim(name=settings.mirror_name, acts=True, alone=True)
    claims.write(settings.data_dir, Kept(claim=claim, at=clock.now()))
    print(f"made: {settings.mirror_cluster}; now `callflow serve`, here and at the other site")


@mirror.command("status")
def status(json_: AsJson = False) -> None:
    """Which site acts, and how far the other follows. Exit 1 where it does not."""
    told = _asked({"ask": "status"})
    print(json.dumps(told) if json_ else _said(told))
    if not _is_well(told):
        raise typer.Exit(1)


def promote(
    other_is_off: Annotated[
        str | None,
        typer.Option(help='Exactly "NAME is off", of the other site: else it is asked for.'),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Have the station act at this site, whose other one is off.

    Refused while the other answers, at whichever address of it: hand over there with
    `callflow demote`.
    """
    settings = _mirrored()
    typed = other_is_off
    if typed is None:
        wanted = sentence(settings.mirror_other)
        typed = typer.prompt(f'Two that act call everybody twice. Type "{wanted}"', err=True)
    told = _asked({"ask": "promote", "typed": typed.strip()})
    print(json.dumps(told) if json_ else f"this site acts from now on (epoch {told['epoch']})")


def demote(json_: AsJson = False) -> None:
    """Hand the station over to the other site, which has everything. Calls that are up end."""
    told = _asked({"ask": "demote"})
    other = _mirrored().mirror_other
    print(json.dumps(told) if json_ else f"{other} acts from now on; this site is its mirror")


def _mirrored() -> Settings:
    settings = settings_of_this_run()
    if not settings.mirrored:
        raise BadSettings("CALLFLOW_MIRROR_TO: this station has no other site")
    return settings


def _asked(question: dict[str, Any]) -> wire.Said:
    """What this site's own ``serve`` answers. Raises OSError, MirrorRefused."""
    settings = _mirrored()
    host = settings.reached_at("mirror")
    place = (
        f"[{host}]:{settings.ports.mirror}" if ":" in host else f"{host}:{settings.ports.mirror}"
    )
    tls = context(settings, asks=True)
    if tls is not None:
        tls.check_hostname = False  # our own port, by its number; the key says who answers
    try:
        return asyncio.run(wire.ask(place, settings.mirror_key, question, tls, within=_WITHIN))
    except wire.RefusedError as error:
        raise MirrorRefused(str(error)) from None
    except wire.NotAnsweredError as error:
        raise OSError(f"`callflow serve` does not run here: {error}") from None


def _is_well(told: wire.Said) -> bool:
    if told["problem"]:
        return False
    if told["standing"] == "acting":
        return bool(told["in_step"])
    return told["standing"] == "standing_by" and bool(told["other"]["heard"] and told["receives"])


def _said(told: wire.Said) -> str:
    other = told["other"]
    heard = "heard" if other["heard"] else f"silent for {other['silent_s']:.0f} s"
    lines = [
        f"{told['name']}: {told['standing'].replace('_', ' ')} (epoch {told['epoch']})",
        f"{other['name']}: {heard}",
    ]
    if told["standing"] == "acting":
        behind = told["behind"]
        far = "nobody follows" if behind is None else f"{behind} bytes behind"
        lines.append(f"the mirror: {'in step' if told['in_step'] else 'NOT in step'}, {far}")
    if told["standing"] == "waiting":
        lines.append("nothing runs here until the other is heard, or `callflow promote`")
    lines.append(f"files that are still missing here: {told['files_missing']}")
    if told["problem"]:
        lines.append(f"problem: {told['problem']}")
    return "\n".join(lines)
