"""``certificate``: the one that pages, browsers' telephones and SIP over TLS show."""

import fcntl
import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator

import typer
from cryptography import x509

from callflow import clock
from callflow.commands.base import group, settings_of_this_run
from callflow.commands.station.station import lock_file
from callflow.settings.config import Settings

certificate = group("The certificate that the station shows.")

#: Seconds in which everybody shows the new one; for one connection; between two looks.
_SHOWN_WITHIN, _PATIENCE, _PAUSE = 30.0, 3.0, 0.2


@certificate.command("reload")
def certificate_reload() -> None:
    """Take the certificate and key that the files hold now; no call and no session ends."""
    settings = settings_of_this_run()
    wanted = _examined(settings)
    os.kill(_supervisor(settings), signal.SIGHUP)
    for what, place in _listeners(settings):
        _wait_until_shown(what, place, wanted)
        typer.echo(f"{what}: shown")


def _examined(settings: Settings) -> bytes:
    """The certificate (DER), which fits its key and is valid now. Raises BadParameter, OSError."""
    file, key = settings.tls_certificate, settings.tls_key
    if file is None or key is None:
        raise typer.BadParameter("CALLFLOW_TLS_CERTIFICATE and CALLFLOW_TLS_KEY are not set")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, key)
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (ssl.SSLError, ValueError) as error:
        raise typer.BadParameter(
            f"{file} and {key} are no certificate with its key, and the old one stays: {error}"
        ) from None
    now = clock.now()
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        raise typer.BadParameter(
            f"{file} is valid from {found.not_valid_before_utc} to {found.not_valid_after_utc}, and"
            " the old one stays"
        )
    return _der(found)


def _der(found: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return found.public_bytes(Encoding.DER)


def _supervisor(settings: Settings) -> int:
    """The process of the station that runs here. Raises OSError where none does."""
    none = OSError(f"no station runs in {settings.data_dir}: it reads the files when it begins")
    try:
        with lock_file(settings).open() as lock:
            if _can_be_locked(lock.fileno()):
                raise none
            return int(lock.read())
    except (FileNotFoundError, ValueError):
        raise none from None


def _can_be_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _listeners(settings: Settings) -> Iterator[tuple[str, tuple[str, int]]]:
    """Who shows it, and where."""
    ports, host = settings.ports, settings.reached_at("web")
    yield "pages", (host, ports.web)
    if settings.asterisk == "embedded":
        yield "telephones in browsers", (host, ports.asterisk_wss)
        if settings.sip_tls:
            yield "SIP over TLS", (settings.reached_at("sip"), ports.sip_tls)


def _wait_until_shown(what: str, place: tuple[str, int], wanted: bytes) -> None:
    """Raises TimeoutError."""
    deadline = clock.monotonic() + _SHOWN_WITHIN
    while _shown(place) != wanted:
        if clock.monotonic() > deadline:
            raise TimeoutError(f"{what} at {place[0]}:{place[1]} still show another certificate")
        threading.Event().wait(_PAUSE)


def _shown(place: tuple[str, int]) -> bytes | None:
    """The certificate that is shown there; None: nothing is."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection(place, timeout=_PATIENCE) as plain,
            anybody.wrap_socket(plain, do_handshake_on_connect=True) as secure,
        ):
            return secure.getpeercert(binary_form=True)
    except OSError:
        return None
