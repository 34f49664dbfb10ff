"""Settings of who is let in: sessions, second factors, an OIDC provider."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from callflow.core.people.users import PEOPLE, Role
from callflow.core.station.addresses import Header, Network, is_loopback, network_of
from callflow.settings.listeners import EVERYBODY, Allowed, listed

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


def _telephone(value: str) -> str:
    """Where WebSockets are opened; wss, but on this machine itself."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    if value and (parts.scheme not in ("ws", "wss") or not host or parts.query or parts.fragment):
        raise ValueError("an address such as wss://alarms.example.com/ws")
    if parts.scheme == "ws" and not is_loopback(host):
        raise ValueError("wss, except on this machine itself")
    return value


Address = Annotated[str, AfterValidator(_address)]
#: Roles of people, most first: who has several in the directory gets the first of these.
_MOST_FIRST = tuple(reversed(PEOPLE))


class AccessSettings(BaseSettings):
    """Who is let in, and how."""

    #: How people's browsers reach the pages, such as https://alarms.example.com. Left out, they
    #: have whatever name requests say; with it, other names are refused.
    public_url: Address = ""
    #: Further names of the pages, with commas between. Passkeys are the first one's.
    public_urls: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(listed)] = ()
    #: Networks of the proxies before the pages and the browsers' telephones: what they say of their
    #: clients' addresses is true.
    trusted_proxies: Allowed = ()
    #: The header in which they say it, to whose end each of them adds: x-forwarded-for or forwarded
    #: (RFC 7239). The other one is nobody's word.
    proxy_header: Header = "x-forwarded-for"
    #: Where browsers' telephones connect, such as wss://phones.example.com/ws. Left out: behind a
    #: trusted proxy ``/ws`` of the pages' name, else a port of the station's own.
    telephone_url: Annotated[str, AfterValidator(_telephone)] = ""
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

    @field_validator("trusted_proxies")
    @classmethod
    def _not_everybody(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if EVERYBODY & set(value):
            raise ValueError("name the proxies alone: of everybody, anybody could be anybody")
        return value

    @model_validator(mode="after")
    def _provider(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("oidc_issuer needs oidc_client_id and oidc_roles")
        if set(self.oidc_roles.values()) - set(PEOPLE):
            raise ValueError(f"oidc_roles gives one of {', '.join(PEOPLE)}")
        return self

    @property
    def all_public_urls(self) -> tuple[str, ...]:
        """Every name that the pages were given, the first one first."""
        return tuple(dict.fromkeys(filter(None, (self.public_url, *self.public_urls))))

    @property
    def proxies(self) -> tuple[Network, ...]:
        """``trusted_proxies``, to be compared with."""
        return tuple(map(network_of, self.trusted_proxies))

    def oidc_role(self, groups: list[str]) -> Role | None:
        """The role of who has these groups: the one with most rights; None: none of ours."""
        given = {self.oidc_roles[group] for group in groups if group in self.oidc_roles}
        return next((role for role in _MOST_FIRST if role in given), None)
