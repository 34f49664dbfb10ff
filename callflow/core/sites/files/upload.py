"""A file of sites that somebody sent, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """How far a file is."""

    WAITING = "waiting"  # for another file
    READING = "reading"
    COMPARING = "comparing"
    READY = "ready"  # what it would do is shown; nothing is written
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"  # an error of ours: nothing was written


#: Those in which something goes on by itself.
UNDER_WAY = (Phase.WAITING, Phase.READING, Phase.COMPARING, Phase.WRITING)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as every process sees it. ``done`` of ``total``: rows read, 0 of how many; or sites
    compared. Times are UTC."""

    id: str
    name: str
    sha256: str
    remove: bool  # whom it does not name leaves the sites that it names
    who: str  # sent it: nobody else sees it
    at: datetime
    worker: str  # the process that works on it, or did last
    beat_at: datetime  # when that one said so last
    phase: Phase = Phase.WAITING
    done: int = 0
    total: int = 0
    said: str = ""  # why it was not written
    mapping: str = ""  # by which its columns are ours; "": they are called as ours
    valid: bool = False  # what is right goes in, though something is refused
    digest: str = ""  # of what was shown
    counts: Mapping[str, Any] = field(default_factory=dict)  # of what it would do, or did
