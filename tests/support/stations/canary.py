"""A camera on loopback that remembers who connected and what was asked: nobody should."""

from __future__ import annotations

import http.server
import threading
from typing import Any, Self


class Canary(http.server.ThreadingHTTPServer):
    """A context: while entered, it listens on a port of its own.

    ``connected`` counts connections, ``asked`` holds (path, Referer), ``rung`` is set at the first.
    """

    def __init__(self) -> None:
        self.connected = 0
        self.asked: list[tuple[str, str | None]] = []
        self.rung = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.connected += 1
        return True

    def link(self, path: str) -> str:
        """The address of a picture here."""
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Canary

    def do_GET(self) -> None:
        if self.path != "/favicon.ico":  # a browser's own, once a person looks at the camera
            self.server.asked.append((self.path, self.headers["Referer"]))
        self.send_response(200)
        self.end_headers()
        self.server.rung.set()

    def log_message(self, format: str, *args: Any) -> None:
        """The test says what matters."""
