"""A backup becomes a station in an empty place. It is held: nothing of it leaves.

Until all of it is there the place says that it is not (``UNFINISHED``), and is no station.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from callflow.backup import copying, making, place, strongbox
from callflow.core.station import backups
from callflow.core.station.backups import Kept, Manifest, Unusable
from callflow.settings.config import Settings
from callflow.storage.engine import copies
from callflow.storage.engine.snapshot import on_disk
from callflow.storage.engine.upgrade import is_between, known, scripts
from callflow.vault import KEYS, UNFINISHED, Vault

#: Where the configuration is laid: it may be another machine's, and counts where a person says so.
BESIDE = "restored"
_BESIDE = frozenset({"callflow.toml", "tls/certificate.pem", "tls/key.pem", "environment"})


def restore(
    settings: Settings,
    folder: Path,
    passphrase: str,
    hold: Callable[[Settings, Vault, Manifest], None],
    *,
    link: bool = False,
) -> Manifest:
    """Make the newest backup in ``folder`` (or it itself) the station of ``settings``.

    ``hold`` brings its rows to this version and holds it. ``link``: its files are the backup's own
    (a drill's, which only reads them). Raises Unusable, StoreUnavailable, OSError; the place is
    empty again then.
    """
    backup = place.newest(folder)
    secrets = copying.read(backup / backups.KEYS, strongbox.LONGEST)
    opened = strongbox.unlock(secrets, passphrase)
    _refuse_full(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.data_dir.chmod(0o700)
    unfinished = settings.data_dir / UNFINISHED
    try:
        copying.write(unfinished, b"a restore is under way, or was cut: empty this folder\n")
        vault = _write_secrets(settings, opened)
        manifest = making.vouched(backup, vault)
        _check(manifest, vault, settings)
        with copies.undone(settings.database):
            _fill(settings, backup, manifest, link=link)
            hold(settings, vault, manifest)
    except BaseException:
        _empty(settings.data_dir)
        raise
    unfinished.unlink()
    on_disk(settings.data_dir)
    return manifest


def _refuse_full(settings: Settings) -> None:
    folder = settings.data_dir
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Unusable(f"{folder} is no folder")
    if folder.exists() and any(folder.iterdir()):
        raise Unusable(
            f"{folder} is not empty: a backup is restored into an empty place only; name another"
            " CALLFLOW_DATA_DIR, or move away what is there"
        )
    if not copies.is_empty(settings.database):
        raise Unusable(
            "the database is not empty: a backup is restored into an empty one only; name another"
            " by CALLFLOW_DATABASE_URL or, where a restore into this one was cut, make it anew"
        )


def _write_secrets(settings: Settings, opened: dict[str, bytes]) -> Vault:
    """The keys where they belong, what else there is beside."""
    keys, beside = settings.data_dir / "keys", settings.data_dir / BESIDE
    for folder in (keys, beside):
        folder.mkdir(mode=0o700)
    for name in KEYS:
        content = opened.get(f"keys/{name}.key", b"")
        if not content:
            raise Unusable(f"the backup has no key {name!r}: its rows can't be read without")
        copying.write(keys / f"{name}.key", content)
    for name in _BESIDE & opened.keys():
        copying.write(beside / Path(name).name, opened[name])
    on_disk(keys)
    return Vault(keys)


def _check(manifest: Manifest, vault: Vault, settings: Settings) -> None:
    """Raises Unusable where this program can make no station of it."""
    if manifest.keys != vault.fingerprint:
        raise Unusable("the keys are not those of the backup's rows")
    engine = copies.engine_of(settings.database)
    if manifest.engine != engine:
        raise Unusable(
            f"the backup is of {manifest.engine}, CALLFLOW_DATABASE_URL names {engine}: restore it"
            " into the same kind of database"
        )
    if (schema := manifest.revision) not in known(scripts()):
        of = "one between two versions" if is_between(schema) else "of a newer version"
        raise Unusable(
            f"the backup is {of} ({manifest.version}, schema {schema}): install that version, then"
            " restore it"
        )


def _fill(settings: Settings, backup: Path, manifest: Manifest, *, link: bool) -> None:
    """The files, then the rows."""
    places = making.folders(settings)
    for kept in manifest.files:
        top, _, rest = kept.path.partition("/")
        target = places[top] / rest if rest else settings.logbook_anchor_file
        if not rest and target.exists():  # kept outside the data folder: it knows later seals
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _bring(backup / backups.FILES / kept.path, target, kept, link=link)
    database = backup / backups.DATABASE
    if copying.measured(database, backups.DATABASE).sha256 != manifest.database.sha256:
        raise _changed(backups.DATABASE)
    copies.fill(settings.database, database)
    if copies.count(settings.database).rows != manifest.rows:
        raise _changed(backups.DATABASE)


def _bring(source: Path, target: Path, kept: Kept, *, link: bool) -> None:
    """One file, which must be what the manifest says."""
    try:
        if link:
            found = copying.measured(source, kept.path)
            target.hardlink_to(source)
        else:
            found = copying.copy(source, target, kept.path)
    except FileNotFoundError:
        raise Unusable(f"the backup is not whole: {kept.path} is missing") from None
    except OSError as error:
        raise Unusable(f"{kept.path} can't be restored: {error.strerror or error}") from None
    if (found.size, found.sha256) != (kept.size, kept.sha256):
        raise _changed(kept.path)


def _changed(path: str) -> Unusable:
    return Unusable(
        f"the backup is not as it was made: {path} was changed; restore an earlier one, and make"
        " the next with --full"
    )


def _empty(folder: Path) -> None:
    """As it was before."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
