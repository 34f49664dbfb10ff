"""One Asterisk of one data folder: its role, its paths, its secrets."""

import hashlib
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

LONGEST_SOCKET = 100
"""Asterisk silently cuts its control socket's path at 107 characters."""


class Kind(StrEnum):
    """What an Asterisk is for."""

    STATION = "station"  # the product's own: trunks, dialogues, recordings
    SIMULATOR = "simulator"  # the demo's telephone network


@dataclass(frozen=True, kw_only=True)
class Instance:
    """The paths of one Asterisk; `data_dir` is CALLFLOW_DATA_DIR, absolute."""

    kind: Kind
    data_dir: Path

    @property
    def folder(self) -> Path:
        return self.data_dir / "asterisk" / self.kind

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def config(self) -> Path:
        """The file behind `-C`; its path in a process's command line identifies the process."""
        return self.etc / "asterisk.conf"

    @property
    def run(self) -> Path:
        """Where the control socket is: short, since a socket's path is."""
        inside = self.folder / "run"
        if len(str(inside / "asterisk.ctl")) <= LONGEST_SOCKET:
            return inside
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"callflow-{os.getuid()}-{name}"

    @property
    def control_socket(self) -> Path:
        return self.run / "asterisk.ctl"

    @property
    def pid_file(self) -> Path:
        return self.folder / "callflow.pid"

    @property
    def starts(self) -> Path:
        """One line per start: its Unix time. What was up before a start has ended."""
        return self.folder / "starts"

    @property
    def output(self) -> Path:
        """What the process prints (nearly nothing; its messages are in `log/messages`)."""
        return self.data_dir / "logs" / f"asterisk-{self.kind}.log"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def operators(self) -> Path:
        """The operators' phones, as telephony wrote them last (station only)."""
        return self.etc / "pjsip_operators.conf"

    @property
    def carriers(self) -> Path:
        """The addresses of carriers that DNS finds, as telephony wrote them last (station only)."""
        return self.etc / "pjsip_carriers.conf"

    @property
    def phones(self) -> Path:
        """The simulated phones: one file per number (simulator only)."""
        return self.folder / "phones"

    @property
    def trunks(self) -> Path:
        """What the simulated network does with whole trunks: one file each (simulator only)."""
        return self.folder / "trunks"

    @property
    def faxes(self) -> Path:
        """The faxes that simulated machines received, NUMBER-CALL.tif (simulator only)."""
        return self.folder / "faxes"

    def make_folders(self) -> None:
        """Creates what the process writes into. Raises PermissionError on a hijacked run folder."""
        for name in ("etc", "spool", "log/cel-custom", "db", "music", "phones", "trunks", "faxes"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.output.parent.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)
        found = os.lstat(self.run)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PermissionError(f"{self.run} belongs to somebody else: remove it")
        (self.folder / "run-folder").write_text(f"{self.run}\n", encoding="utf-8")

    def ami_secret(self) -> str:
        """The station's AMI secret, made once per instance and kept in a file of mode 0600."""
        return self._secret("ami")

    def agi_secret(self) -> str:
        """What this Asterisk says to the FastAGI server and nobody else can; kept the same way."""
        return self._secret("agi")

    def http_prefix(self) -> str:
        """What this Asterisk's HTTP paths begin with: the telephones' door alone knows it."""
        return self._secret("http")

    def _secret(self, name: str) -> str:
        path = self.folder / f"{name}.secret"
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            secret = secrets.token_urlsafe(24)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process of the instance was faster
            return self._secret(name)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secret + "\n")
        return secret
