"""An Asterisk process of an instance: started in a session of its own, adopted, stopped.

It outlives its starter, `kill -9` included; whoever comes next adopts it by pid file and control
socket, and never starts a second one.
"""

import fcntl
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from callflow.clock import monotonic, now
from callflow.niceness import ASTERISK, place
from ivr.asterisk import control
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.tree import AsteriskTree

_POLL_S = 0.05
#: Asterisk's own commands; a module that is loaded already stays.
_READ_AGAIN = {
    Kind.STATION: (
        "module load res_pjsip_nat.so",
        "module load res_pjsip_acl.so",
        "module load res_pjsip_outbound_registration.so",
        "module load app_senddtmf.so",
        "module reload res_pjsip.so",
        "module reload res_pjsip_acl.so",
        "manager reload",
        "dialplan reload",
    ),
    Kind.SIMULATOR: (),
}
_KEPT_ENVIRONMENT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"),
    *("CALLFLOW_TEST_SESSION", "CALLFLOW_TEST_CI"),
)


class AsteriskFailed(Exception):
    """The process ended, or did not become ready. The message holds its last words."""


class AsteriskProcess:
    """One Asterisk. Its methods block: call them from a thread."""

    def __init__(self, instance: Instance, tree: AsteriskTree) -> None:
        self.instance = instance
        self.tree = tree
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def kind(self) -> Kind:
        return self.instance.kind

    def pid(self) -> int | None:
        """The live process of this instance, whoever started it; None when there is none."""
        if self._child is not None:
            if self._child.poll() is None:
                return self._child.pid  # its command line is still empty just after the exec
            self._child = None
        # Asterisk writes one too: a starter killed between fork and its own file is covered.
        for path in (self.instance.pid_file, self.instance.run / "asterisk.pid"):
            with suppress(FileNotFoundError, ValueError):
                pid = int(path.read_text())
                # A pid is used again: only the config in its command line makes it ours.
                if str(self.instance.config) in _command_line(pid):
                    return pid
        return None

    def adopt(self) -> bool:
        """True when a live process of this instance answers on its control socket."""
        if self.pid() is None:
            return False
        try:
            self.rx("core show uptime seconds", timeout_s=5)
        except control.ControlError:
            return False
        return True

    def start(self) -> bool:
        """Starts the process, or adopts the live one. True when it was started now.

        A live one whose control socket is silent is given 10 s (it may be starting), then ended.
        """
        with self._only_one():
            if self._adopt_patiently(10):
                return False
            self.kill()
            self._spawn()
            return True

    def become(self) -> NoReturn:
        """Turn this very process into Asterisk, for who began it to look after: a session's leader,
        with its process's id. Raises AsteriskFailed where one lives already."""
        with self._only_one():
            if self._adopt_patiently(10):
                raise AsteriskFailed(f"an Asterisk runs in {self.instance.data_dir} already")
            self.kill()
            self._make_way()
            _write_whole(self.instance.pid_file, f"{os.getpid()}\n")
            place(os.getpid(), ASTERISK)
            os.chdir(self.instance.folder)
            command = self._command
            os.execve(command[0], command, self._environment())  # noqa: S606 -- no shell is wanted

    def is_met(self, patience_s: float) -> bool:
        """True once one that somebody else begins is fully booted."""
        deadline = monotonic() + patience_s
        while monotonic() < deadline:
            if self.pid() is not None:
                with suppress(AsteriskFailed):
                    self.wait_ready(deadline - monotonic())
                    return True
            _pause()
        return False

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Returns once Asterisk is fully booted. Raises AsteriskFailed."""
        deadline = monotonic() + timeout_s
        while monotonic() < deadline:
            if self.pid() is None:
                raise AsteriskFailed(f"Asterisk ({self.kind}) ended: {self.last_words()}")
            with suppress(control.ControlError):
                left = max(0.1, deadline - monotonic())
                if "fully booted" in self.rx("core waitfullybooted", timeout_s=left):
                    return
            _pause()
        raise AsteriskFailed(f"Asterisk ({self.kind}) is not ready: {self.last_words()}")

    def rx(self, text: str, timeout_s: float = 10.0) -> str:
        """Runs a CLI command and returns its output. Raises control.ControlError."""
        return control.command(self.instance.control_socket, text, timeout_s)

    def read_again(self) -> None:
        """An adopted one reads what was rendered meanwhile and can change while calls are up: who
        may log in, what telephones are, the dialplan (a call goes on at its line's number). Its
        ports and files stay as they were."""
        for text in _READ_AGAIN[self.kind]:
            with suppress(control.ControlError):
                self.rx(text)

    def renew_certificate(self) -> None:
        """Listen with the certificate and key that its files hold now; connections and calls stay.
        Raises control.ControlError."""
        self.rx("module reload res_pjsip.so")

    def end_when_idle(self) -> None:
        """It ends as soon as no call is up; until then it goes on taking calls."""
        with suppress(control.ControlError):  # it answers when it ends
            self.rx("core stop when convenient", timeout_s=1)

    def stop(self, grace_s: float = 5.0) -> bool:
        """Ends the process: it hangs up its calls, then goes. False where it did not within the
        grace, and was killed."""
        if self.pid() is None:
            return True
        with suppress(control.ControlError):
            self.rx("core stop now", timeout_s=2)
        by_itself = self._gone_within(grace_s)
        if not by_itself:
            self.kill()
        return by_itself

    def kill(self) -> None:
        """SIGKILL, only to a process that is proved ours."""
        pid = self.pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self._gone_within(5)

    def last_words(self) -> str:
        """The end of the process's output and messages, for a person."""
        words = []
        for path in (self.instance.output, self.instance.log / "messages"):
            with suppress(OSError):
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
                words += lines[-5:]
        return " | ".join(words)

    # --- inside -------------------------------------------------------------------------------

    @property
    def _command(self) -> list[str]:
        return [*self.tree.command, "-f", "-C", str(self.instance.config)]

    def _environment(self) -> dict[str, str]:
        kept = {k: os.environ[k] for k in _KEPT_ENVIRONMENT if k in os.environ}
        return {**kept, "CALLFLOW_DATA_DIR": str(self.instance.data_dir)}

    def _make_way(self) -> None:
        """For a new one, which is about to begin."""
        with suppress(FileNotFoundError):
            self.instance.control_socket.unlink()
        with self.instance.starts.open("a", encoding="ascii") as starts:
            starts.write(f"{now().timestamp():.6f}\n")

    def _spawn(self) -> None:
        self._make_way()
        with self.instance.output.open("ab") as output:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.instance.folder,
                env=self._environment(),
                start_new_session=True,
            )
        place(self._child.pid, ASTERISK)
        _write_whole(self.instance.pid_file, f"{self._child.pid}\n")

    def _adopt_patiently(self, patience_s: float) -> bool:
        deadline = monotonic() + patience_s
        while self.pid() is not None:
            if self.adopt():
                return True
            if monotonic() > deadline:
                return False
            _pause()
        return False

    def _gone_within(self, seconds: float) -> bool:
        deadline = monotonic() + seconds
        while self.pid() is not None:
            if monotonic() > deadline:
                return False
            _pause()
        return True

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        with (self.instance.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _pause() -> None:
    """Asterisk tells nobody when it is ready or gone, so it is looked at again and again."""
    select.select((), (), (), _POLL_S)


def _command_line(pid: int) -> str:
    """The command line of a live process; empty for a zombie or none."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        if Path("/proc/self").exists():
            return ""
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout


def _write_whole(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)
