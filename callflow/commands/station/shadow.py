"""``shadow`` and ``commissioning``: a station beside the system before it, and in its place."""

import json
from pathlib import Path
from typing import Annotated

import typer

from callflow import clock
from callflow.commands.base import AsJson, Language, group, open_rows, settings_of_this_run
from callflow.core.sites.files.writing import to_csv
from callflow.core.station.commissioning import QUIET_DAYS, Finding
from callflow.core.station.comparison import BadComparison, Columns
from callflow.handling.station import commissioning as moving
from callflow.handling.station import comparing
from callflow.storage import Tx
from callflow.storage.sites import moves, sites
from callflow.storage.watch import comparisons
from callflow.texts.station.access import BY_COMMAND

shadow = group("Beside the system before.")
commissioning = group("Sites moved over from the system before, and back.")

_Sites = Annotated[list[str], typer.Argument(help="Ids or accounts of sites.")]
_Lot = Annotated[str, typer.Option(help="What this lot is called.")]
_Days = Annotated[int, typer.Option(help="Days without a difference that a site needs.", min=0)]


@shadow.command("compare")
def compare(
    file: Annotated[Path, typer.Argument(help="The other system's list (CSV).")],
    columns: Annotated[
        Path | None, typer.Option(help="JSON: which column says what; kept from then on.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the differences there (CSV).")] = None,
    language: Language = "fr",
    json_: AsJson = False,
) -> None:
    """Compare its list of a day with ours; exit 1 where anything differs."""
    try:
        data, now = file.read_bytes(), clock.now()
        with open_rows(settings_of_this_run()) as (store, _):
            if columns is not None:
                chosen = Columns.from_json(json.loads(columns.read_text(encoding="utf-8")))
                store.write_now(lambda tx: comparing.set_columns(tx, chosen, BY_COMMAND, now))
            laid = store.read_now(lambda tx: comparing.lay(tx, data, comparing.columns(tx)))
            made = store.write_now(lambda tx: comparing.keep(tx, laid, file.name, BY_COMMAND, now))
            found = store.read_now(lambda tx: comparisons.differences(tx, made.id))
    except (BadComparison, json.JSONDecodeError) as error:
        raise OSError(str(error)) from None
    if output is not None:
        head = ("what", "account", "at", "code", "zone", "theirs", "ours", "row")
        output.write_bytes(b"".join(to_csv(head, [comparing.rows(found)], language)))
    told = {"compared": made.compared, "unread": made.unread, **made.counts}
    print(json.dumps(told) if json_ else ", ".join(f"{name}: {n}" for name, n in told.items()))
    for sentence in laid.unread[:20]:
        typer.echo(f"not read, row {sentence}", err=True)
    if any(made.counts.values()):
        raise typer.Exit(1)


@commissioning.command("list")
def listed(
    in_service: Annotated[bool, typer.Option("--in-service", help="Those moved over.")] = False,
    json_: AsJson = False,
) -> None:
    """Name the sites in shadow, or in service."""
    with open_rows(settings_of_this_run()) as (store, _):
        found = store.read_now(lambda tx: moves.standing(tx, shadow=not in_service, limit=100_000))
    if json_:
        print(json.dumps([{"id": one.id, "name": one.name} for one in found], ensure_ascii=False))
        return
    for one in found:
        print(f"{one.id}  {one.name}")


@commissioning.command("check")
def check(named: _Sites, days: _Days = QUIET_DAYS, json_: AsJson = False) -> None:
    """Say what speaks against moving these sites over; exit 1 where anything does."""
    now = clock.now()
    with open_rows(settings_of_this_run()) as (store, _):
        ids = store.read_now(lambda tx: _ids(tx, named))
        found = store.read_now(
            lambda tx: {one: moving.looked_at(tx, one, now, days=days) for one in ids}
        )
    _say(found, json_=json_)
    if any(found.values()):
        raise typer.Exit(1)


@commissioning.command("move")
def move(
    named: _Sites,
    lot: _Lot = "",
    in_spite: Annotated[str, typer.Option(help="Why, whatever speaks against it.")] = "",
    days: _Days = QUIET_DAYS,
    json_: AsJson = False,
) -> None:
    """Let this station act for these sites from now on; exit 1 where one was left."""
    now = clock.now()
    with open_rows(settings_of_this_run()) as (store, _):
        ids = store.read_now(lambda tx: _ids(tx, named))
        done = store.write_now(
            lambda tx: moving.move_over(
                tx, ids, BY_COMMAND, now, lot=lot, in_spite=in_spite, days=days
            )
        )
    if not json_:
        print(f"{len(done.moved)} sites in service")
    _say(done.left, json_=json_, moved=done.moved)
    if done.left:
        raise typer.Exit(1)


@commissioning.command("back")
def back(
    named: _Sites,
    reason: Annotated[str, typer.Option(help="Why.")],
    lot: _Lot = "",
    json_: AsJson = False,
) -> None:
    """Let the other system act for these sites again."""
    now = clock.now()
    with open_rows(settings_of_this_run()) as (store, _):
        ids = store.read_now(lambda tx: _ids(tx, named))
        moved = store.write_now(
            lambda tx: moving.move_back(tx, ids, BY_COMMAND, now, reason=reason, lot=lot)
        )
    print(json.dumps({"moved": moved}) if json_ else f"{len(moved)} sites in shadow again")


def _ids(tx: Tx, named: list[str]) -> list[str]:
    """Site ids of what was named by id or account; what is neither stays, and is refused."""
    of_accounts = sites.site_of_accounts(tx, named)
    return [one if sites.get(tx, one) else of_accounts.get(one, one) for one in named]


def _say(
    found: dict[str, list[Finding]], *, json_: bool, moved: tuple[str, ...] | None = None
) -> None:
    if json_:
        left = {
            site: [{"check": one.check.value, "about": one.about} for one in against]
            for site, against in found.items()
        }
        done = {} if moved is None else {"moved": moved}
        print(json.dumps({**done, "sites": left}, ensure_ascii=False))
        return
    for site, against in found.items():
        said = [f"{one.check.value} ({', '.join(one.about)})" for one in against]
        print(f"{site}: {'; '.join(said) if said else 'ready'}")
