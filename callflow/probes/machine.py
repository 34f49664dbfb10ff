"""One machine's facts, told with the sign of life of each process of the station on it."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from callflow import clock
from callflow.clock import Clock
from callflow.core.time.instants import to_iso
from callflow.core.watch import facts
from callflow.probes import time_source
from callflow.settings.config import Settings

#: Seconds between two looks at who sets the clock; until somebody says that they do.
_EVERY, _AGAIN = 60.0, 10.0
#: A jump of the clock is told for so many seconds; less than that is a correction, or a slow look.
_JUMP_TOLD, _JUMP = 600.0, 0.5


class Probe:
    """What this machine finds out about itself. ``look`` blocks: call it in a thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        monotonic: Callable[[], float] = clock.monotonic,
        now: Clock = clock.now,
        source: Callable[[time_source.Mode], facts.Clock] = time_source.look,
    ) -> None:
        self._settings, self._monotonic, self._source = settings, monotonic, source
        self._now, self._last = now, (monotonic(), now())
        self._jumped, self._jumped_at = 0.0, float("-inf")
        self._clock: facts.Clock | None = None
        self._clock_due = float("-inf")
        self._certificates: dict[Path, tuple[tuple[int, int], facts.Certificate]] = {}

    def look(self) -> dict[str, Any]:
        """The facts of this moment, as JSON has them: ``handling.watch.organs`` reads them."""
        return {
            "free": self._free(),
            "clock": self._clock_told(),
            "certificates": [_told(found) for found in self._certificates_now()],
            "backs_up": self._settings.backup_folder is not None,
        }

    def _free(self) -> int | None:
        try:
            return shutil.disk_usage(self._settings.data_dir).free
        except OSError:
            return None

    def _clock_now(self) -> facts.Clock:
        at = self._monotonic()
        if self._clock is None or at >= self._clock_due:
            found = self._source(self._settings.clock)
            off, wrong = self._settings.clock_off, self._settings.clock_wrong
            self._clock = replace(found, off=off, wrong=wrong)
            self._clock_due = at + (_EVERY if self._clock.source else _AGAIN)
        return self._clock

    def _clock_told(self) -> dict[str, Any]:
        """How it compares with the other machines' is the engine's to tell, with the carriers'
        telephony's."""
        told = asdict(self._clock_now()) | {"jumped": self._jump()}
        del told["apart"], told["carriers"]
        return told

    def _jump(self) -> float:
        """Seconds that the clock jumped by lately, ahead or (below 0) back: the last jump."""
        before, self._last = self._last, (self._monotonic(), self._now())
        passed = (self._last[1] - before[1]).total_seconds()
        jumped = passed - (self._last[0] - before[0])
        if abs(jumped) > _JUMP:
            self._jumped, self._jumped_at = jumped, self._last[0]
        told = self._last[0] - self._jumped_at < _JUMP_TOLD
        return round(self._jumped, 3) if told else 0.0

    def _certificates_now(self) -> list[facts.Certificate]:
        file = self._settings.tls_certificate
        return [self._certificate("web", file)] if file is not None else []

    def _certificate(self, name: str, file: Path) -> facts.Certificate:
        """Read anew when its file is another."""
        try:
            found = file.stat()
            stamp = found.st_mtime_ns, found.st_size
            known = self._certificates.get(file)
            if known is None or known[0] != stamp:
                known = stamp, facts.Certificate(name=name, ends_at=_ends_at(file))
                self._certificates[file] = known
        except (OSError, ValueError) as error:
            return facts.Certificate(name=name, ends_at=None, problem=str(error))
        return known[1]


def _ends_at(file: Path) -> datetime:
    """When the certificate, or an authority's that comes with it, ends first.

    Raises OSError, and ValueError where the file is none.
    """
    chain = x509.load_pem_x509_certificates(file.read_bytes())
    return min(certificate.not_valid_after_utc for certificate in chain)


def _told(found: facts.Certificate) -> dict[str, Any]:
    ends_at = to_iso(found.ends_at) if found.ends_at is not None else None
    return {"name": found.name, "ends_at": ends_at, "problem": found.problem}
