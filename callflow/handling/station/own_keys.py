"""The keys that belong to a database: it is opened with those, and never given others.

The rows say by a fingerprint whose they are. A database that has rows and whose keys are gone, or
are another's, is refused: new keys would read no code and no password of it, call no panel's
signal encrypted by name, and find its logbook forged.
"""

from pathlib import Path

from callflow.storage import Store
from callflow.storage.people import users
from callflow.storage.records import sealing
from callflow.vault import KeysMissing, Vault, missing

_MARK = "keys"


def opened(url: str, data_dir: Path) -> Vault:
    """A station's keys. Raises KeysMissing: they are not there, or not those of the database."""
    mark, _ = _read(url)
    vault = Vault.of_station(data_dir)
    if mark not in (None, vault.fingerprint):
        raise _others(data_dir)
    return vault


def see_to(url: str, data_dir: Path) -> None:
    """The database and the keys are one another's; a new database gets new keys. Its tables are
    there. Raises KeysMissing."""
    mark, is_new = _read(url)
    lacking = missing(data_dir / "keys")
    vault = Vault(data_dir / "keys") if is_new and lacking else Vault.of_station(data_dir)
    if mark == vault.fingerprint:
        return
    store = Store(url, mac=vault.seal)
    try:
        if not belong(store, vault):
            raise _others(data_dir)
    finally:
        store.close()


def belong(store: Store, vault: Vault) -> bool:
    """True where the database of ``store`` says that it is these keys'; an older one says nothing,
    and is told."""
    mark = store.read_now(users.settings).get(_MARK)
    if mark is None and store.read_now(sealing.is_any_ours):
        store.write_now(lambda tx: users.write_settings(tx, {_MARK: vault.fingerprint}))
        return True
    return bool(mark == vault.fingerprint)


def _read(url: str) -> tuple[str | None, bool]:
    """Whose the database says it is, and whether nothing has been told in it yet."""
    store = Store(url, mac=lambda _: "")
    try:
        return store.read_now(lambda tx: (users.settings(tx).get(_MARK), not sealing.heads(tx)))
    finally:
        store.close()


def _others(data_dir: Path) -> KeysMissing:
    return KeysMissing(
        f"the keys in {data_dir / 'keys'} are another database's: bring those back that belong to"
        " this one (`callflow restore` into an empty place brings both)"
    )
