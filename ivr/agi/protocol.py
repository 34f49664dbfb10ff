"""AGI over a socket: one session with Asterisk, hardened (docs/explanation/telephony.md#fastagi).

A peer that goes away says so in six ways: end of file, a reset, ``HANGUP`` alone or glued to the
next answer, ``511``, ``result=-1``, and silence. All are ``Gone`` here. ``Gone`` is not the call's
end: a redirect looks the same, and only AMI's Hangup tells.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callflow import clock

HEADER_LIMIT = 16 * 1024
HEADER_PATIENCE = 5.0  # seconds for the whole header
COMMAND_LIMIT = 2048
ANSWER_LIMIT = 4096
#: Seconds that Asterisk may take over a command that waits for nobody.
PATIENCE = 5.0


class Gone(Exception):
    """The session is over. The call may go on elsewhere, or reach a next server."""


class BadHeader(Exception):
    """Not an Asterisk, or one gone mad: too long, too slow, or no AGI header."""


class BadCommand(Exception):
    """Our bug: a command that must not be sent, or that Asterisk does not know."""


class NotPlayed(Exception):
    """The channel is there, and Asterisk could not play the file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``200 result=RESULT (DATA)``."""

    result: str
    data: str = ""

    @property
    def timed_out(self) -> bool:
        return self.data == "timeout"


_ANSWER = re.compile(r"200 result=([^ ]*)(?: \((.*)\))?")
_CHANNEL_ID = re.compile(r"[-.0-9A-Za-z_]{1,100}")


class Peer(asyncio.Protocol):
    """One connection. ``begun`` is told of it once it stands.

    A protocol and no stream: a call has a dozen answers, and a stream takes as long over each as
    all the rest of it.
    """

    _transport: asyncio.Transport  # from connection_made on

    def __init__(self, begun: Callable[[Peer], None]) -> None:
        self._begun = begun
        self._loop = asyncio.get_running_loop()
        self._unread = b""
        self._over: Exception | None = None  # why nothing more comes
        self._wanted = b"", 0
        self._waits: asyncio.Future[bytes] | None = None
        self._paused = False

    async def until(self, end: bytes, longest: int, within: float) -> bytes:
        """What it sends up to ``end``, and that. Raises TimeoutError after so many seconds,
        ValueError where that is ``longest`` bytes away, OSError or EOFError where it is gone."""
        self._wanted = end, longest
        if (there := self._take()) is not None:
            return there
        waits: asyncio.Future[bytes] = self._loop.create_future()
        self._waits = waits
        late = self._loop.call_later(within, self._fail, TimeoutError())
        try:
            return await waits
        finally:
            late.cancel()
            self._waits = None

    @property
    def host(self) -> str:
        """Its address."""
        return str(self._transport.get_extra_info("peername")[0])

    def send(self, data: bytes) -> None:
        """As soon as it takes it: a peer that reads nothing is sent no second command."""
        self._transport.write(data)

    def close(self) -> None:
        """Once all is sent."""
        self._transport.close()

    def abort(self) -> None:
        """Now."""
        self._transport.abort()

    def _take(self) -> bytes | None:
        """What is wanted, where it has come. Raises what ``until`` raises."""
        end, longest = self._wanted
        at = self._unread.find(end)
        if at > longest or (at < 0 and len(self._unread) > longest):
            raise ValueError("too long")
        if at < 0 and self._over is not None:
            raise self._over
        if at < 0:
            return None
        at += len(end)
        taken, self._unread = self._unread[:at], self._unread[at:]
        self._flow()
        return taken

    def _look(self) -> None:
        if self._waits is None or self._waits.done():
            return
        try:
            taken = self._take()
        except Exception as error:
            self._fail(error)
        else:
            if taken is not None:
                self._waits.set_result(taken)

    def _fail(self, error: Exception) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(error)

    def _flow(self) -> None:
        """Whoever talks without being asked is not listened to for ever."""
        full = len(self._unread) > HEADER_LIMIT
        if full != self._paused and self._over is None:
            self._paused = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._begun(self)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        self._look()
        self._flow()

    def eof_received(self) -> bool:
        """It says no more, and may still read."""
        self._over = EOFError("the connection ended")
        self._look()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = exc if isinstance(exc, OSError) else EOFError("the connection ended")
        self._look()


async def read_header(peer: Peer) -> dict[str, str]:
    """The AGI variables; of one that comes twice the first counts, as Asterisk sends the caller's
    texts last. Raises BadHeader.
    """
    try:
        sent = await peer.until(b"\n\n", HEADER_LIMIT, HEADER_PATIENCE)
    except (TimeoutError, ValueError, EOFError, OSError) as error:
        raise BadHeader(type(error).__name__) from error
    header: dict[str, str] = {}
    for line in sent.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.startswith("agi_"):
            header.setdefault(name, value.strip())
    if "agi_uniqueid" not in header:
        raise BadHeader("it has no agi_uniqueid")
    return header


class Session:
    """One call's AGI session. Digits typed between two commands are lost: keep it busy."""

    def __init__(self, peer: Peer, header: Mapping[str, str]) -> None:
        self._peer = peer
        self.header = header

    @property
    def channel_id(self) -> str:
        """The call's id; "" where it is none that we could have given."""
        channel = self.header.get("agi_uniqueid", "")
        return channel if _CHANNEL_ID.fullmatch(channel) else ""

    @property
    def route(self) -> str:
        """The path of the agi:// address, without its query."""
        script = self.header.get("agi_network_script", "")
        return script.partition("?")[0].strip("/")

    @property
    def secret(self) -> str:
        """What the dialplan says first to its AGI(), and nobody else knows; never logged."""
        return self.header.get("agi_arg_1", "")

    async def get_data(self, file: str, timeout_s: float, digits: int) -> Answer:
        """Plays ``file`` and reads up to ``digits`` keys, already during it; ``#`` ends."""
        longest = 180.0 + timeout_s * (digits + 1)
        command = f"GET DATA {_word(file)} {int(timeout_s * 1000)} {digits}"
        return await self._play(command, longest)

    async def stream(self, file: str, keys: str = "") -> str:
        """Plays ``file`` to its end, or to one of ``keys``, which is returned."""
        answer = await self._play(f"STREAM FILE {_word(file)} {_word(keys)}", 180.0)
        return chr(int(answer.result)) if answer.result not in ("", "0") else ""

    async def record(self, file: str, keys: str, longest_s: float, pause_s: float) -> str:
        """Writes what the far end says to ``file``.sln, until one of ``keys``, which is returned,
        or, "", until it is silent for ``pause_s`` or spoke for ``longest_s``."""
        ends = f"{int(longest_s * 1000)} s={int(pause_s)}"
        answer = await self._play(f"RECORD FILE {_word(file)} sln {_word(keys)} {ends}", 180.0)
        return chr(int(answer.result)) if answer.result not in ("", "0") else ""

    async def set_variable(self, name: str, value: str) -> None:
        await self.command(f"SET VARIABLE {name} {_word(value)}")

    async def run(self, application: str, arguments: str = "", longest: float = PATIENCE) -> None:
        """Runs an application of the dialplan. Raises Gone, and BadCommand where it has none."""
        answer = await self.command(f"EXEC {application} {_word(arguments)}", longest)
        if answer.result == "-1":
            raise Gone("hung up")
        if answer.result == "-2":
            raise BadCommand(f"Asterisk has no {application}")

    async def _play(self, command: str, longest: float) -> Answer:
        answer = await self.command(command, longest)
        if answer.result == "-1":  # hung up, or the file can't be played
            status = await self.command("CHANNEL STATUS")
            if status.result == "-1":
                raise Gone("hung up")
            raise NotPlayed(command)
        return answer

    async def command(self, line: str, longest: float = PATIENCE) -> Answer:
        """Sends one command and waits for its answer. Raises Gone, BadCommand."""
        if len(line.encode()) >= COMMAND_LIMIT or not line.isprintable():
            raise BadCommand("too long, or control characters in it")
        self._peer.send(line.encode() + b"\n")
        return await self._answer(clock.monotonic() + longest)

    async def _answer(self, by: float) -> Answer:
        line = await self._line(by)
        found = _ANSWER.match(line)
        if found:
            return Answer(found[1], found[2] or "")
        if line.startswith("511"):
            raise Gone("the channel is dead")
        if line.startswith("520-"):
            while not (await self._line(by)).startswith("520 "):
                pass
        raise BadCommand(f"Asterisk answered {line[:80]!r}")

    async def _line(self, by: float) -> str:
        try:
            line = await self._peer.until(b"\n", ANSWER_LIMIT, by - clock.monotonic())
        except (TimeoutError, ValueError, EOFError, OSError) as error:
            raise Gone(str(error) or type(error).__name__) from error
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith("HANGUP"):
            raise Gone("hung up")
        return text


def _word(text: str) -> str:
    """One argument, quoted as Asterisk's parse_args reads it: folders may have spaces."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
