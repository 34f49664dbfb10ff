"""``evidence``: an alarm's evidence file, the key that it is signed with, its verification."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from callflow import clock
from callflow.commands.base import AsJson, console, group, open_rows, settings_of_this_run
from callflow.core.records.disclosure import Asked, Include
from callflow.core.records.masking import Requester, Third
from callflow.disclosure import making, reporting
from callflow.disclosure import verify as small_program
from callflow.disclosure.archive import TooLarge
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.records import disclosures
from callflow.texts.station.access import BY_COMMAND

evidence = group("Evidence files of alarms, for police, prefect, insurer or court.")


@evidence.command("make")
def make(
    incident: Annotated[str, typer.Argument(help="The alarm's id.")],
    file: Annotated[Path, typer.Argument(help="The ZIP file to write; it must not exist.")],
    requester: Annotated[Requester, typer.Option("--for", help="Who asks.")],
    name: Annotated[str, typer.Option(help="The service or firm, and who there.")],
    reason: Annotated[str, typer.Option(help="Why, and the legal ground.")],
    reference: Annotated[str, typer.Option(help="The requisition, letter or claim.")],
    recordings: Annotated[Include, typer.Option(help="Which go in.")] = Include.RULE,
    images: Annotated[Include, typer.Option(help="Which go in.")] = Include.RULE,
    show: Annotated[
        list[Third] | None, typer.Option(help="Whose data is shown beyond the rule.")
    ] = None,
    mask: Annotated[list[str] | None, typer.Option(help="A name or word to mask as well.")] = None,
    json_: AsJson = False,
) -> None:
    """Write down who asks, and make the file."""
    settings = settings_of_this_run()
    asked = Asked(
        requester=requester,
        name=name,
        reason=reason,
        reference=reference,
        recordings=recordings,
        images=images,
        also=tuple(show or ()),
        words=tuple(mask or ()),
    )
    with open_rows(settings) as (store, vault), file.open("x+b") as out:
        now = clock.now()
        try:
            file.chmod(0o600)
            written = store.write_now(
                lambda tx: disclosures.ask(tx, incident, asked, BY_COMMAND, now)
            )
            ours = making.own_numbers(settings)
            collected = store.read_now(lambda tx: disclosures.collect(tx, written.id, ours))
            told = store.read_now(lambda tx: reporting.read(tx, incident))
            report = asyncio.run(reporting.report_of(told, collected, settings.images_dir))
            stamps = store.read_now(load_policy).withheld is None
            workshop = making.workshop(settings, vault, stamps=stamps)
            with Progress(console=console, transient=True) as progress:
                task = progress.add_task("evidence")

                def tick(done: int, total: int) -> None:
                    progress.update(task, completed=done, total=total)

                made = making.make(collected, workshop, out, now, tick, report)
        except (Refused, TooLarge) as refused:
            file.unlink()
            raise OSError(str(refused) or "more than four gigabytes: leave images out") from None
        store.write_now(
            lambda tx: disclosures.made(tx, written, BY_COMMAND, clock.now(), **made.told)
        )
    if json_:
        print(json.dumps({"disclosure": written.id, **asdict(made)}))
        return
    print(f"{file}: {made.size} bytes, SHA-256 {made.sha256}")
    print(f"{made.masked} entries masked, {made.left_out} recordings or images left out")
    for fault in made.faults:
        print(f"the station's own logbook is not whole: {fault}")
    raise typer.Exit(1 if made.faults else 0)


@evidence.command("key")
def key(json_: AsJson = False) -> None:
    """Print the public key that evidence files are signed with, and its fingerprint."""
    with open_rows(settings_of_this_run()) as (_, vault):
        public = vault.public_key
    told = {"algorithm": "Ed25519", "key": public.hex()}
    told["fingerprint"] = small_program.fingerprint(public)
    print(json.dumps(told) if json_ else "\n".join(told.values()))


@evidence.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="The ZIP file, or the folder it was unpacked to.")],
    key: Annotated[str, typer.Option(help="Another station's key, or its fingerprint.")] = "",
) -> None:
    """Verify a file as its own verify.py does, by this station's key."""
    if not key:
        with open_rows(settings_of_this_run()) as (_, vault):
            key = vault.public_key.hex()
    raise typer.Exit(small_program.main([str(file), "--key", key, "--lang", "en"]))
