"""The supervisor stops everything where a real NUT server says that the battery ends, and only
then; it begins again with the mains. Of its roles it ends the one that hangs, and at its own end
all, whatever they do, with an Asterisk that had only just to be begun."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
import structlog

from callflow import clock
from callflow.dispatch.wake import address
from callflow.processes import blackout, pulse, supervisor
from callflow.processes.nursery import Nursery
from callflow.processes.supervisor import ROLES, Child, Supervisor
from callflow.settings.config import Settings
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.tree import AsteriskTree
from tests.support.outside.nut import Nut


class Sleepers(Nursery):
    """Roles that do nothing until they are told to end."""

    def __init__(self, folder: Path, program: Sequence[str] = ("sleep", "600")) -> None:
        super().__init__(ROLES, {}, folder / "nursery.log")
        self._asleep = program
        self.begun: list[asyncio.subprocess.Process] = []

    async def fork(self, role: str, output: int) -> Child:  # type: ignore[override]
        self.begun.append(await asyncio.create_subprocess_exec(*self._asleep, stdout=output))
        return self.begun[-1]

    async def keep(self) -> None:
        await asyncio.Event().wait()

    @property
    def alive(self) -> int:
        return sum(child.returncode is None for child in self.begun)


class SlowToBegin(AsteriskProcess):
    """An Asterisk that is dead, and begins once it ``may``."""

    def __init__(self, folder: Path) -> None:
        tree = AsteriskTree(command=(), modules=folder, data=folder, sounds={}, version="")
        super().__init__(Instance(kind=Kind.STATION, data_dir=folder), tree)
        self.begins, self.may, self.has = threading.Event(), threading.Event(), threading.Event()
        self.lives = False

    def pid(self) -> int | None:
        return os.getpid() if self.lives else None

    def start(self) -> bool:
        self.begins.set()
        self.may.wait()
        self.lives = True
        self.has.set()
        return True

    def stop(self, grace_s: float = 5.0) -> bool:
        self.lives = False
        return True


@contextlib.asynccontextmanager
async def supervised(
    settings: Settings, sleepers: Sleepers, *asterisks: AsteriskProcess
) -> AsyncIterator[None]:
    """A supervisor of these, until it is let go."""
    settings.run_dir.mkdir(parents=True)
    one = Supervisor(settings, list(asterisks), sleepers)
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        one.stop()
        await task
        assert sleepers.alive == 0


async def until(fact: Callable[[], bool]) -> None:
    """Wait for it; the test's own limit is the only one."""
    while True:
        if await asyncio.to_thread(fact):
            return
        await asyncio.sleep(0.05)


async def test_everything_stops_and_begins_again_with_the_mains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_MAINS_LOOK", 0.1)
    monkeypatch.setattr(supervisor, "_BLACKOUT_LOOK", 0.1)
    server, sleepers = Nut(tmp_path / "nut", ("salle",)), Sleepers(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", ups=server.setting("salle"))
    server.says("salle", ups_status="OB LB")
    with server.runs():
        async with supervised(settings, sleepers):
            await until(lambda: sleepers.alive == 4)
            blackout.ask(settings.run_dir, clock.now())
            await until(lambda: sleepers.alive == 0)
            await until(lambda: blackout.over(settings.run_dir) is not None)
            assert not blackout.is_asked(settings.run_dir)
            server.says("salle")
            await until(lambda: sleepers.alive == 4)
            assert len(sleepers.begun) == 8


async def test_with_mains_whoever_asks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_BLACKOUT_LOOK", 0.1)
    server, sleepers = Nut(tmp_path / "nut", ("salle",)), Sleepers(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", ups=server.setting("salle"))
    with server.runs():
        await until(Supervisor(settings, [], sleepers).has_mains)  # its driver has just begun
        async with supervised(settings, sleepers):
            await until(lambda: sleepers.alive == 4)
            blackout.ask(settings.run_dir, clock.now())
            await until(lambda: not blackout.is_asked(settings.run_dir))
            assert (sleepers.alive, len(sleepers.begun)) == (4, 4)


async def test_who_hangs_is_ended_and_begun_again_and_who_never_beat_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    sleepers = Sleepers(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", hung_after=1)
    async with supervised(settings, sleepers):
        await until(lambda: sleepers.alive == 4)
        hangs, lives, *others = sleepers.begun
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            to = str(address(settings.run_dir, "supervisor"))
            await until(Path(to).exists)

            def beats_until_the_other_is_ended() -> bool:
                line.sendto(b"%d" % lives.pid, to)
                return hangs.returncode is not None

            line.sendto(b"%d" % hangs.pid, to)
            line.sendto(b"nobody's", to)
            await until(beats_until_the_other_is_ended)
            await until(lambda: sleepers.alive == 4)
        assert hangs.returncode == -signal.SIGKILL
        assert [one.returncode for one in (lives, *others)] == [None, None, None]
        assert len(sleepers.begun) == 5


async def test_who_does_not_end_is_ended_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_GRACE", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
    sleepers = Sleepers(tmp_path, (sys.executable, "-c", deaf))
    with structlog.testing.capture_logs() as said:
        async with supervised(Settings(data_dir=tmp_path / "data"), sleepers):
            await until(lambda: sleepers.alive == 4 and all(is_deaf(one) for one in sleepers.begun))
    assert [one.returncode for one in sleepers.begun] == [-signal.SIGKILL] * 4
    named = {one["role"] for one in said if one["event"] == "role.not_ended"}
    assert named == set(ROLES)


def is_deaf(process: asyncio.subprocess.Process) -> bool:
    """Whether it heeds no SIGTERM (proc_pid_status(5))."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


async def test_an_asterisk_that_begins_while_everything_stops_does_not_stay(
    tmp_path: Path,
) -> None:
    asterisk, sleepers = SlowToBegin(tmp_path), Sleepers(tmp_path)
    async with supervised(Settings(data_dir=tmp_path / "data"), sleepers, asterisk):
        await until(lambda: sleepers.alive == 4 and asterisk.begins.is_set())
        asyncio.get_running_loop().call_later(0.5, asterisk.may.set)
    await until(asterisk.has.is_set)
    assert not asterisk.lives


async def test_a_process_that_is_held_is_no_more_heard(tmp_path: Path) -> None:
    """A real one, by what its event loop says."""
    code = "import asyncio, sys, pathlib; from callflow.processes import pulse;"
    code += "asyncio.run(pulse.beat(pathlib.Path(sys.argv[1])))"
    with pulse.Pulses(tmp_path) as pulses:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(tmp_path))
        try:
            await until(lambda: pulses.look([process.pid]) == {process.pid: 0})
            process.send_signal(signal.SIGSTOP)
            await until(lambda: pulses.look([process.pid])[process.pid] > 100)
            assert pulses.look([]) == {}
        finally:
            process.kill()
            await process.wait()
