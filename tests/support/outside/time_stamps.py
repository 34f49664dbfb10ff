"""A time stamp's service on loopback (RFC 3161), made by openssl; its authority and another one."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[service]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/service.pem
signer_key = {folder}/service.key
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
accuracy = secs:1
ess_cert_id_chain = no
"""


def _openssl(*arguments: str | Path) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True)
    return done.stdout


@dataclass
class Answer:
    """What is done to each answer, where it is not as it should be."""

    spoilt: str = ""  # "", "nothing", "error", "long", "another"


class StampService:
    """Answers at ``url``; ``authority`` is the PEM file that vouches for it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.authority = self.folder / "authority.pem"
        self.answer = Answer()
        self._first = b""
        self._make()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                status, said = service.answered(asked)
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/stamp"

    def _make(self) -> None:
        folder, configuration = self.folder, self.folder / "configuration"
        configuration.write_text(_CONFIGURATION.format(folder=folder, name="Essai"))
        (folder / "serial").write_text("01\n")
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        of = ("-config", configuration, "-days", "3")
        _openssl("req", "-x509", *new, *of, "-extensions", "ca",
                 "-keyout", folder / "authority.key", "-out", self.authority)  # fmt: skip
        configuration.write_text(_CONFIGURATION.format(folder=folder, name="Horodatage"))
        signed = ("-CA", self.authority, "-CAkey", folder / "authority.key")
        _openssl("req", "-x509", *new, *of, *signed, "-extensions", "service",
                 "-keyout", folder / "service.key", "-out", folder / "service.pem")  # fmt: skip

    def answered(self, asked: bytes) -> tuple[int, bytes]:
        """(status, answer)"""
        spoilt = self.answer.spoilt
        if spoilt in ("nothing", "error", "long"):
            said = {"nothing": b"", "error": b"away", "long": bytes(300_000)}[spoilt]
            return 500 if spoilt == "error" else 200, said
        if spoilt == "another" and self._first:
            return 200, self._first
        query = self.folder / "query"
        query.write_bytes(asked)
        configuration = self.folder / "configuration"
        self._first = _openssl("ts", "-reply", "-queryfile", query, "-config", configuration)
        return 200, self._first

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()
