"""What is written and published of a plan: its draft, its versions, its withdrawal. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: A plan as the JSON document that ``call_plan`` reads and writes.
PlanBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written of a plan, one a plan. ``changed_at`` is UTC."""

    id: str
    body: PlanBody
    based_on: int  # the version that it goes on from; 0: none
    revision: str  # another after each change
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was published, without what it says. ``published_at`` is UTC."""

    version: int
    published_by: str
    published_at: datetime
    why: str
    accepted: tuple[Mapping[str, Any], ...]  # warnings that it has, as ``Finding.to_json`` says
    accepted_why: str


@dataclass(frozen=True, slots=True)
class Published:
    """A version of a plan, in a list of plans. ``published_at`` is UTC."""

    id: str
    name: str
    version: int
    published_by: str
    published_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That nobody follows a plan any more. ``withdrawn_at`` is UTC."""

    id: str
    withdrawn_by: str
    withdrawn_at: datetime
    because: str
