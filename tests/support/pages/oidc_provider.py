"""A company's directory on loopback: a small, real OpenID Connect provider that can lie.

It lets whoever asks in as ``person`` without a page of its own, checks what a provider must
(client, secret, redirect address, PKCE, a code is used once), and signs with its own key.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from callflow import clock

CLIENT, SECRET = "callflow", "between the two of us"
Claims = dict[str, Any]


class Provider:
    """Began at once; ``claims`` of who comes, and lies told by ``lie``, may be changed between."""

    def __init__(self) -> None:
        self.key = _key("own")
        self.other_key = _key("other")  # nobody published it
        self.person: Claims = {
            "sub": "u-17",
            "preferred_username": "claire.martin",
            "groups": ["staff", "operators"],
        }
        self.lie: Callable[[Claims], Claims] = lambda claims: claims
        self.signed_by: RSAKey | None = None
        #: What becomes of the signed token on its way.
        self.altered: Callable[[str], str] = str
        self.algorithm = "RS256"
        self.userinfo: Claims | None = None
        self.extra_back: dict[str, str] = {}
        self.asked: list[str] = []
        self._codes: dict[str, Claims] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def described(self) -> Claims:
        """Discovery's document."""
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return {**found, "userinfo_endpoint": f"{self.issuer}/me"} if self.userinfo else found

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes on."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer, **self.extra_back}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> Claims | None:
        """Tokens for a code; None: refused."""
        query = self._codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "").encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        basic = base64.b64encode(f"{CLIENT}:{quote_plus(SECRET)}".encode()).decode()
        if (
            query is None
            or digest != query["code_challenge"]
            or form.get("redirect_uri") != query["redirect_uri"]
            or form.get("grant_type") != "authorization_code"
            or authorization != f"Basic {basic}"
        ):
            return None
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
            **self.person,
        }
        key = self.signed_by or self.key
        header = {"alg": self.algorithm, "kid": self.key.kid}
        signed = jwt.encode(header, self.lie(claims), key, algorithms=[self.algorithm])
        return {
            "access_token": "let me in",
            "token_type": "Bearer",
            "id_token": self.altered(signed),
        }


@functools.cache  # each takes as long as a whole log-in
def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            if parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answers: dict[str, Callable[[], Claims | None]] = {
                "/.well-known/openid-configuration": provider.described,
                "/keys": lambda: {"keys": [provider.key.as_dict(private=False)]},
                "/me": lambda: provider.userinfo,
            }
            found = answers.get(parts.path)
            self._say(found() if found else None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            form = parse_qs(self.rfile.read(length).decode())
            plain = {name: values[0] for name, values in form.items()}
            self._say(provider.token(plain, self.headers.get("Authorization", "")))

        def _say(self, found: Claims | None) -> None:
            body = json.dumps(found if found is not None else {"error": "invalid"}).encode()
            self.send_response(200 if found is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    return Handler
