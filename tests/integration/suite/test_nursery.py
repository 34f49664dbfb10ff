"""Roles forked from a process that has loaded what they need: what they share with it, and whose
they are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from callflow.processes import nursery
from callflow.processes.nursery import Forked, Nursery
from callflow.processes.supervisor import ROLES
from tests.support.attacks import chaos
from tests.support.outside import outages
from tests.support.stations.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Seconds in which roles are loaded, each by itself, on a machine with other things to do.
_LOADED_S = 60
#: A role that says what it finds, and lives until it is told to end.
_SAYS = """
import gc, json, os, random, secrets, signal, sys, threading, uuid
{before}
from callflow.commands import nursery
role = nursery.forked(sys.argv[1:])
import numpy
here = os.listdir("/proc/self/fd")
print(json.dumps({{
    "role": role,
    "pid": os.getpid(),
    "parent": os.getppid(),
    "leads": os.getsid(0) == os.getpid() == os.getpgid(0),
    "chance": [random.random(), str(uuid.uuid4()), secrets.token_hex(), numpy.random.random()],
    "open": [name for name in here if os.path.exists(f"/proc/self/fd/{{name}}")],
    "reads": os.readlink("/proc/self/fd/0"),
    "threads": [thread.name for thread in threading.enumerate()],
    "tasks": len(os.listdir("/proc/self/task")),
    "arguments": sys.argv[1:],
    "collects": gc.isenabled(),
    "ends": [signal.getsignal(n) is signal.SIG_DFL for n in (signal.SIGTERM, signal.SIGCHLD)],
    "read": "web.app" in sys.modules and sys.modules["web.app"]._routes.cache_info().currsize > 0,
    "loaded": [name for name in ("web.serve", "ivr.telephony") if name in sys.modules],
}}), flush=True)
signal.pause()
"""


#: A role that ends at once, as after SIGTERM.
_LEAVES = """
import atexit
from callflow import __main__
from callflow.commands import role

class Loaded:
    def __del__(self):
        print("is taken apart")

