"""A site's claim, in a file of its own beside the database: it is read where that is away."""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from callflow.core.station.mirroring import Claim
from callflow.core.time.instants import from_iso, to_iso
from callflow.storage.engine.snapshot import on_disk

_NAME = "mirror.claim"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A claim, and the instant of the site's last sign of life."""

    claim: Claim
    at: datetime

    def lapse(self, now: datetime) -> timedelta:
        """How long ago that was; a clock that was set back says nothing."""
        passed = now - self.at
        return passed if passed >= timedelta(0) else timedelta.max


def read(data_dir: Path, name: str) -> Kept | None:
    """None: this site has claimed nothing yet. Raises OSError where it can't be read."""
    file = data_dir / _NAME
    if not file.exists():
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        claim, at = Claim.from_json(found["claim"]), from_iso(found["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{file} is not what this station wrote: {error}") from None
    if claim.name != name:
        raise OSError(f"{file} is the site {claim.name}'s, CALLFLOW_MIRROR_NAME says {name}")
    return Kept(claim=claim, at=at)


def write(data_dir: Path, kept: Kept) -> None:
    """On the disk when it returns. Raises OSError."""
    file = data_dir / _NAME
    fresh = file.with_name(f".{file.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(json.dumps({"claim": kept.claim.to_json(), "at": to_iso(kept.at)}))
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(file)
    on_disk(data_dir)
