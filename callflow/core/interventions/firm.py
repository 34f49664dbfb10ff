"""Firms of guards, and those that keep installations in order: what they are, who of them is there
(D22)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.sites.site import Coded, Role


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm, with the name and number of the contact that it is called by."""

    contact_id: str
    licence: str
    sectors: tuple[str, ...]  # each the beginning of a postcode
    rank: int
    tariff: str
    part: Role
    closed_at: datetime | None  # it works for nobody any more
    closed_by: str
    closed_because: str
    name: str
    phone: str | None
    language: str
    fax: str | None


@dataclass(frozen=True, slots=True)
class FirmMember(Coded):
    """Somebody of a firm, who calls with codes of their own."""

    firm_id: str
    mail: str


@dataclass(frozen=True, slots=True)
class ListedFirm:
    """A firm in the list; one that only sites name has no licence, rank and sectors."""

    id: str
    name: str
    phone: str | None
    part: Role
    rank: int | None
    licence: str | None
    sectors: tuple[str, ...] | None
    closed_at: datetime | None
    sites: int  # how many name it


@dataclass(frozen=True, slots=True)
class FirmAtSite:
    """A part of a firm at a site."""

    site_id: str
    contact_id: str
    role: Role
    rank: int
    authorities: Mapping[str, Any]
    keys_held: bool
    site_name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A technician at work on a site: accepted, there, left again. Times are UTC."""

    id: str
    site_id: str
    contact_id: str
    incident_id: str | None
    accepted_at: datetime
    on_site_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class VisitBy(Visit):
    """A visit, with the technician's name and number."""

    name: str
    phone: str | None
