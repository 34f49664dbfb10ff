"""The whole product as its users start it: ``callflow serve`` in a data folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import signal
import ssl
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from callflow import clock
from callflow.commands.base import open_rows
from callflow.processes.nursery import Forked
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.vault import Vault
from tests.support.suite import forked, marked
from tests.support.suite.ports import are_free, own_block
from web.access import users

T = TypeVar("T")

#: Offsets of the ports that an instance takes (docs/reference/contracts.md#ports).
_OFFSETS = (0, 9, 10, 11, 38, 39, 60, 80, 88, 90, 573)
#: How many ports the bases of one process of tests span.
_ROOM = 256
#: Seconds between two looks at a fact; between two questions to the station they grow to the most.
_MOMENT, _SLOWER, _LONGEST_PAUSE = 0.05, 1.25, 0.3


def free_base() -> int:
    """A port base that nobody uses now, nor is about to: another process of tests has others."""
    start = _own_bases()
    bases: list[int] = [*range(start, start + _ROOM, 16), *range(20000, 24000, 16)]
    for base in bases:
        if are_free(*(base + offset for offset in _OFFSETS)):
            return base
    raise RuntimeError("no free ports")


@functools.cache
def _own_bases() -> int:
    """Where this process's bases begin, for as long as it lives: whoever listens some time after
    it asked must still find its ports free."""
    return own_block("bases", range(24000, 28000, _ROOM))


class Product:
    """An async context: entered, it serves; left, it is ended by SIGTERM and must exit with 0.

    ``environment`` overrides what it starts with; ``url`` is its page's.
    """

    command: tuple[str, ...] = ("serve",)
    #: Whether a whole run forks it from what it has loaded: an interpreter of its own, and another
    #: for its roles, would import for three seconds of CPU.
    forks = False

    def __init__(
        self, data_dir: Path, environment: Mapping[str, str], *, base: int | None = None
    ) -> None:
        self.data_dir = data_dir
        self.base = base or free_base()
        self.environment = {
            **os.environ,
            "CALLFLOW_DATA_DIR": str(data_dir),
            "CALLFLOW_PORT_BASE": str(self.base),
            **environment,
        }
        self._certificate = environment.get("CALLFLOW_TLS_CERTIFICATE")
        self.url = f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.base}"
        self._process: asyncio.subprocess.Process | Forked | None = None
        self._client: httpx.AsyncClient | None = None

    @property
    def agi_port(self) -> int:
        return self.base + 573

    @property
    def number(self) -> str:
        """What people dial to reach it."""
        return Settings(data_dir=self.data_dir).station_number

    @property
    def api(self) -> httpx.AsyncClient:
        """The API with an administrator's token."""
        assert self._client is not None, "start it first"
        return self._client

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:  # what began must not stay, nor keep its ports
            with contextlib.suppress(Exception):
                await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Returns when the API answers and every role has said that it lives."""
        self._process = await self._spawn(*self.command)
        await self.meet()

    async def meet(self) -> None:
        """Returns when whatever was begun answers as ``start`` says."""
        self._client = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1",
            trust_env=False,
            timeout=20,
            verify=ssl.create_default_context(cafile=self._certificate),
        )
        await self.until(self._answers, within=120)
        self._client.headers["Authorization"] = f"Bearer {await self._token()}"
        await self.until(self._ready, within=120)

    async def stop(self) -> None:
        """SIGTERM; it must end by itself, in order."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(30):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        assert code == 0, f"callflow serve ended with {code}: {self.log('telephony')}"

    async def crash(self) -> None:
        """kill -9 of the supervisor alone; ``start`` begins another on the same data folder."""
        assert self._client is not None
        assert self._process is not None
        await self._client.aclose()
        self._client = None
        process, self._process = self._process, None
        process.kill()
        await process.wait()

    async def begun(self) -> None:
        """It runs: begun again where a test that failed has left it killed."""
        if self._process is None:
            await self.start()

    async def _spawn(self, *arguments: str) -> asyncio.subprocess.Process | Forked:
        if self.forks and (pid := forked.station(*arguments, environment=self.environment)):
            return Forked(pid)
        return await asyncio.create_subprocess_exec(
            *self._command(*arguments), env=self.environment
        )

    def _command(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "callflow", *arguments)

    async def cli(self, *arguments: str, typed: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """One command of the product's on this instance, with ``typed`` on its standard input; what
        it prints. It must end with one of ``codes``."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate(typed.encode())
        assert process.returncode in codes, (arguments, output)
        return output.decode()

    async def closes_personal(self, incident: str) -> None:
        """An operator's program and a supervisor's close a personal alarm together (D30)."""
        path, why = f"/incidents/{incident}/close", {"code": "test", "text": "a test"}
        asked = await self.api.post(path, json=why)
        assert asked.status_code == 403, asked.text
        await self.signs(incident)

    async def signs(self, incident: str) -> None:
        """A supervisor's program closes what somebody asked to have closed (D30)."""
        path, why = f"/incidents/{incident}/close", {"code": "test", "text": "a test"}
        signer = {"Authorization": f"Bearer {await self._token('supervisor')}"}
        signed = await self.api.post(path, json=why, headers=signer)
        assert signed.is_success, signed.text

    async def _token(self, role: str = "administrator") -> str:
        """A program's."""
        wanted, now = users.Role(role), clock.now()
        return await self.writes(lambda tx, _: users.create_token(tx, wanted, "cli", now))

    async def writes(self, fact: Callable[[Tx, Vault], T]) -> T:
        """What a command would, written by this process: a command takes a second of CPU or two,
        most of it imports. The first tutorial's path and the command line's tests go that way."""
        url = self.environment.get("CALLFLOW_DATABASE_URL", "")
        settings = Settings(data_dir=self.data_dir, database_url=url)

        def write() -> T:
            with open_rows(settings) as (store, vault):
                return store.write_now(lambda tx: fact(tx, vault))

        return await asyncio.to_thread(write)

    async def user(self, name: str, password: str, role: str = "operator") -> None:
        """Somebody new, who logs in."""
        kept, now = await asyncio.to_thread(users.hash_password, password), clock.now()
        wanted = users.Role(role)
        await self.writes(
            lambda tx, _: users.create_user(tx, name, wanted, kept, now, language="fr")
        )

    async def _answers(self) -> bool:
        try:
            return (await self.api.get(f"{self.url}/healthz")).is_success
        except httpx.TransportError:
            return False

    async def _ready(self) -> bool:
        try:
            health = (await self.api.get("/health")).json()
        except httpx.TransportError:
            return False
        return len(health.get("processes", ())) == 4

    # --- what a test asks and does ---

    async def until(self, fact: Callable[[], Any], within: float = 30.0) -> None:
        """Wait until ``fact``, which may answer with an awaitable, is true.

        What must be asked of the station is asked less and less often: twenty questions a second of
        each who waits would be most of its work.
        """
        pause = _MOMENT
        async with asyncio.timeout(within):
            while True:
                answer = fact()
                asked = inspect.isawaitable(answer)
                if await answer if asked else answer:
                    return
                await asyncio.sleep(pause)
                if asked:
                    pause = min(pause * _SLOWER, _LONGEST_PAUSE)

    @staticmethod
    async def moment() -> None:
        """Time in which something may happen."""
        await asyncio.sleep(_MOMENT)

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        answer = await self.api.put(path, json=dict(body))
        assert answer.is_success, answer.text

    async def alarm(self, account: str, code: str = "BA", zone: str = "1") -> None:
        """A panel's message, acknowledged."""
        body = {"account": account, "code": code, "zone": zone, "text": "test"}
        answer = await self.api.post("/signals", json=body)
        assert answer.status_code == 201, answer.text

    async def incidents(self, **wanted: str) -> list[dict[str, Any]]:
        """What the API shows, all pages."""
        return await self._all("/incidents", wanted)

    async def logbook(self, **wanted: str) -> list[dict[str, Any]]:
        """Every entry that the API shows, all pages."""
        return await self._all("/logbook", wanted)

    async def texts_stored(self) -> Counter[str]:
        """How often each text that was sent stands in ``GET signals``.

        What the station finds out itself (a trunk that the load kept from answering) is left out.
        """
        signals = await self._all("/signals", {})
        return Counter(signal["text"] for signal in signals if signal["format"] != "station")

    async def _all(self, path: str, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = {**wanted, "limit": "200"}
        while True:
            page = (await self.api.get(path, params=query)).json()
            found += page["items"]
            if page["next"] is None:
                return found
            query["after"] = page["next"]

    def processes(self) -> Iterator[tuple[Path, list[str]]]:
        """This instance's: each one's folder of ``/proc``, and the words of its command."""
        return marked.processes(f"CALLFLOW_DATA_DIR={self.data_dir}")

    def pids(self, role: str) -> list[int]:
        """The processes of one role of this instance."""
        of_it = ["--only", role]
        return [int(folder.name) for folder, words in self.processes() if words[-2:] == of_it]

    def kill(self, role: str) -> None:
        """kill -9 of one role."""
        for pid in self.pids(role):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def log(self, role: str, lines: int = 20) -> str:
        """The end of a role's log."""
        file = self.data_dir / "logs" / f"{role}.log"
        if not file.exists():
            return "(no log)"
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])
