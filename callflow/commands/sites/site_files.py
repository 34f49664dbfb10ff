"""``sites``: files of sites and contacts, CSV and XLSX."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from callflow import clock
from callflow.commands.base import AsJson, Language, console, group, open_rows
from callflow.commands.role import settings_of_this_run
from callflow.commands.sites import workbooks
from callflow.core.sites.files import reading
from callflow.core.sites.files.columns import COLUMNS, LANGUAGES, of
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.site import SiteState
from callflow.handling.sites.files import drafts, exports, imports, saving
from callflow.handling.sites.files.imports import Prepared
from callflow.handling.sites.files.saving import SitesChanged
from callflow.storage import Store, Tx
from callflow.vault import Vault

sites = group("Files of sites and contacts: CSV and XLSX.")

sites.add_typer(workbooks.mapping, name="mapping")
_BY = "cli"
#: Times that a file is compared anew because somebody changed a site meanwhile.
_TRIES = 3


@sites.command("export")
def sites_export(
    file: Annotated[
        Path, typer.Argument(help="Its name ends in .csv, .xlsx or .zip, or it is a folder's.")
    ],
    whole: Annotated[
        bool, typer.Option("--whole", help="Zones, hours, cameras…, firms and services too.")
    ] = False,
    search: Annotated[str, typer.Option(help="Only sites of this name, address, client…")] = "",
    state: Annotated[str, typer.Option(help=", ".join(SiteState))] = "",
    language: Language = "fr",
) -> None:
    """Write sites and contacts into FILE. Codes and passwords are never in it.

    A workbook of all that is said of sites is ``--whole``; so are a .zip, and a folder, of CSV
    files.
    """
    if file.suffix.lower() in ("", ".zip") or file.is_dir():
        whole = True
    kind = "csv" if whole and file.suffix.lower() != ".xlsx" else _kind(file, language)
    with open_rows(settings_of_this_run()) as (store, _):
        now = clock.now()
        ids = store.write_now(
            lambda tx: exports.export_begins(
                tx, text=search, state=state, format=kind, who=_BY, now=now
            )
        )
        if whole:
            workbooks.give(file, store, ids, language)
        else:
            workbooks.write_whole(file, exports.pieces(store.read_now, ids, kind, language))
    print(f"{len(ids)} sites")


@sites.command("template")
def sites_template(
    file: Annotated[Path, typer.Argument(help="Its name ends in .csv or .xlsx.")],
    language: Language = "fr",
) -> None:
    """Write a FILE to fill in, with an example; say what each column means."""
    workbooks.write_whole(file, exports.template(_kind(file, language), language))
    translate = _translation(language)
    for column in COLUMNS:
        console.print(f"{column.name(language)}: {translate(column.explained)}", markup=False)


def _kind(file: Path, language: str) -> str:
    if language not in LANGUAGES:
        raise typer.BadParameter(f"the language is one of {', '.join(LANGUAGES)}")
    kind = file.suffix.removeprefix(".").lower()
    if kind not in exports.FORMATS:
        raise typer.BadParameter(f"{file}: its name must end in .csv or .xlsx")
    return kind


@sites.command("import")
def sites_import(
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="What FILE does not name leaves the sites that it names."),
    ] = False,
    valid: Annotated[
        bool, typer.Option("--valid", help="Sites that are right go in, the others are listed.")
    ] = False,
    mapping: Annotated[
        str, typer.Option(help="Another system's columns: a mapping's name, or its file.")
    ] = "",
    report: Annotated[
        Path | None, typer.Option(help="All that is refused, row by row, as a CSV file.")
    ] = None,
    language: Language = "fr",
    json_: AsJson = False,
) -> None:
    """Write the sites and contacts in FILE, all or nothing; exit 1 where it has errors.

    FILE is CSV or XLSX; a workbook, a .zip or a folder of CSV files with all that is said of sites;
    or, by a mapping, what another system gave. It may be of any size.
    """
    held = None if valid or mapping or report else _held(file)
    if held is None:
        wanted = workbooks.Wanted(
            dry=dry_run,
            remove=remove,
            valid=valid,
            mapping=mapping,
            report=report,
            language=language,
            json=json_,
        )
        if not workbooks.take(file, wanted):
            raise typer.Exit(1)
        return
    sha256, table = held
    with open_rows(settings_of_this_run()) as (store, vault):
        done = _prepared(store, vault, table, sha256, remove)
        for left in reversed(range(_TRIES)):
            if done.faults or dry_run:
                break
            try:
                store.write_now(_writing(done, file.name, sha256))
                break
            except SitesChanged as error:
                if not left:
                    raise typer.BadParameter(f"nothing was written: {error}") from error
                done = _prepared(store, vault, table, sha256, remove)
    if json_:
        print(json.dumps(_to_json(done, language), ensure_ascii=False))
    else:
        _say(done, language, dry_run=dry_run)
    if done.faults:
        raise typer.Exit(1)


def _held(file: Path) -> tuple[str, reading.Table] | None:
    """(its hash, its rows) of one table of sites and contacts; None: it is of another kind, or too
    large to be held, and is taken row by row."""
    if workbooks.holds_whole(file) or file.stat().st_size > reading.MOST_BYTES:
        return None
    data = file.read_bytes()
    table = reading.read(data)
    if any(fault.code in ("too_many_rows", "too_large") for fault in table.faults):
        return None
    return hashlib.sha256(data).hexdigest(), table


def _prepared(
    store: Store, vault: Vault, table: reading.Table, sha256: str, remove: bool
) -> Prepared:
    known = store.read_now(drafts.known)
    return imports.prepare(table, known, vault, clock.now(), file=sha256, remove=remove)


def _writing(done: Prepared, name: str, sha256: str) -> Callable[[Tx], None]:
    now = clock.now()
    return partial(
        saving.write,
        done=saving.ready(done, name=name, sha256=sha256, who=_BY, now=now),
    )


def _to_json(done: Prepared, language: str) -> dict[str, object]:
    def said(faults: Sequence[Fault]) -> list[dict[str, object]]:
        return [
            {"row": f.row, "column": f.head(language), "code": f.code, "said": _said(f, language)}
            for f in faults
        ]

    return {
        "rows": done.rows,
        "sites": {"created": done.created, "changed": done.changed, "same": done.sites_same},
        "contacts": done.contacts,
        "errors": said(done.faults),
        "warnings": said(done.notes),
    }


def _say(done: Prepared, language: str, *, dry_run: bool) -> None:
    for faults, style in ((done.notes, "yellow"), (done.faults, "red")):
        for fault in faults:
            where = f"{_where(fault, language)}{_said(fault, language)}"
            console.print(where, style=style, markup=False)
    counts = (
        f"sites: {done.created} created, {done.changed} changed, {done.sites_same} as they were"
    )
    people = ", ".join(f"{count} {what}" for what, count in done.contacts.items())
    console.print(f"{counts}; contacts: {people}", markup=False)
    if done.faults:
        console.print(f"{len(done.faults)} errors: nothing was written", style="red")
    elif dry_run:
        console.print("a dry run: nothing was written")


def _said(fault: Fault, language: str) -> str:
    return fault.said(language, _translation(language))


def _translation(language: str) -> Callable[[str], str]:
    from web.kit import i18n  # noqa: PLC0415 -- no other command waits for it

    return i18n.catalogue(language).gettext


def _where(fault: Fault, language: str) -> str:
    """Where a fault is, before its words."""
    row = f"{of(('ligne', 'row'), language)} {fault.row}, " if fault.row else ""
    column = fault.head(language)
    return f"{row}{column}: " if column else row
