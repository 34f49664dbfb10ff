"""``webhooks``: programs that are told of every event."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from callflow import clock
from callflow.commands.base import AsJson, group, open_rows, settings_of_this_run
from callflow.core.time.instants import from_iso, to_iso
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.messages import subscriptions
from callflow.handling.messages.subscriptions import Wanted
from callflow.storage import Store, Tx
from callflow.storage.messages import subscriptions as rows
from callflow.texts.station.access import BY_COMMAND
from callflow.vault import Vault

webhooks = group("Programs that are told of every event.")

_Name = Annotated[str, typer.Argument(help="The program's name.")]


@webhooks.command("list")
def webhooks_list(json_: AsJson = False) -> None:
    """Who is told, and how that goes."""
    with open_rows(settings_of_this_run()) as (store, _):
        found, waiting = store.read_now(lambda tx: (rows.every(tx), rows.waiting(tx)))
    told = [
        {
            "name": one.name,
            "host": one.host,
            "state": one.state.value,
            "delivered_at": to_iso(one.delivered_at) if one.delivered_at else None,
            "waiting": waiting.get(one.id, 0),
            "last_error": one.last_error,
        }
        for one in found
    ]
    if json_:
        print(json.dumps(told, ensure_ascii=False))
        return
    for line in told:
        print("  ".join(str(value or "-") for value in line.values()))


@webhooks.command("add")
def webhooks_add(
    name: _Name,
    url: str,
    kind: Annotated[
        list[str] | None, typer.Option(help="A kind of entry, or a family such as alarms.*")
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="A site; again for each.")] = None,
    inside: Annotated[bool, typer.Option(help="Nobody of a site sees what it is told.")] = False,
    json_: AsJson = False,
) -> None:
    """Tell a program of what happens from now on; its secret is shown this once."""
    wanted = Wanted(
        name=name, url=url, kinds=tuple(kind or ()), sites=tuple(site or ()), inside=inside
    )
    now = clock.now()
    with open_rows(settings_of_this_run()) as (store, vault):
        secret = _done(store, lambda tx: _add(tx, vault, wanted, now))
    print(json.dumps({"secret": secret}) if json_ else secret)


@webhooks.command("pause")
def webhooks_pause(name: _Name) -> None:
    """Send nothing until it is resumed; nothing is lost."""
    _act(name, subscriptions.pause)


@webhooks.command("resume")
def webhooks_resume(name: _Name) -> None:
    """Send again, from where it stopped."""
    _act(name, subscriptions.resume)


@webhooks.command("remove")
def webhooks_remove(name: _Name) -> None:
    """Tell it no more."""
    _act(name, subscriptions.remove)


@webhooks.command("replay")
def webhooks_replay(
    name: _Name,
    since: Annotated[str, typer.Option(help="ISO 8601, such as 2026-11-30T08:00Z.")] = "",
    entry: Annotated[str, typer.Option(help="Or the id of an entry of the logbook.")] = "",
) -> None:
    """Send again what happened since then, under the ids that it had."""
    if bool(since) == bool(entry):
        raise typer.BadParameter("give one of --since and --entry")
    try:
        point: datetime | str = from_iso(since) if since else entry
    except ValueError:
        raise typer.BadParameter(f"{since} is no instant: 2026-11-30T08:00Z") from None

    def again(tx: Tx, subscription: str, by: str, now: datetime) -> None:
        subscriptions.replay(tx, subscription, point, by, now)

    _act(name, again)


def _add(tx: Tx, vault: Vault, wanted: Wanted, now: datetime) -> str:
    return subscriptions.subscribe(tx, vault, wanted, BY_COMMAND, now)[1]


def _act(name: str, act: Any) -> None:
    now = clock.now()

    def run(tx: Tx) -> None:
        found = rows.named(tx, name)
        if found is None:
            raise Refused("there is no such subscription", name)
        act(tx, found.id, BY_COMMAND, now)

    with open_rows(settings_of_this_run()) as (store, _):
        _done(store, run)


def _done(store: Store, run: Any) -> Any:
    """What ``run`` gives. Raises BadParameter where it is refused."""
    try:
        return store.write_now(run)
    except (Refused, BadField) as error:
        raise typer.BadParameter(str(error)) from error
