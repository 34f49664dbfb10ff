"""What our Asterisk refused on its SIP port, counted: strangers, wrong passwords, broken messages.

Asterisk writes a line for each in a file of its own (logger.conf), which costs a flood nothing that
counts; AMI's security events would each go through the process that drives the dialogues.
"""

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from callflow.clock import Clock, to_iso

log = structlog.get_logger(__name__)

#: Why a request was refused, and how Asterisk 22 says so; the first group is who sent it.
_REASONS = {
    "not_allowed": rb"SIP ACL: Rejecting '([^']+)' due to",
    "unknown": rb"Request '[^']*' from .* failed for '([^']+)' .* - No matching endpoint found",
    "wrong_password": rb"Request '[^']*' from .* failed for '([^']+)' .* - Failed to authenticate",
    "malformed": rb"sip_transport\S* Dropping \d+ bytes packet from \S+ (\S+)",
    "handshake": rb"pjproject: \s*SSL SSL_ERROR_SSL \(Handshake\): .* peer: (\S+)",
    "no_number": rb"Call \(\w+:([^()]+)\) to extension .* rejected",
}
_LINE = re.compile(b"|".join(rb"(?P<%s>%s)" % (n.encode(), p) for n, p in _REASONS.items()))
#: Bytes after which the file begins again once nothing more comes; while more comes, ten times as
#: many, since a line that is written between the last read and the cut is not counted.
_LONGEST, _FLOODED = 1_000_000, 10_000_000
#: Bytes of Asterisk's warnings: who is of no network of ``sip_allow`` adds one by each packet.
_WARNINGS = 10_000_000
#: Bytes read at once.
_STEP = 262_144
#: Seconds between two lines in our own log.
_TOLD_EVERY = 60.0


def reason(line: bytes) -> tuple[str, str] | None:
    """(why, the sender's address without its port) of a line of Asterisk's log; None: no refusal.

    A sender chooses part of the line, so the address is a hint, as is any sender's of a datagram.
    """
    found = _LINE.search(line)
    if found is None:
        return None
    name = found.lastgroup or ""
    sender = found[found.re.groupindex[name] + 1].decode("ascii", errors="replace")
    return name, sender.rpartition(":")[0].strip("[]") or sender


def _keep_short(warnings: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if warnings.stat().st_size > _WARNINGS:
            os.truncate(warnings, 0)
            log.warning("asterisk.warnings_cut", file=str(warnings))


class Refusals:
    """Counts since this process began; ``look`` reads what was written since (blocks)."""

    def __init__(self, file: Path | None, now: Clock, monotonic: Callable[[], float]) -> None:
        self._file, self._now, self._monotonic = file, now, monotonic
        self._at = self._size()
        self._rest = b""
        self.counts: Counter[str] = Counter(dict.fromkeys(_REASONS, 0))
        self._senders: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()
        self._last: tuple[str, datetime] | None = None
        self._told_at = -_TOLD_EVERY

    def _size(self) -> int:
        try:
            return self._file.stat().st_size if self._file else 0
        except FileNotFoundError:
            return 0

    def look(self) -> None:
        """Count what is new; the file is kept short, and our log gets one line a minute."""
        if self._file is None:
            return
        try:
            self._read(self._file)
        except FileNotFoundError:
            self._at = 0
        _keep_short(self._file.with_name("messages"))
        if self._untold and self._monotonic() - self._told_at >= _TOLD_EVERY:
            log.warning("sip.refused", **self._untold, most=self._senders.most_common(3))
            self._told_at = self._monotonic()
            self._untold.clear()
            self._senders.clear()

    def _read(self, path: Path) -> None:
        if self._size() < self._at:  # begun again by somebody else
            self._at, self._rest = 0, b""
        with path.open("r+b") as file:
            file.seek(self._at)
            while chunk := file.read(_STEP):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    self._count(line)
                self._rest = self._rest[-_STEP:]
            before, self._at = self._at, file.tell()
            if self._at > (_LONGEST if self._at == before else _FLOODED):
                file.truncate(0)
                self._at = 0

    def _count(self, line: bytes) -> None:
        found = reason(line)
        if found is None:
            return
        why, sender = found
        self.counts[why] += 1
        self._untold[why] += 1
        if sender in self._senders or len(self._senders) < 1000:
            self._senders[sender] += 1
        self._last = sender, self._now()

    def state(self) -> dict[str, Any]:
        """For the node's beat."""
        sender, at = self._last or ("", None)
        return {**self.counts, "last_from": sender, "last_at": to_iso(at) if at else None}
