"""``backup``, ``backup drill``, ``restore``: the station in another place, and that it works."""

import contextlib
import json
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from callflow import clock, niceness
from callflow.backup import making, place, restoring
from callflow.commands.base import AsJson, open_rows, settings_of_this_run
from callflow.commands.records.logbook import wrong
from callflow.core.station.backups import Manifest, Unusable, What
from callflow.handling.station import backups as runs
from callflow.handling.station import own_keys, restored
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable
from callflow.storage.engine import copies
from callflow.storage.engine.upgrade import upgrade
from callflow.vault import Vault

#: The word that makes ``backup`` a drill; a folder of that name is ./drill.
_DRILL = "drill"
_LONGEST_PASSPHRASE = 4096  # bytes of its file

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help="Its first line is the passphrase; else CALLFLOW_BACKUP_PASSPHRASE_FILE's, else it is"
        " asked for."
    ),
]


def backup(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[drill] [FOLDER]", help="Where backups lie; else CALLFLOW_BACKUP_FOLDER."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    keep: Annotated[int | None, typer.Option(min=1, help="The newest so many stay.")] = None,
    full: Annotated[
        bool, typer.Option(help="Copy every file, link none to the backup before.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Back the station up while it works; `backup drill` restores the newest one aside and verifies
    it.

    Rows of one moment, recordings, images, documents; keys and configuration behind a passphrase.
    """
    settings = settings_of_this_run()
    niceness.go_last()
    drill, folder = _asked(words or [], settings)
    passphrase = _passphrase(passphrase_file or settings.backup_passphrase_file)
    with open_rows(settings) as (store, vault):
        if drill:
            told = _told_drill(settings, store, folder, passphrase)
        else:
            most = keep or settings.backup_keep
            told = _told_backup(settings, store, vault, folder, passphrase, keep=most, full=full)
    print(
        json.dumps(told) if json_ else "\n".join(f"{name}: {value}" for name, value in told.items())
    )


def _asked(words: list[str], settings: Settings) -> tuple[bool, Path]:
    drill = words[:1] == [_DRILL]
    named = words[1:] if drill else words
    if len(named) > 1:
        raise typer.BadParameter("one folder at a time")
    folder = Path(named[0]) if named else settings.backup_folder
    if folder is None:
        raise typer.BadParameter("name a folder, or set CALLFLOW_BACKUP_FOLDER")
    return drill, folder


def _passphrase(file: Path | None) -> str:
    """From a file that only its owner reads, or typed; never from the command line, which every
    user of the host may see. Raises Unusable."""
    if file is None:
        if not sys.stdin.isatty():
            raise Unusable("no passphrase: name its file with --passphrase-file")
        return str(typer.prompt("Passphrase", hide_input=True))
    with file.open("rb") as opened:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise Unusable(f"others of this host may read {file}: chmod 0600 it")
        lines = opened.read(_LONGEST_PASSPHRASE).decode(errors="replace").splitlines()
    if not lines or not lines[0]:
        raise Unusable(f"{file} is empty: its first line is the passphrase")
    return lines[0]


def _told_backup(
    settings: Settings,
    store: Store,
    vault: Vault,
    folder: Path,
    passphrase: str,
    *,
    keep: int,
    full: bool,
) -> dict[str, Any]:
    with _run(store, What.BACKUP, folder) as run:
        made = making.make(settings, vault, folder, passphrase, keep=keep, full=full)
        run.append(made.manifest)
    told = {"folder": str(made.folder), **_told(made.manifest)}
    return told | {"copied": made.copied, "dropped": list(made.dropped)}


def _told_drill(settings: Settings, store: Store, folder: Path, passphrase: str) -> dict[str, Any]:
    with _run(store, What.DRILL, folder) as run:
        manifest = _drill(settings, folder, passphrase)
        run.append(manifest)
    return {"backup": manifest.name, **_told(manifest), "logbook": "whole"}


def _told(manifest: Manifest) -> dict[str, Any]:
    return {
        "made_at": clock.to_iso(manifest.made_at),
        "bytes": manifest.size,
        "files": len(manifest.files),
        **{f"rows_{name}": count for name, count in manifest.rows.items()},
    }


@contextlib.contextmanager
def _run(store: Store, what: What, folder: Path) -> Iterator[list[Manifest]]:
    """A backup or a drill in rows: begun, then of the manifest put in the list, or failed."""
    now = clock.now()
    run = store.write_now(lambda tx: runs.begin(tx, what, str(folder), now))
    made: list[Manifest] = []
    try:
        yield made
    except (Unusable, StoreUnavailable, OSError) as failed:
        over = replace(run, problem=str(failed))
        store.write_now(lambda tx: runs.end(tx, over, clock.now()))
        raise
    (of,) = made
    over = replace(run, made_at=of.made_at, size=of.size, files=len(of.files))
    store.write_now(lambda tx: runs.end(tx, over, clock.now()))


def _drill(settings: Settings, folder: Path, passphrase: str) -> Manifest:
    """The newest backup, restored beside the others and verified; nothing of that stays.

    Raises Unusable where it is not whole.
    """
    with place.work_in(folder, settings) as there:
        newest = place.newest(there)
        aside = there / f"{place.UNFINISHED}drill"
        aside.mkdir(mode=0o700)
        try:
            with copies.temporary(settings.database, aside / "station") as url:
                elsewhere = settings.model_copy(
                    update={
                        "data_dir": aside / "station",
                        "database_url": url,
                        "logbook_anchor": None,
                        "logbook_anchor_copies": (),
                        "post_folder": None,
                    }
                )
                manifest = restoring.restore(elsewhere, newest, passphrase, hold, link=True)
                _verify(elsewhere)
        finally:
            shutil.rmtree(aside)
    return manifest


def _verify(settings: Settings) -> None:
    if fault := copies.fault(settings.database):
        raise Unusable(f"the backup's database is broken: {fault}")
    with open_rows(settings) as (store, _):
        faults, _ = wrong(settings, store)
    if faults:
        raise Unusable(
            f"what was restored is not whole: {len(faults)} faults, the first: {faults[0]}"
        )


def restore(
    folder: Annotated[
        Path, typer.Argument(help="Where backups lie (the newest is taken), or one of them.")
    ],
    passphrase_file: PassphraseFile = None,
    json_: AsJson = False,
) -> None:
    """Make a station of a backup in an empty CALLFLOW_DATA_DIR. It is held: nothing leaves.

    `callflow release`, or an administrator's page, lets it act.
    """
    settings = settings_of_this_run()
    passphrase = _passphrase(passphrase_file or settings.backup_passphrase_file)
    made = restoring.restore(settings, folder, passphrase, hold)
    if json_:
        told = {"made_at": clock.to_iso(made.made_at), "held": True, "rows": dict(made.rows)}
        print(json.dumps({**told, "files": len(made.files), "version": made.version}))
        return
    print(
        f"restored: the station as it was at {clock.to_iso(made.made_at)}, in {settings.data_dir}"
    )
    print(f"its configuration lies in {settings.data_dir / restoring.BESIDE}")
    print("it is held: no call and no message leaves until `callflow release`")


def hold(settings: Settings, vault: Vault, manifest: Manifest) -> None:
    """This version's tables, and nothing leaves. Raises Unusable."""
    upgrade(settings.database)
    store = Store(settings.database, mac=vault.seal)
    try:
        if not own_keys.belong(store, vault):
            raise Unusable("the database is not the keys' own")
        store.write_now(lambda tx: restored.hold(tx, manifest.made_at, clock.now()))
    finally:
        store.close()
