"""``plan``: validate, publish, import and export, draw, compare, roll back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from callflow import clock
from callflow.commands.base import AsJson, Language, console, group, open_rows, read_object
from callflow.commands.role import settings_of_this_run
from callflow.core.plans import call_plan, check, picture, text
from callflow.core.plans import changes as plan_changes
from callflow.core.plans.call_plan import Finding, Level, Plan
from callflow.handling.base.refusals import Refused
from callflow.handling.plans import plans, withdrawal
from callflow.storage import Store, Tx

plan = group("Call plans: files of YAML or JSON, and the station's.")

Named = Annotated[
    str,
    typer.Argument(
        metavar="FILE|ID", help="A file (YAML or JSON), a plan's id, ID@VERSION or ID@draft."
    ),
]
Why = Annotated[str, typer.Option("--why", help="It stands in the plan's history.")]
Reason = Annotated[str, typer.Option("--why", help="It stands in the audit.")]
_BY, _AT = "cli", "%Y-%m-%d %H:%M UTC"


def read_plan(file: Path) -> Plan:
    """The plan in a file, as it is: JSON where its name ends so, else YAML. Raises PlanError."""
    if file.suffix == ".json":
        return call_plan.from_json(read_object(file))
    return _written(file).plan


def _written(file: Path) -> text.Written:
    try:
        return text.parse(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8: byte {error.start}") from None


def is_file(named: str) -> bool:
    """True where a file is meant, and no plan of the station."""
    return Path(named).is_file() or Path(named).suffix in (".json", ".yaml", ".yml")


def stored(tx: Tx, named: str) -> Plan:
    """A plan of the station by ID, ID@VERSION or ID@draft. Raises NotFound, BadParameter."""
    plan_id, _, which = named.partition("@")
    if which == "draft":
        return call_plan.from_json(plans.get_draft(tx, plan_id).body)
    if which and not (which.isascii() and which.isdigit()):
        raise typer.BadParameter(f"{named!r}: write ID, ID@VERSION or ID@draft")
    return plans.get_version(tx, plan_id, int(which) if which else None)


def _named(named: str) -> Plan:
    if is_file(named):
        return read_plan(Path(named))
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            return store.read_now(lambda tx: stored(tx, named))
        except Refused as error:
            raise typer.BadParameter(str(error)) from error


@plan.command("validate")
def plan_validate(
    named: Named,
    sites: Annotated[
        bool, typer.Option("--sites", help="Look at the station's sites for a file too.")
    ] = False,
    language: Language = "en",
    json_: AsJson = False,
) -> None:
    """Say what is found in a plan, and at the sites that follow it; exit 1 on an error."""
    plan, now, lines = _named(named), clock.now(), None
    if is_file(named) and Path(named).suffix != ".json":
        lines = _written(Path(named))
    if sites or not is_file(named):
        with open_rows(settings_of_this_run()) as (store, _):
            found = store.read_now(lambda tx: plans.validate(tx, plan, now))
    else:
        found = check.check(plan, now=now)
    if json_:
        print(json.dumps([finding.to_json() for finding in found], ensure_ascii=False))
    else:
        _say(found, language, lines)
        console.print("the plan is sound" if not check.errors(found) else "not publishable")
    if check.errors(found):
        raise typer.Exit(1)


def _say(found: list[Finding], language: str, lines: text.Written | None = None) -> None:
    for finding in found:
        where = f"{lines.where(finding)}: " if lines is not None else ""
        style = "red" if finding.level is Level.ERROR else "yellow"
        said = f"{finding.level} {finding.code}: {where}{finding.said(language)}"
        console.print(said, style=style, markup=False)


@plan.command("publish")
def plan_publish(
    named: Named,
    why: Why = "",
    accept_warnings: Annotated[
        str, typer.Option(help="Why the warnings of a draft don't matter.")
    ] = "",
    json_: AsJson = False,
) -> None:
    """Publish a file as the next version, or the draft of the plan of this id."""
    body = call_plan.to_json(read_plan(Path(named))) if is_file(named) else None
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            if body is not None:
                now, written = clock.now(), call_plan.from_json(body)
                reach = store.read_now(lambda tx: plans.reach(tx, written, now))
                fresh = store.write_now(
                    lambda tx: plans.publish_checked(tx, body, _BY, now, why=why, reach=reach)
                )
            else:
                fresh = _publish_draft(store, named, why, accept_warnings)
        except plans.Faulty as error:
            _say(error.findings, "en")
            raise typer.BadParameter(str(error)) from error
        except Refused as error:
            raise typer.BadParameter(str(error)) from error
    print(json.dumps(fresh) if json_ else f"{fresh['id']} version {fresh['version']}")


def _publish_draft(store: Store, plan_id: str, why: str, accept_warnings: str) -> dict[str, Any]:
    """As it is now: who changes it meanwhile is not published unseen."""
    now = clock.now()

    def read(tx: Tx) -> tuple[str, list[Finding]]:
        return plans.get_draft(tx, plan_id).revision, plans.validate_draft(tx, plan_id, now)

    revision, found = store.read_now(read)
    return store.write_now(
        lambda tx: plans.publish_draft(
            tx, plan_id, revision, found, _BY, now, why=why, accept_warnings=accept_warnings
        )
    )


@plan.command("import")
def plan_import(
    file: Path,
    replace: Annotated[bool, typer.Option(help="In the place of the draft that is there.")] = False,
) -> None:
    """Keep a file as the draft of its plan: then validate, simulate and publish ID."""
    now, body = clock.now(), call_plan.to_json(read_plan(file))

    def write(tx: Tx) -> None:
        old = plans.get_draft(tx, body["id"]).revision if replace else None
        plans.save_draft(tx, body, _BY, now, revision=old)

    with open_rows(settings_of_this_run()) as (store, _):
        try:
            store.write_now(write)
        except Refused as error:
            raise typer.BadParameter(f"{error} (or --replace)") from error
    print(f"draft of {body['id']}")


@plan.command("export")
def plan_export(named: Named, json_: AsJson = False) -> None:
    """Print a plan as text (YAML), with what each setting means."""
    found = _named(named)
    if json_:
        print(json.dumps(call_plan.to_json(found), ensure_ascii=False, indent=2))
    else:
        print(text.write(found), end="")


@plan.command("picture")
def plan_draw(named: Named, language: Language = "fr") -> None:
    """Print a plan as a picture (SVG)."""
    print(picture.draw(_named(named), language))


@plan.command("schema")
def plan_schema(json_: AsJson = False) -> None:
    """Print what a plan may have: every kind of step, its settings and outcomes."""
    print(json.dumps(call_plan.json_schema(), indent=2) if json_ else call_plan.described())


@plan.command("compare")
def plan_compare(
    before: Named, after: Named, language: Language = "en", json_: AsJson = False
) -> None:
    """Say what changes from one plan to another."""
    changes = [c.to_json() for c in plan_changes.compare(_named(before), _named(after))]
    if json_:
        print(json.dumps(changes, ensure_ascii=False))
        return
    for change in changes:
        print(change["fr" if language == "fr" else "en"])


@plan.command("history")
def plan_history(plan_id: str, json_: AsJson = False) -> None:
    """Say who published which version when and why."""
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            versions = store.read_now(lambda tx: plans.history(tx, plan_id))
            found = store.read_now(lambda tx: withdrawal.get_standing(tx, plan_id))
        except Refused as error:
            raise typer.BadParameter(str(error)) from error
    if json_:
        print(
            json.dumps([asdict(version) for version in versions], ensure_ascii=False, default=str)
        )
        return
    for each in versions:
        at = each.published_at.strftime(_AT)
        print(f"{each.version}  {at}  {each.published_by}  {each.why}".rstrip())
    if found.withdrawn_at is not None:
        at = found.withdrawn_at.strftime(_AT)
        print(f"withdrawn  {at}  {found.withdrawn_by}  {found.because}")


@plan.command("roll-back")
def plan_roll_back(plan_id: str, version: int, why: Why = "", json_: AsJson = False) -> None:
    """Publish what an earlier version says as the next one."""
    now = clock.now()
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            reach = store.read_now(lambda tx: plans.reach_of(tx, plan_id, version, now))
            fresh = store.write_now(
                lambda tx: plans.roll_back(tx, plan_id, version, _BY, now, why=why, reach=reach)
            )
        except Refused as error:
            raise typer.BadParameter(str(error)) from error
    print(json.dumps(fresh) if json_ else f"{fresh['id']} version {fresh['version']}")


@plan.command("withdraw")
def plan_withdraw(plan_id: str, why: Reason, json_: AsJson = False) -> None:
    """Withdraw a plan that no site follows: it is offered no more, and its versions stay."""
    _stand(withdrawal.withdraw, plan_id, why, json_)


@plan.command("bring-back")
def plan_bring_back(plan_id: str, why: Reason, json_: AsJson = False) -> None:
    """Bring a withdrawn plan back: sites may follow it again."""
    _stand(withdrawal.bring_back, plan_id, why, json_)


def _stand(
    act: Callable[[Tx, str, str, str, str, datetime], withdrawal.PlanStanding],
    plan_id: str,
    why: str,
    json_: bool,
) -> None:
    now = clock.now()

    def write(tx: Tx) -> withdrawal.PlanStanding:
        known = withdrawal.get_standing(tx, plan_id).revision
        return act(tx, plan_id, known, why, _BY, now)

    with open_rows(settings_of_this_run()) as (store, _):
        try:
            found = store.write_now(write)
        except Refused as error:
            raise typer.BadParameter(str(error)) from error
    told, state = {"id": plan_id, **asdict(found)}, found.state.replace("_", " ")
    print(json.dumps(told, default=str) if json_ else f"{plan_id}: {state}")
