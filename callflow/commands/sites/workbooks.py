"""``sites import`` and ``export`` of whole stations: workbooks, CSV, other systems' tables."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

import typer
import yaml

from callflow import clock
from callflow.commands.base import AsJson, console, group, open_rows
from callflow.commands.role import settings_of_this_run
from callflow.core.sites.files import tables
from callflow.core.sites.files.columns import of
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.mapping import Mapping
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.transfer import mappings, reports, workbook
from callflow.handling.transfer.arrivals import Arrival
from callflow.handling.transfer.writing import By, Outcome
from callflow.storage import Store
from callflow.storage.sites import mappings as mapping_rows

_BY = "cli"
#: Said one by one; the others are counted, and all are in the report.
_MOST_SAID = 50

mapping = group("How another system's columns are ours.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """How a file is to be taken. ``valid``: what is right goes in, though something is refused."""

    dry: bool
    remove: bool
    valid: bool
    mapping: str
    report: Path | None
    language: str
    json: bool


def holds_whole(path: Path) -> bool:
    """True of what only this module reads: a folder, a ZIP, a workbook with our sheets."""
    if path.is_dir():
        return True
    with path.open("rb") as file:
        return tables.holds_whole(file)


def take(path: Path, wanted: Wanted) -> bool:
    """Try the file and write it; say what became of it. Whether nothing was refused."""
    return tell(_taken(path, wanted), wanted)


def tell(outcome: Outcome, wanted: Wanted) -> bool:
    """Say what became of it, and write the report. Whether nothing was refused."""
    translate = _translation(wanted.language)
    if wanted.report is not None:
        write_whole(
            wanted.report,
            reports.to_csv(outcome.faults, outcome.notes, wanted.language, translate),
        )
    if wanted.json:
        print(json.dumps(_to_json(outcome, wanted.language, translate), ensure_ascii=False))
    else:
        _say(outcome, wanted, translate)
    return not outcome.faults


def _taken(path: Path, wanted: Wanted) -> Outcome:
    by = By(who=_BY, name=path.name, sha256=_digest(path), because=path.name)
    with open_rows(settings_of_this_run()) as (store, vault), contextlib.ExitStack() as files:
        arrival = Arrival(
            _content(path, files),
            by,
            read=store.read_now,
            write=store.write_now,
            vault=vault,
            now=clock.now,
            mapping=_mapping(store, wanted.mapping) if wanted.mapping else None,
            remove=wanted.remove,
        )
        files.callback(arrival.close)
        return tried_and_written(arrival.go, wanted)


def tried_and_written(go: Callable[..., Outcome], wanted: Wanted) -> Outcome:
    """All of it or, as it is ``wanted``, what is right; a dry run only tries."""
    if wanted.dry or not wanted.valid:
        outcome = go(dry=True)
        if wanted.dry or outcome.faults:
            return outcome
    return go(dry=False)


def _content(path: Path, files: contextlib.ExitStack) -> Iterator[tuple[str, IO[bytes]]]:
    parts = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    for part in parts:
        if part.is_symlink():
            continue  # a folder is what lies in it
        yield part.name, files.enter_context(part.open("rb"))


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    for part in sorted(path.glob("*.csv")) if path.is_dir() else [path]:
        with part.open("rb") as file:
            while piece := file.read(1 << 20):
                found.update(piece)
    return found.hexdigest()


def _mapping(store: Store, name: str) -> Mapping:
    """A file's, or one that is kept by this name."""
    path = Path(name)
    if path.suffix in (".json", ".yaml", ".yml") and path.is_file():
        return _read_mapping(path)
    try:
        return store.read_now(lambda tx: mappings.get(tx, name))
    except NotFound as error:
        raise typer.BadParameter(str(error)) from None


def _read_mapping(path: Path) -> Mapping:
    try:
        return mappings.read(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeError) as error:
        raise typer.BadParameter(f"{path} is no YAML: {error}") from None
    except BadField as error:
        raise typer.BadParameter(f"{path}: {error.message}") from None


# --- said -------------------------------------------------------------------------------------


