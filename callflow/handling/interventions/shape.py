"""The shapes of a firm, of its people and of the directory of services: what GET gives, PUT takes,
and forms change. Codes and numbers go in and never come out (``handling.sites.shape``).
"""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from callflow.core.interventions.law import Service
from callflow.core.sites.site import Role
from callflow.handling.base.fields import BadField, Identifier, Line, Long, Name, between, like
from callflow.handling.sites.shape import Digits, Language, Phone, Shape, secret, told

#: In which part a firm works for sites.
PARTS = (Role.GUARD, Role.MAINTENANCE)


def _part(role: Role) -> Role:
    if role not in PARTS:
        raise BadField("", f"must be one of {', '.join(PARTS)}")
    return role


_Sector = Annotated[
    str, like(re.compile(r"[0-9A-Za-z]{1,8}"), "is no beginning of a postcode, such as 350")
]
_Place = Annotated[
    str,
    like(
        re.compile(r"[0-9A-Z][0-9A-Z -]{0,15}|"),
        "must be how the postcodes of the place begin, such as 78",
    ),
]


class Firm(Shape):
    """A guard firm, or one that keeps installations in order; shared between sites."""

    id: str = told("")
    name: Name
    phone: Phone | None = None
    fax: Phone | None = Field(None, description="Left out: unchanged; null: none")
    language: Language = "fr"
    licence: Line = Field("", description="Number of its authorisation, of a guard firm")
    rank: Annotated[int, between(1, 99)] = 1
    tariff: Long = ""
    part: Annotated[Role, AfterValidator(_part)] = Field(
        Role.GUARD, description="Left out: unchanged"
    )
    sectors: list[_Sector] = Field(default_factory=list, description="Beginnings of postcodes")
    availability: dict[str, Any] | None = Field(
        None, description="A contact's availability. Left out: unchanged; null: always"
    )
    code: Digits | None = secret()
    duress_code: Digits | None = secret()
    code_set: bool = told(False)
    duress_code_set: bool = told(False)
    closed_at: datetime | None = told()
    closed_by: str = told("")
    closed_because: str = told("")


class Member(Shape):
    """Somebody of a guard or maintenance firm, who calls with a code of their own."""

    id: str = told("")
    name: Name
    phone: Phone | None = None
    language: Language = "fr"
    mail: Line = Field("", description="Where the summary of a walk test goes")
    code: Digits | None = secret("6 to 8 digits: it opens every site of the firm")
    duress_code: Digits | None = secret()
    code_set: bool = told(False)
    duress_code_set: bool = told(False)


class DirectoryLine(Shape):
    """A line of the directory. Its number is write-only: left out, it stays as it is."""

    id: Identifier
    service: Service
    name: Name
    number: Phone | None = secret()
    number_masked: str = told("")
    fax: Phone | None = Field(
        None, description="Takes documents that a person sends. Left out: unchanged; null: none"
    )
    site: Identifier | None = None
    place: _Place = Field("", description="How its postcodes begin; empty: everywhere")
    hours: dict[str, Any] = Field(
        default_factory=dict,
        description="A contact's availability: `week`, `holidays`; empty: always. A line for the"
        " same place without hours is the one that it is forwarded to",
    )
    note: Line = ""


class Directory(Shape):
    """The whole directory."""

    lines: list[DirectoryLine] = Field(max_length=5000)
