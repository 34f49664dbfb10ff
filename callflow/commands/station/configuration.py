"""``configuration``: everything that is set up, as text files."""

import getpass
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from callflow import clock
from callflow.commands.base import AsJson, Language, group, open_rows, settings_of_this_run
from callflow.commands.sites import workbooks
from callflow.handling.station import configuration as station_configuration
from callflow.handling.transfer import departure
from callflow.handling.transfer.configuration import Reading
from callflow.handling.transfer.writing import By

configuration = group("Everything that is set up.")
#: Bytes of one file that is read.
_MOST = 20_000_000


@configuration.command("write")
def configuration_write(
    folder: Path,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything", help="Logbook, signals, alarms, calls, recordings' index as well."
        ),
    ] = False,
) -> None:
    """Write it into FOLDER as text files, for review; those of sites and plans that are no more go.

    Kept under version control, they show who changed what from one day to the next. With
    --everything FOLDER holds all that the station knows, in open formats.
    """
    who, written = f"{getpass.getuser()} (shell)", set()
    with open_rows(settings_of_this_run()) as (store, _):
        for name, text in store.read_now(lambda tx: list(station_configuration.configuration(tx))):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.add(file)
        store.write_now(lambda tx: station_configuration.taken(tx, who, clock.now()))
        if everything:
            folder.chmod(0o700)  # names and numbers of people
            for name, pieces in departure.files(store.read_now):
                file = folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                workbooks.write_whole(file, pieces)
                written.add(file)
    for part in ("sites", "plans"):
        for file in (folder / part).glob("*.yaml"):
            if file not in written:
                file.unlink()
    typer.echo(f"{len(written)} files in {folder}")


@configuration.command("read")
def configuration_read(
    folder: Annotated[Path, typer.Argument(help="As `write` made it, or the page's ZIP file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    valid: Annotated[
        bool, typer.Option("--valid", help="What is right goes in, the rest is listed.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="All that is refused, as a CSV file.")] = None,
    language: Language = "fr",
    json_: AsJson = False,
) -> None:
    """Take what `configuration write` gave, all or nothing; exit 1 where something is refused.

    Secrets are not in it: which have to be given anew is said.
    """
    wanted = workbooks.Wanted(
        dry=dry_run,
        remove=False,
        valid=valid,
        mapping="",
        report=report,
        language=language,
        json=json_,
    )
    by = By(
        who=f"{getpass.getuser()} (shell)", name=folder.name, because=f"configuration {folder.name}"
    )
    files = _Folder(folder) if folder.is_dir() else _Zip(folder)
    with open_rows(settings_of_this_run()) as (store, vault):
        reading = Reading(
            files, by, read=store.read_now, write=store.write_now, vault=vault, now=clock.now
        )
        outcome = workbooks.tried_and_written(reading.go, wanted)
    if not workbooks.tell(outcome, wanted):
        raise typer.Exit(1)


class _Folder:
    """A folder's files; a link leads out of it, and is none of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        parts = [folder, folder / "sites", folder / "plans"]
        found = [file for part in parts for file in sorted(part.glob("*.yaml"))]
        self._names = [
            str(file.relative_to(folder))
            for file in found
            if file.is_file() and not (file.is_symlink() or file.parent.is_symlink())
        ]

    def names(self) -> Sequence[str]:
        return self._names

    def text(self, name: str) -> str:
        file = self._folder / name
        if file.stat().st_size > _MOST:
            raise ValueError(f"is larger than {_MOST // 1_000_000} MB")
        return file.read_text(encoding="utf-8")


class _Zip:
    """The files in a ZIP file. Raises BadParameter where it is none."""

    def __init__(self, file: Path) -> None:
        try:
            self._parts = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise typer.BadParameter(f"{file} is neither a folder nor a ZIP file") from None

    def names(self) -> Sequence[str]:
        return [name for name in self._parts.namelist() if name.endswith(".yaml")]

    def text(self, name: str) -> str:
        if self._parts.getinfo(name).file_size > _MOST:
            raise ValueError(f"is larger than {_MOST // 1_000_000} MB")
        return self._parts.read(name).decode("utf-8")
