"""A backup is made while the station works: rows of one moment, and every file that they tell of.

Order is what makes it whole: the seals that are kept outside the database first (those are in it by
then), the files that there are, the rows, then the files that came meanwhile. A file that rows tell
of was there before them, and none that is copied can be lost. It gets its name last.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callflow import __version__, clock
from callflow.backup import copying, place, strongbox
from callflow.core.station import backups
from callflow.core.station.backups import Kept, Manifest, Unusable
from callflow.settings.config import Settings
from callflow.storage.engine import copies
from callflow.storage.engine.snapshot import on_disk
from callflow.vault import KEYS, Vault


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A backup that was made. ``copied``: files that no backup before had; ``dropped``: older ones
    that went for it."""

    folder: Path
    manifest: Manifest
    copied: int
    dropped: tuple[str, ...]


def make(
    settings: Settings, vault: Vault, folder: Path, passphrase: str, *, keep: int, full: bool
) -> Made:
    """One more backup in ``folder``, which keeps the newest ``keep``.

    A file that is as the backup before has it is linked to that one, unless ``full``. Raises
    Unusable, StoreUnavailable, OSError; nothing is left of it then.
    """
    with place.work_in(folder, settings) as there:
        before = None if full else _before(there, vault)
        making = _Making(settings, vault, there, before)
        try:
            manifest = making.make(passphrase)
        except BaseException:
            making.forget()
            raise
        dropped = backups.beyond(place.whole(there), keep)
        for name in dropped:
            _drop(there, name)
    return Made(
        folder=there / manifest.name,
        manifest=manifest,
        copied=making.copied,
        dropped=tuple(dropped),
    )


def _drop(folder: Path, name: str) -> None:
    """It loses its name first: half of one is none."""
    gone = folder / f"{place.UNFINISHED}{name}"
    (folder / name).rename(gone)
    on_disk(folder)
    shutil.rmtree(gone)


@dataclass(frozen=True, slots=True)
class _Before:
    folder: Path
    files: dict[str, Kept]


def _before(folder: Path, vault: Vault) -> _Before | None:
    """The newest of this station's: what is linked to must be what its manifest says."""
    for name in reversed(place.whole(folder)):
        with contextlib.suppress(Unusable, OSError):
            found = folder / name
            manifest = vouched(found, vault)
            return _Before(found / backups.FILES, {one.path: one for one in manifest.files})
    return None


def vouched(backup: Path, vault: Vault) -> Manifest:
    """A backup's manifest, which the station's key vouches for. Raises Unusable, OSError."""
    text = copying.read(backup / backups.MANIFEST, backups.LONGEST)
    mac = copying.read(backup / backups.MAC, 200).decode("ascii", "replace").strip()
    try:
        content = text.decode()
    except UnicodeDecodeError:
        raise Unusable("the manifest is broken: it is no text") from None
    if not vault.vouches(backups.sealed_content(content), mac):
        raise Unusable(
            "the manifest was changed, or is another station's: the keys don't vouch for it"
        )
    return backups.read_manifest(content)


class _Making:
    """One backup, from its empty folder to its name."""

    def __init__(
        self, settings: Settings, vault: Vault, folder: Path, before: _Before | None
    ) -> None:
        self._settings, self._vault = settings, vault
        self._folder, self._before = folder, before
        self._making = folder / f"{place.UNFINISHED}{os.getpid()}"
        self._making.mkdir(mode=0o700)
        self._files: dict[str, Kept] = {}
        self._folders = {self._making}
        self.copied = 0

    def forget(self) -> None:
        """Nothing of it is left."""
        shutil.rmtree(self._making, ignore_errors=True)

    def make(self, passphrase: str) -> Manifest:
        """Raises Unusable, StoreUnavailable, OSError."""
        secrets = strongbox.lock(_secrets(self._settings), passphrase)  # refuses at once
        self._copy_new()
        made_at = clock.now()
        rows = copies.copy(self._settings.database, self._making / backups.DATABASE)
        self._copy_new()
        manifest = Manifest(
            made_at=made_at,
            version=__version__,
            revision=rows.revision,
            engine=copies.engine_of(self._settings.database),
            node=self._settings.node,
            keys=self._vault.fingerprint,
            database=copying.measured(self._making / backups.DATABASE, backups.DATABASE),
            secrets=copying.write(self._making / backups.KEYS, secrets),
            files=tuple(self._files.values()),
            rows=rows.rows,
        )
        text = manifest.to_text()
        copying.write(self._making / backups.MANIFEST, text.encode())
        mac = self._vault.seal(backups.sealed_content(text))
        copying.write(self._making / backups.MAC, f"{mac}\n".encode())
        for folder in self._folders:
            on_disk(folder)
        self._making.rename(self._folder / manifest.name)
        on_disk(self._folder)
        return manifest

    def _copy_new(self) -> None:
        """Every file that is not yet in it, or was written since."""
        for source, path in _files(self._settings):
            with contextlib.suppress(FileNotFoundError):  # its days are over
                self._copy(source, path)

    def _copy(self, source: Path, path: str) -> None:
        found, known = source.lstat(), self._files.get(path)
        if known is not None and _is_same(known, found):
            return
        target = self._making / backups.FILES / path
        target.unlink(missing_ok=True)
        self._make_folder(target.parent)
        if known is None and (linked := self._linked(path, found, target)) is not None:
            self._files[path] = linked
            return
        self._files[path] = copying.copy(source, target, path)
        self.copied += 1

    def _linked(self, path: str, found: os.stat_result, target: Path) -> Kept | None:
        """The backup before has the same: one file, two names. None: it has not."""
        if self._before is None or path not in self._before.files:
            return None
        kept, other = self._before.files[path], self._before.folder / path
        if not _is_same(kept, found):
            return None
        try:
            there = other.lstat()
            if not _is_same(kept, there) or not other.is_file():
                return None
            os.link(other, target, follow_symlinks=False)
        except OSError:  # gone, or a file system without links
            return None
        return kept

    def _make_folder(self, folder: Path) -> None:
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            while folder not in self._folders:
                self._folders.add(folder)
                folder = folder.parent


def _is_same(kept: Kept, found: os.stat_result) -> bool:
    return (kept.size, kept.changed_ns) == (found.st_size, found.st_mtime_ns)


def _files(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Every file that goes with the rows, and its name in a backup; the seals' first."""
    if settings.logbook_anchor_file.is_file():
        yield settings.logbook_anchor_file, backups.ANCHOR
    for name, folder in folders(settings).items():
        for file in copying.regular(folder):
            yield file, f"{name}/{file.relative_to(folder).as_posix()}"


def folders(settings: Settings) -> dict[str, Path]:
    """{name in a backup: where these files lie}."""
    own = {"post": settings.post_dir}
    return {name: own.get(name, settings.data_dir / name) for name in backups.FOLDERS}


def _secrets(settings: Settings) -> dict[str, bytes]:
    """The keys, and the configuration, which has passwords in it; {name: content}."""
    found = {f"keys/{name}.key": (settings.data_dir / "keys" / f"{name}.key") for name in KEYS}
    if file := os.environ.get("CALLFLOW_CONFIG"):
        found["callflow.toml"] = Path(file)
    if settings.tls_certificate and settings.tls_key:
        found["tls/certificate.pem"] = settings.tls_certificate
        found["tls/key.pem"] = settings.tls_key
    read = {name: file.read_bytes() for name, file in found.items()}
    own = sorted(name for name in os.environ if name.startswith("CALLFLOW_"))
    lines = "".join(f"{name}={os.environ[name]}\n" for name in own)
    return read | {"environment": lines.encode()}
