"""Settings of who is let in: sessions, second factors, an OIDC provider."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

from callflow.core.people.users import PEOPLE, Role

Secret = Annotated[str, Field(repr=False)]


def _address(value: str) -> str:
    """An address without a path's end; https, but on this machine itself."""
    if not value:
        return value
    parts = urlsplit(value)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError("an address such as https://alarms.example.com")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("https, except on this machine itself")
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    """True where a host is this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


Address = Annotated[str, AfterValidator(_address)]
#: Roles of people, most first: who has several in the directory gets the first of these.
_MOST_FIRST = tuple(reversed(PEOPLE))


class AccessSettings(BaseSettings):
    """Who is let in, and how."""

    #: How people's browsers reach the pages, where it isn't what their requests say (a proxy).
    public_url: Address = ""
    #: Networks of the proxies before the pages: what they say of their clients' addresses is true.
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    #: Seconds without a request or an open page after which a session is over.
    session_idle: float = Field(1800.0, ge=60)
    #: Roles that need a second factor: until they have one, they see the page to add it only.
    second_factor_roles: tuple[Role, ...] = ()

    #: Log-in by the company's directory (OpenID Connect): its issuer's address; empty: none.
    oidc_issuer: Address = ""
    oidc_client_id: str = ""
    oidc_client_secret: Secret = ""
    oidc_scope: str = "openid profile email"
    #: The claim of the ID token that names groups or roles, and which of them is which role here.
    oidc_claim: str = "groups"
    oidc_roles: dict[str, Role] = {}
    #: The claim that names people here, when they come for the first time.
    oidc_name_claim: str = "preferred_username"
    #: ``directory``: who comes by the directory can't log in with a password of ours.
    oidc_passwords: Literal["both", "directory"] = "both"

    @model_validator(mode="after")
    def _provider(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("oidc_issuer needs oidc_client_id and oidc_roles")
        if set(self.oidc_roles.values()) - set(PEOPLE):
            raise ValueError(f"oidc_roles gives one of {', '.join(PEOPLE)}")
        return self

    def oidc_role(self, groups: list[str]) -> Role | None:
        """The role of who has these groups: the one with most rights; None: none of ours."""
        given = {self.oidc_roles[group] for group in groups if group in self.oidc_roles}
        return next((role for role in _MOST_FIRST if role in given), None)