kept = Loaded()
role.run = print
atexit.register(print, "says its last word")
print("works as", end=" ")
__main__.main()
"""


class Says(Nursery):
    """One whose roles say what they find, and do nothing else."""

    def __init__(self, folder: Path, roles: Sequence[str], before: str = "") -> None:
        super().__init__(roles, {**os.environ, "MARK": str(folder)}, folder / "nursery.log")
        self.program = (sys.executable, "-c", _SAYS.format(before=before))
        self._folder = folder

    async def born(self, role: str) -> tuple[Forked, dict[str, Any]] | None:
        """A role, and what it says."""
        said = self._folder / f"{role}.said"
        with said.open("wb") as output:
            child = await self.fork(role, output.fileno())
        if child is None:
            return None
        while not said.read_text().endswith("\n"):  # noqa: ASYNC110 -- a file tells nobody
            await asyncio.sleep(0.01)
        return child, json.loads(said.read_text())

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def again(self) -> None:
        """Until another one has loaded everything."""
        while self._first or self._loading:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Says]:
    """Of two small roles."""
    with Says(tmp_path, ("receiver", "engine")) as begun:
        yield begun


@contextlib.asynccontextmanager
async def keeping(kept: Nursery) -> AsyncIterator[None]:
    task = asyncio.create_task(kept.keep())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def end(child: Forked) -> int:
    child.terminate()
    return await child.wait()


async def test_a_forked_role_shares_neither_chance_nor_files_nor_threads(tmp_path: Path) -> None:
    wanted = [*ROLES, "web"]
    with Says(tmp_path, ROLES) as kept:
        found = [await kept.born(role) for role in wanted]
        begun = [one for one in found if one is not None]
        said = [one for _, one in begun]
        assert [one["role"] for one in said] == wanted
        for _, one in begun:
            assert one["parent"] == os.getpid(), "it is ours, not the nursery's"
            assert one["leads"], "it has a session of its own"
            assert one["open"] == ["0", "1", "2"]
            assert one["reads"] == os.devnull
            assert (one["threads"], one["tasks"]) == (["MainThread"], 1)
            assert one["collects"]
            # FastAPI reads the routes' signatures once, for half a second: not in each web anew.
            assert one["read"] or one["role"] != "web"
            assert one["ends"] == [True, True]
            assert one["arguments"] == ["serve", "--only", one["role"]]
            assert proc(one["pid"], "environ").count(f"MARK={tmp_path}") == 1
            assert proc(one["pid"], "cmdline")[1:] == ["-m", "callflow", *one["arguments"]]
        for drawn in zip(*(one["chance"] for one in said), strict=True):
            assert len(set(drawn)) == len(wanted), "each draws its own"
        assert said[-1]["loaded"] == ["web.serve", "ivr.telephony"]
        assert [await end(child) for child, _ in begun] == [-signal.SIGTERM] * len(wanted)


def proc(pid: int, name: str) -> list[str]:
    """The words of a file of ``/proc``."""
    return Path(f"/proc/{pid}/{name}").read_text().rstrip("\0").split("\0")


async def test_who_was_forked_outlives_the_nursery_and_another_one_forks(kept: Says) -> None:
    async with keeping(kept):
        first = await kept.born("receiver")
        assert first is not None
        os.kill(kept.pid, signal.SIGKILL)
        assert await kept.born("engine") is None
        await kept.again()
        second = await kept.born("engine")
        assert second is not None
        assert chaos.alive(first[0].pid)
        first[0].kill()
        assert await first[0].wait() == await first[0].wait() == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            first[0].terminate()
        assert await end(second[0]) == -signal.SIGTERM


async def test_a_nursery_that_hangs_is_ended_and_another_one_forks(
    kept: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursery, "_FORKS_WITHIN", 0.2)
    async with keeping(kept):
        os.kill(kept.pid, signal.SIGSTOP)
        monkeypatch.setattr(nursery, "_LOADS_WITHIN", 0.2)
        assert await kept.born("receiver") is None
        await kept.again()
        second = await kept.born("receiver")
        assert second is not None
        assert await end(second[0]) == -signal.SIGTERM


async def test_nothing_is_forked_from_a_process_with_threads(tmp_path: Path) -> None:
    before = "threading.Thread(target=signal.pause, daemon=True).start()"
    with Says(tmp_path, ("receiver",), before) as kept:
        assert await kept.born("receiver") is None
    assert "1 threads" in (tmp_path / "nursery.log").read_text()


async def test_a_role_that_nobody_waits_for_any_more_ends_before_it_works(kept: Says) -> None:
    asking = asyncio.create_task(kept.born("receiver"))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    other = await kept.born("engine")
    assert other is not None
    assert (kept._folder / "receiver.said").read_text() == ""
    await end(other[0])


# --- under a real supervisor, without an Asterisk -------------------------------------------------


class Seen(NamedTuple):
    """The station's processes, by their words."""

    roles: dict[str, int]
    nursery: list[int]

    @property
    def parents(self) -> set[int]:
        return {_parent(pid) for pid in self.roles.values()}


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def look(product: Product) -> Seen:
    begun = [(int(folder.name), words) for folder, words in product.processes()]
    roles = {words[-1]: pid for pid, words in begun if words[-2:-1] == ["--only"]}
    return Seen(roles, [pid for pid, words in begun if words[3:4] == ["nursery"]])


@pytest.mark.deep
async def test_roles_come_back_with_and_without_a_nursery_and_all_end_with_the_supervisor(
    tmp_path: Path,
) -> None:
    async with Product(tmp_path, outages.environment()) as product:
        first = look(product)
        assert first.roles.keys() == set(ROLES)
        (supervisor,) = first.parents
        for role in ROLES:  # by the nursery
            product.kill(role)
        await product.until(lambda: _others(product, first), within=_LOADED_S)
        second = look(product)
        assert second.nursery == first.nursery
        assert second.parents == {supervisor}

        os.kill(first.nursery[0], signal.SIGKILL)
        for role in ROLES:  # by themselves, and each has its own place again
            product.kill(role)
        await product.until(lambda: _others(product, second), within=_LOADED_S)
        third = look(product)
        assert third.parents == {supervisor}
        await product.until(
            lambda: look(product).nursery not in ([], first.nursery), within=_LOADED_S
        )
        assert third.nursery != first.nursery
        await product.until(product._ready, within=_LOADED_S)

        await product.crash()
        await product.until(lambda: look(product) == Seen({}, []), within=_LOADED_S)


def _others(product: Product, before: Seen) -> bool:
    now = look(product).roles
    return now.keys() == set(ROLES) and not set(now.values()) & set(before.roles.values())


async def test_a_role_that_ended_is_not_taken_apart() -> None:
    """That takes a second of CPU, for which whoever stops the station waits."""
    ended = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", _LEAVES, "serve", "--only", "receiver"),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await ended.communicate()
    assert said.decode() == "works as receiver\nsays its last word\n"
    assert ended.returncode == 0