def _say(outcome: Outcome, wanted: Wanted, translate: Callable[[str], str]) -> None:
    for faults, style in ((outcome.notes, "yellow"), (outcome.faults, "red")):
        for fault in faults[:_MOST_SAID]:
            said = _where(fault, wanted.language) + fault.said(wanted.language, translate)
            console.print(said, style=style, markup=False)
        if len(faults) > _MOST_SAID:
            rest = f"{len(faults) - _MOST_SAID} more: --report FILE.csv has all of them"
            console.print(rest, style=style, markup=False)
    counts = (
        f"sites: {outcome.created} created, {outcome.changed} changed,"
        f" {outcome.same} as they were, {outcome.refused} refused"
    )
    people = ", ".join(f"{count} {what}" for what, count in outcome.contacts.items())
    console.print(f"{counts}; contacts: {people}", markup=False)
    if wanted.dry:
        console.print("a dry run: nothing was written")
    elif outcome.faults and not wanted.valid:
        console.print(f"{len(outcome.faults)} errors: nothing was written", style="red")


def _where(fault: Fault, language: str) -> str:
    row = f"{of(('ligne', 'row'), language)} {fault.row}" if fault.row else ""
    parts = list(filter(None, (fault.sheet, row, fault.head(language))))
    return f"{', '.join(parts)}: " if parts else ""


def _to_json(outcome: Outcome, language: str, translate: Callable[[str], str]) -> dict[str, Any]:
    def said(faults: Sequence[Fault]) -> list[dict[str, Any]]:
        return [
            {
                "sheet": each.sheet,
                "row": each.row,
                "column": each.head(language),
                "value": each.value,
                "site": each.site,
                "code": each.code,
                "said": each.said(language, translate),
            }
            for each in faults
        ]

    return {
        "rows": outcome.rows,
        "sites": {
            "created": outcome.created,
            "changed": outcome.changed,
            "same": outcome.same,
            "refused": outcome.refused,
        },
        "contacts": outcome.contacts,
        "errors": said(outcome.faults),
        "warnings": said(outcome.notes),
    }


def _translation(language: str) -> Callable[[str], str]:
    from web.kit import i18n  # noqa: PLC0415 -- no other command waits for it

    return i18n.catalogue(language).gettext


# --- given ------------------------------------------------------------------------------------


def give(path: Path, store: Store, ids: Sequence[str], language: str) -> None:
    """Write the sites whole: a workbook, a ZIP of CSV files, or a folder of them."""
    kind = path.suffix.removeprefix(".").lower()
    if kind in workbook.FORMATS:
        write_whole(path, workbook.pieces(store.read_now, ids, kind, language))
        return
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, pieces in workbook.files(store.read_now, ids, language):
        write_whole(path / name, pieces)


def write_whole(file: Path, pieces: Iterator[bytes]) -> None:
    """All of it or no file: it takes its name when it is whole."""
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as kept:
            part.chmod(0o600)  # names and numbers of people
            kept.writelines(pieces)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


# --- mappings ---------------------------------------------------------------------------------


@mapping.command("save")
def mapping_save(name: str, file: Path) -> None:
    """Keep the mapping in FILE (YAML or JSON) as NAME."""
    made = _read_mapping(file)
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            store.write_now(lambda tx: mappings.save(tx, name, made, _BY, clock.now()))
        except BadField as error:
            raise typer.BadParameter(str(error)) from None


@mapping.command("list")
def mapping_list(json_: AsJson = False) -> None:
    """Print those that are kept."""
    with open_rows(settings_of_this_run()) as (store, _):
        kept = store.read_now(mapping_rows.every)
    if json_:
        print(json.dumps({one.name: one.body for one in kept}, ensure_ascii=False))
    else:
        print("\n".join(f"{one.name}  ({one.changed_by})" for one in kept))


@mapping.command("show")
def mapping_show(name: str) -> None:
    """Print one as YAML, to be changed and saved again."""
    with open_rows(settings_of_this_run()) as (store, _):
        print(_yaml(_mapping(store, name)), end="")


@mapping.command("remove")
def mapping_remove(name: str) -> None:
    """Keep it no more."""
    with open_rows(settings_of_this_run()) as (store, _):
        try:
            store.write_now(lambda tx: mappings.remove(tx, name, _BY, clock.now()))
        except NotFound as error:
            raise typer.BadParameter(str(error)) from None


@mapping.command("suggest")
def mapping_suggest(
    file: Path, head: Annotated[int, typer.Option(help="The row with the columns' names.")] = 1
) -> None:
    """Print a mapping to fill in: every head of FILE, with our column where it is known."""
    with contextlib.ExitStack() as files:
        suggested = mappings.suggested(_content(file, files), head)
    print(_yaml(suggested), end="")


def _yaml(mapping: Mapping) -> str:
    text: str = yaml.safe_dump(mapping.to_json(), allow_unicode=True, sort_keys=False, width=100)
    return text
