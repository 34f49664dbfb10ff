"""The accounts' AES keys, and who acts for them, read again when an account was edited."""

import structlog

from callflow.core.signals.signal import CANARY
from callflow.storage import Store
from callflow.storage.sites import moves, sites
from callflow.vault import Unreadable, Vault

log = structlog.get_logger(__name__)


class Keys:
    """``of`` answers from memory. A look costs one small row while nothing was edited.

    Of an account whose key can't be read any more the last one counts that could: its panel has it.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault
        self._keys: dict[str, bytes] = {CANARY: vault.canary_key}
        self._kept: dict[str, bytes] = {}  # as stored: encrypted
        self._version: str | None = None
        self._in_service: frozenset[str] = frozenset()
        self.unreadable: set[str] = set()  # accounts
        self.of = self._keys.get

    async def look(self) -> None:
        """Learn what was edited since the last look. Raises StoreUnavailable."""
        version = await self._store.read(sites.accounts_version)
        if version == self._version and version is not None:
            return
        # Read after the version: an edit in between is found once more at the next look.
        kept = await self._store.read(sites.account_keys)
        for account, key in kept.items():
            if self._kept.get(account) != key:
                self._learn(account, key)
        for account in self._kept.keys() - kept.keys():
            self._keys.pop(account, None)
        self.unreadable &= kept.keys()
        self._in_service = await self._store.read(moves.accounts_in_service)
        self._kept, self._version = kept, version

    def _learn(self, account: str, kept: bytes) -> None:
        try:
            self._keys[account] = self._vault.decrypt(kept)
            self.unreadable.discard(account)
        except Unreadable as error:
            self.unreadable.add(account)
            log.critical("key.unreadable", account=account, reason=str(error))

    def in_shadow(self, account: str) -> bool:
        """True where another system acts for an account, or where it is none of ours."""
        return account not in self._in_service
