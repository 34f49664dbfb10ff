"""A site, its accounts, zones and people as declared. Secrets are as the vault keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Coded, Role, SiteState


@dataclass(frozen=True, slots=True)
class Client:
    """Whose sites some are (D1)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DeclaredSite:
    """What is kept of a site itself."""

    id: str
    client_id: str
    name: str
    address: str
    postcode: str
    latitude: float | None  # degrees (WGS 84), both or neither
    longitude: float | None
    police_agreement: str
    timezone: str  # an IANA name
    language: str
    state: SiteState
    state_since: datetime | None  # None: since before that was kept
    shadow_since: datetime | None  # another system acts for it; None: this one does
    recognition_word: bytes | None
    password: bytes | None
    duress_password: bytes | None
    plans: dict[str, str]  # {kind or "*": plan}
    plan_rules: list[dict[str, Any]]  # core/plans/choice.py
    plan_overrides: dict[str, dict[str, Any]]  # {plan: core/plans/overrides.py}
    schedule: dict[str, Any] | None  # core/sites/schedule.py
    schedule_due: datetime | None  # when its arming is looked at next
    rules: dict[str, Any]  # site.Rules
    cameras: list[dict[str, Any]]  # handling/sites/cameras.py
    changed_at: datetime
    client_name: str


@dataclass(frozen=True, slots=True)
class Account:
    """A panel's number, and what is known of its panel."""

    account: str
    site_id: str | None
    dc09_key: bytes | None
    last_heard: datetime | None
    skew: float | None  # seconds that its clock is ahead of ours
    last_line: str  # where it was heard
    line: str | None  # where it is declared to be heard
    phone: str | None  # the number it is declared to call from
    maker: str | None  # of its panel
    poll_every: float | None  # seconds
    poll_since: datetime | None
    silent: bool
    test_every: float | None  # hours
    test_due: datetime | None
    untested: bool
    arrival_due: datetime | None  # "arrived well" is expected by then


@dataclass(frozen=True, slots=True)
class Zone:
    """A declared zone; ``kind`` overrides the event table."""

    account: str
    zone: str
    name: str
    kind: Kind | None
    site_id: str


@dataclass(frozen=True, slots=True)
class Person(Coded):
    """A contact, whatever part they play."""

    password: bytes | None
    duress_password: bytes | None
    availability: dict[str, Any] | None  # core/time/availability.py; None: always


@dataclass(frozen=True, slots=True)
class Called(Person):
    """A contact in a part at a site."""

    role: Role
    rank: int
    authorities: Mapping[str, Sequence[str]]  # {kind or "*": site.Authority}
    keys_held: bool
    site_id: str


@dataclass(frozen=True, slots=True)
class SectorFirm(Person):
    """A guard firm, at every site whose postcode begins like one of its ``sectors``."""

    sectors: tuple[str, ...]
    rank: int
