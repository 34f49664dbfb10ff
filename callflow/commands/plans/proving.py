"""``plan simulate``, ``plan backtest``, ``plan rehearse``: a plan is proved before it runs."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from callflow import clock
from callflow.commands.base import AsJson, Language, open_rows, settings_of_this_run
from callflow.commands.plans import plans
from callflow.core.alarms.incident import Incident
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import Plan
from callflow.core.signals.signal import Kind
from callflow.core.simulation import BehaviourError, lines, timeline_to_json
from callflow.core.time.instants import from_iso
from callflow.handling.alarms import rehearsing
from callflow.handling.base.refusals import Refused
from callflow.handling.plans import backtest, simulation
from callflow.storage import Store, Tx

#: The same group: three commands more.
group = plans.plan

SiteId = Annotated[str, typer.Option("--site", help="The site's id.")]
KindName = Annotated[str, typer.Option("--kind", help="What the alarm is about.")]


@group.command("simulate")
def plan_simulate(
    plan: plans.Named,
    site: SiteId,
    behaviour: Annotated[
        Path | None, typer.Option(help="What people do (YAML or JSON); else nobody answers.")
    ] = None,
    random_: Annotated[
        int | None, typer.Option("--random", help="People act by chance, from this seed.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="When the alarm comes (ISO 8601, UTC).")] = None,
    kind: KindName = Kind.INTRUSION.value,
    language: Language = "fr",
    json_: AsJson = False,
) -> None:
    """Run a plan in virtual time: who is called when, and the worst case until a human knows."""
    start, about = _instant(at), kind_of(kind)
    script = None if behaviour is None else _behaviours(behaviour)
    chance = None if random_ is None else random.Random(random_)

    def read(tx: Tx) -> simulation.Simulated:
        found = plan_named(tx, plan)
        return simulation.simulate(tx, found, site, about, start, script=script, chance=chance)

    with open_rows(settings_of_this_run()) as (store, _):
        try:
            done = store.read_now(read)
        except (Refused, BehaviourError) as error:
            raise typer.BadParameter(str(error)) from error
    if json_:
        print(json.dumps(timeline_to_json(done.timeline, done.worst), ensure_ascii=False))
        return
    for line in lines(done.timeline, done.site, done.worst, language=language):
        print(line)


@group.command("backtest")
def plan_backtest(
    plan: plans.Named,
    of: Annotated[
        str | None, typer.Option(help="Whose incidents: a plan's id; the plan's own unless said.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Opened since then (ISO 8601, UTC).")] = None,
    language: Language = "fr",
    json_: AsJson = False,
) -> None:
    """Replay a plan over stored incidents: whose calls, or end, would have been others."""
    start = None if since is None else _instant(since)
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            found = store.read_now(lambda tx: plan_named(tx, plan))
        except Refused as error:
            raise typer.BadParameter(str(error)) from error
        pages = list(_pages(store, of or found.id, found, start))
    done = replace(
        pages[-1],
        examined=sum(page.examined for page in pages),
        differences=tuple(each for page in pages for each in page.differences),
        unlike=tuple(each for page in pages for each in page.unlike),
    )
    if json_:
        print(json.dumps(backtest.to_json(done), ensure_ascii=False))
        return
    for line in backtest.lines(done, language):
        print(line)


def _pages(
    store: Store, plan_id: str, plan: Plan, since: datetime | None
) -> Iterator[backtest.Backtest]:
    """Each page in a transaction of its own: a long one would hold up others."""
    after: tuple[datetime, str] | None = None
    while True:
        page = store.read_now(
            lambda tx, after=after: backtest.backtest_page(  # type: ignore[misc]
                tx, plan_id, plan, since=since, after=after
            )
        )
        yield page
        after = page.next
        if after is None:
            return


@group.command("rehearse")
def plan_rehearse(
    plan: plans.Named,
    site: SiteId,
    kind: KindName = Kind.INTRUSION.value,
    json_: AsJson = False,
) -> None:
    """Call a site's real people as a plan says, announced and logged as an exercise."""
    about, now = kind_of(kind), clock.now()

    def write(tx: Tx) -> Incident:
        found = plan_named(tx, plan)
        return rehearsing.rehearse(tx, found, site, about, "cli", now)

    with open_rows(settings_of_this_run()) as (store, _):
        try:
            incident = store.write_now(write)
        except Refused as error:
            raise typer.BadParameter(str(error)) from error
    print(json.dumps({"incident": incident.id}) if json_ else f"exercise: incident {incident.id}")


def plan_named(tx: Tx, named: str) -> Plan:
    """The plan that is meant, sound. Raises NotFound, PlanError, BadParameter."""
    if plans.is_file(named):
        return call_plan.sound(plans.read_plan(Path(named)))
    return call_plan.sound(plans.stored(tx, named))


def kind_of(name: str) -> Kind:
    """Raises BadParameter."""
    if name not in frozenset(Kind):
        raise typer.BadParameter(f"there is no kind of alarm {name!r}: {', '.join(Kind)}")
    return Kind(name)


def _instant(at: str | None) -> datetime:
    if at is None:
        return clock.now()
    try:
        return from_iso(at)
    except ValueError:
        raise typer.BadParameter(f"{at!r} is no instant: write 2026-12-24T02:30:00Z") from None


def _behaviours(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} is no YAML: {error}") from None
