"""Log-in by the company's directory: OpenID Connect's code flow with PKCE (RFC 7636), state, nonce.

What comes back is believed only where it is signed by the issuer that the settings name, for us,
for this very log-in, and lately.
"""

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from callflow.settings.config import Settings

#: Signatures by the issuer's private key: a shared secret would let us sign for it.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_TIMEOUT = 5.0
#: Seconds by which the issuer's clock may differ from ours, and how old an ID token may be.
_SKEW, _OLDEST = 60, 600


class DirectoryError(Exception):
    """The directory can't be used, or not be believed: its words are for the log, not for pages."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who the directory says somebody is."""

    subject: str
    name: str
    groups: list[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the issuer publishes of itself."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    by_post: bool  # its token address takes the secret in the form only


class Directory:
    """The issuer that the settings name. What it publishes is read once, its keys when needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._known: _Known | None = None
        self._keys: KeySet | None = None

    async def ask(self, back: str) -> tuple[str, dict[str, str]]:
        """Where to send the browser, and what to keep until it is ``back`` (an address of ours)."""
        known = await self._issuer()
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        digest = hashlib.sha256(kept["verifier"].encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": back,
            "scope": self._settings.oidc_scope,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        sign = "&" if urlsplit(known.authorization).query else "?"
        return f"{known.authorization}{sign}{urlencode(query)}", kept

    async def person(
        self, code: str, back: str, kept: dict[str, str], issuer: str | None, now: datetime
    ) -> Person:
        """Who came back with ``code``; ``issuer`` is who sends it, where it says so (RFC 9207)."""
        known = await self._issuer()
        if issuer is not None and issuer != known.issuer:
            raise DirectoryError(f"the answer is from another issuer: {issuer[:100]}")
        async with self._client() as client:
            tokens = await self._exchange(client, known, code, back, kept["verifier"])
            claims = await self._verified(client, known, tokens, kept["nonce"], now)
            if self._settings.oidc_claim not in claims and known.userinfo is not None:
                claims |= await _userinfo(client, known.userinfo, tokens, claims["sub"])
        return self._person(claims)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=_TIMEOUT, headers={"Accept": "application/json"})

    async def _issuer(self) -> _Known:
        async with self._lock:
            if self._known is None:
                wanted = self._settings.oidc_issuer
                async with self._client() as client:
                    found = await _json(client, f"{wanted}/.well-known/openid-configuration")
                self._known = _described(found, wanted)
            return self._known

    async def _exchange(
        self, client: httpx.AsyncClient, known: _Known, code: str, back: str, verifier: str
    ) -> dict[str, Any]:
        identity, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        # RFC 6749, section 2.3.1: each is encoded as in a form before it is joined.
        name, word = quote_plus(identity), quote_plus(secret)
        auth = httpx.BasicAuth(name, word) if secret and not known.by_post else None
        if auth is None:
            form |= {"client_id": identity, **({"client_secret": secret} if secret else {})}
        try:
            answer = await client.post(
                known.token, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT
            )
        except httpx.HTTPError as error:
            raise DirectoryError(f"{known.token}: {error!r}") from error
        return _object(answer)

    async def _verified(
        self,
        client: httpx.AsyncClient,
        known: _Known,
        tokens: dict[str, Any],
        nonce: str,
        now: datetime,
    ) -> dict[str, Any]:
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise DirectoryError("no ID token came")
        try:
            found = await self._decoded(client, known, token)
            at = int(now.timestamp())
            jwt.JWTClaimsRegistry(
                now=at,
                leeway=_SKEW,
                iss={"essential": True, "value": known.issuer},
                sub={"essential": True},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(found.claims)
            old = at - found.claims["iat"] > _OLDEST
        except (JoseError, ValueError, TypeError) as error:
            raise DirectoryError(f"the ID token can't be believed: {error!r}") from error
        claims = dict(found.claims)
        for_others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", self._settings.oidc_client_id if not for_others else None) != (
            self._settings.oidc_client_id
        ):
            raise DirectoryError("the ID token was given to somebody else")
        if old:
            raise DirectoryError("the ID token is old")
        return claims

    async def _decoded(self, client: httpx.AsyncClient, known: _Known, token: str) -> jwt.Token:
        """With the keys that are known, else with those of now: issuers change them."""
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                pass
        found = await _json(client, known.keys)
        self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
        return jwt.decode(token, self._keys, algorithms=_ALGORITHMS)

    def _person(self, claims: dict[str, Any]) -> Person:
        settings = self._settings
        groups = claims.get(settings.oidc_claim, [])
        groups = [groups] if isinstance(groups, str) else groups
        if not isinstance(groups, list):
            raise DirectoryError(f"{settings.oidc_claim} is neither a name nor a list of names")
        subject, name = claims["sub"], claims.get(settings.oidc_name_claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise DirectoryError("the subject is no text of at most 255 characters")
        named = isinstance(name, str) and 0 < len(name.strip()) <= 64 and name.isprintable()
        return Person(
            subject=subject,
            name=name.strip() if named and isinstance(name, str) else subject[:64],
            groups=[group for group in groups if isinstance(group, str)],
        )


def _described(found: dict[str, Any], wanted: str) -> _Known:
    issuer = found.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != wanted:
        raise DirectoryError(f"{wanted} says that it is {issuer!r}")
    places = [found.get(f"{part}") for part in ("authorization_endpoint", "token_endpoint")]
    addresses = [_address(place, wanted) for place in (*places, found.get("jwks_uri"))]
    userinfo = found.get("userinfo_endpoint")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return _Known(
        issuer=issuer,
        authorization=addresses[0],
        token=addresses[1],
        keys=addresses[2],
        userinfo=_address(userinfo, wanted) if userinfo else None,
        by_post="client_secret_basic" not in methods,
    )


def _address(found: object, wanted: str) -> str:
    """An address that the issuer names: as well protected as its own."""
    if not isinstance(found, str) or not found.startswith(f"{urlsplit(wanted).scheme}://"):
        raise DirectoryError(f"{wanted} names an address that can't be used: {found!r}")
    return found


async def _json(client: httpx.AsyncClient, address: str, **more: Any) -> dict[str, Any]:
    try:
        return _object(await client.get(address, **more))
    except httpx.HTTPError as error:
        raise DirectoryError(f"{address}: {error!r}") from error


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json() if answer.status_code == 200 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DirectoryError(f"{answer.url.copy_with(query=None)}: {answer.status_code}")
    return found


async def _userinfo(
    client: httpx.AsyncClient, address: str, tokens: dict[str, Any], subject: str
) -> dict[str, Any]:
    """More claims of the same person."""
    bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
    found = await _json(client, address, headers=bearer)
    if found.get("sub") != subject:
        raise DirectoryError("the directory tells of somebody else")
    return {name: value for name, value in found.items() if name not in ("iss", "aud", "sub")}
