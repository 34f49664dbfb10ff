"""Asterisk's control socket, spoken directly: what `asterisk -rx` does, without its 30 ms."""

import socket
import struct
from pathlib import Path


class ControlError(Exception):
    """The Asterisk behind a control socket does not answer."""


def command(control_socket: Path, text: str, timeout_s: float = 10.0) -> str:
    """Runs one CLI command and returns what it printed. Raises ControlError.

    Asterisk lets two wait at its socket (`listen(2)`), and a socket that Python gave a time-out is
    refused at once where those are there; the kernel's own time-outs let it wait like them.
    """
    if not text.isprintable():
        raise ValueError("a CLI command is one printable line")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            for way in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                link.setsockopt(socket.SOL_SOCKET, way, _timeval(timeout_s))
            link.connect(str(control_socket))
            _greeting(link)
            link.sendall(f"cli quit after {text}\0".encode())
            return _all_of(link).decode("utf-8", errors="replace")
    except BlockingIOError as error:
        raise ControlError(f"{control_socket}: no answer within {timeout_s:g} s") from error
    except OSError as error:
        raise ControlError(f"{control_socket}: {error}") from error


def _timeval(seconds: float) -> bytes:
    whole = int(seconds)
    return struct.pack("@ll", whole, max(1, int((seconds - whole) * 1e6)))


def _greeting(link: socket.socket) -> None:
    """The line `host/pid/version`."""
    heard = b""
    while not heard.endswith(b"\n") and len(heard) < 1000:
        byte = link.recv(1)
        if not byte:
            raise ConnectionError("closed before its greeting")
        heard += byte


def _all_of(link: socket.socket) -> bytes:
    chunks = []
    while chunk := link.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks).replace(b"\0", b"")
