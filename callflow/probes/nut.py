"""A client of NUT's network protocol (RFC 9271), as far as it is needed to look: LIST VAR.

It logs in nowhere and sets nothing. What a server says is text from outside: so many lines of so
many characters, within so many seconds.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from callflow import clock
from callflow.settings.power import Device, PowerSettings

#: Seconds in which a server must have told everything.
_WITHIN = 3.0
_LONGEST_LINE, _MOST_LINES = 1024, 500
#: ``VAR <device> <variable> "<value>"``, quotes and backslashes escaped (RFC 9271, 4.2.4).
_VAR = re.compile(r'VAR (\S+) (\S+) "((?:[^"\\]|\\.)*)"')


class NutError(Exception):
    """A server could not be asked, or does not know; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """How servers are asked. ``context`` None: in clear."""

    user: str = ""
    password: str = ""
    context: ssl.SSLContext | None = None


def access(settings: PowerSettings) -> Access:
    """As the settings will have it. Raises OSError where a file of them can't be read."""
    file, context = settings.ups_password_file, None
    if settings.ups_tls:
        context = ssl.create_default_context(cafile=settings.ups_authorities)
    password = file.read_text(encoding="utf-8").splitlines()[0] if file is not None else ""
    return Access(user=settings.ups_user, password=password, context=context)


def variables(device: Device, by: Access) -> dict[str, str]:
    """What a device's driver tells. Takes a few seconds at most. Raises NutError."""
    try:
        with ExitStack() as opened:
            return _Conversation(device, by, opened).variables(device.name)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise NutError(f"{device.host}:{device.port}: {error}") from error


class _Conversation:
    def __init__(self, device: Device, by: Access, opened: ExitStack) -> None:
        self._until = clock.monotonic() + _WITHIN
        self._socket = opened.enter_context(
            socket.create_connection((device.host, device.port), timeout=_WITHIN)
        )
        self._heard = b""
        if by.context is not None:
            self._ask("STARTTLS")
            self._heard = b""  # nothing that was said in clear counts
            self._socket = opened.enter_context(
                by.context.wrap_socket(self._socket, server_hostname=device.host)
            )
        for word, value in (("USERNAME", by.user), ("PASSWORD", by.password)):
            if value:
                self._ask(f"{word} {_quoted(value)}")

    def variables(self, name: str) -> dict[str, str]:
        begin = self._ask(f"LIST VAR {name}")
        if begin != f"BEGIN LIST VAR {name}":
            raise ValueError(f"answers {begin[:80]!r}")
        return dict(self._until_the_end(f"END LIST VAR {name}"))

    def _until_the_end(self, end: str) -> Iterator[tuple[str, str]]:
        for _ in range(_MOST_LINES):
            line = self._line()
            if line == end:
                return
            if found := _VAR.fullmatch(line):
                yield found[2], re.sub(r"\\(.)", r"\1", found[3])
        raise ValueError("tells more than a UPS has to say")

    def _ask(self, what: str) -> str:
        self._hurry()
        self._socket.sendall(f"{what}\n".encode())
        said = self._line()
        if said.startswith("ERR "):
            raise ValueError(f"refuses {what.partition(' ')[0]}: {said[4:84]}")
        return said

    def _line(self) -> str:
        while b"\n" not in self._heard:
            if len(self._heard) > _LONGEST_LINE:
                raise ValueError("says a line without an end")
            self._hurry()
            more = self._socket.recv(4096)
            if not more:
                raise ValueError("hangs up")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def _hurry(self) -> None:
        left = self._until - clock.monotonic()
        if left <= 0:
            raise TimeoutError("does not answer in time")
        self._socket.settimeout(left)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
