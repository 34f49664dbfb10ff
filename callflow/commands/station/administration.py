"""``db``, ``user``, ``token``, ``site``: what an administrator keeps."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from callflow import clock, private
from callflow.commands.base import (
    AsJson,
    bring_up_to_date,
    group,
    open_rows,
    read_json,
    settings_of_this_run,
    snapshots_of,
)
from callflow.commands.station.station import alone
from callflow.core.people.users import password_fault
from callflow.handling.base import refusals
from callflow.handling.base.fields import BadField
from callflow.handling.calls import phones
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.storage import Store, Tx
from callflow.storage.engine import rollback
from web.access import users

db = group("The database.")
user = group("People who log in.")
token = group("Tokens of programs.")
site = group("Sites.")
phone = group("Telephones on desks.")


@db.command("upgrade")
def db_upgrade(
    without_copy: Annotated[
        bool, typer.Option("--without-copy", help="Make no copy of the database before.")
    ] = False,
) -> None:
    """Bring the database to this version, after a copy of it was made."""
    settings = settings_of_this_run()
    private.close(settings.data_dir)
    bring_up_to_date(settings, copied=not without_copy)


@db.command("rollback")
def db_rollback(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Go back to the copy that was made before the last upgrade, without what came since."""
    settings = settings_of_this_run()
    with alone(settings):
        if not yes:
            typer.confirm("What came since the upgrade will be missing. Go back?", abort=True)
        done = rollback.roll_back(settings.database, snapshots_of(settings), clock.now())
    typer.echo(f"the database is {done.to} again; what it was is kept in {done.kept}")
    typer.echo("the station comes up held, nothing leaves: `callflow release` lets it act")


Role = Annotated[str, typer.Option(help=", ".join(users.PEOPLE))]


@user.command("add")
def user_add(
    name: str,
    role: Role,
    password_stdin: Annotated[bool, typer.Option("--password-stdin")] = False,
    language: str = "fr",
    shown_name: Annotated[str, typer.Option(help="What pages call them; empty: NAME.")] = "",
) -> None:
    """Add a person who logs in."""
    settings = settings_of_this_run()
    wanted = _role(role)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not password.strip():
        raise typer.BadParameter("the password is empty")
    if fault := password_fault(password, name):
        # Whoever has a shell here could write the row: said, not refused.
        typer.echo(f"warning: {fault}; let {name} change it on the page /account", err=True)
    bring_up_to_date(settings)
    kept, now = users.hash_password(password), clock.now()
    with open_rows(settings) as (store, _):
        try:
            store.write_now(
                lambda tx: users.create_user(
                    tx, name, wanted, kept, now, language=language, shown_name=shown_name.strip()
                )
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error


@token.command("create")
def token_create(
    role: Annotated[str, typer.Option(help=", ".join(users.Role))],
    name: str = "cli",
    account: Annotated[
        list[str] | None,
        typer.Option(help="An account that a panel's token speaks for; again for each."),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Make a token for a program; it is shown this once."""
    if role == users.Role.PANEL and not account:
        raise typer.BadParameter(
            "name the accounts that it speaks for: --account 1001, again for each",
            param_hint="--account",
        )
    settings = settings_of_this_run()
    bring_up_to_date(settings)
    with open_rows(settings) as (store, _):
        secret = new_token(store, role, name, account or ())
    print(json.dumps({"token": secret}) if json_ else secret)


def new_token(store: Store, role: str, name: str, speaks_for: Sequence[str] = ()) -> str:
    """A token for a program of this role; only its hash is kept. Raises BadParameter."""
    wanted = _role(role)
    now = clock.now()
    try:
        return store.write_now(
            lambda tx: users.create_token(tx, wanted, name, now, accounts=speaks_for)
        )
    except refusals.Refused as error:
        raise typer.BadParameter(str(error)) from error


def _role(name: str) -> users.Role:
    """Raises BadParameter."""
    try:
        return users.Role(name)
    except ValueError:
        roles = ", ".join(users.Role)
        raise typer.BadParameter(f"there is no role {name!r}: {roles}") from None


@phone.command("add")
def phone_add(name: str, json_: AsJson = False) -> None:
    """Give NAME a SIP phone on their desk: what it must be set up with, shown this once.

    An earlier one of theirs ends.
    """
    settings = settings_of_this_run()
    with open_rows(settings) as (store, vault):
        now = clock.now()
        try:
            server = phones.server(settings)
            given = store.write_now(lambda tx: phones.desk_phone(tx, vault, name, now))
        except (refusals.NotFound, refusals.Refused) as error:
            raise typer.BadParameter(str(error)) from error
    shown = {
        "server": f"{server.host}:{server.port}",
        "transport": "TLS, SRTP (SDES)" if server.secure else "UDP",
        "user": given.name,
        "password": given.secret,
    }
    print(json.dumps(shown) if json_ else "\n".join(f"{k}: {v}" for k, v in shown.items()))


@site.command("export")
def site_export(site_id: str) -> None:
    """Print a site as the API shows it."""
    with open_rows(settings_of_this_run()) as (store, _):
        found = store.read_now(lambda tx: sites.get_site(tx, site_id))
    if found is None:
        raise typer.BadParameter(f"there is no site {site_id!r}")
    print(json.dumps(found.document(), ensure_ascii=False, indent=2))


@site.command("import")
def site_import(file: Path) -> None:
    """Write sites (a JSON object with an id, or a list of them), all or nothing."""
    found = read_json(file)
    bodies = found if isinstance(found, list) else [found]
    for place, body in enumerate(bodies):
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise typer.BadParameter(f"nothing was written: site {place} is no object with an id")
    with open_rows(settings_of_this_run()) as (store, vault):
        now = clock.now()

        def write(tx: Tx) -> None:
            for body in bodies:
                sites.put_site(tx, vault, body["id"], Site.read(body), "cli", now)

        try:
            store.write_now(write)
        except BadField as error:
            raise typer.BadParameter(f"nothing was written: {error}") from error
