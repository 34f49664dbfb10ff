"""The one shape of a site: what ``GET sites/{id}`` gives, PUT takes, and forms and files change.

A secret goes in and never comes out: left out it stays as it is, null removes it, ``…_set`` says
whether one is kept. What only GET tells (``last_heard``) may be sent back and is not looked at.
A site that was read is as it is stored; what is sent, or changed, is checked. What takes the rows
to be checked (whose account, which plan) is when it is written: ``sites.put_site``.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Self, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.config import JsonDict

from callflow.core.messages.outbox import is_rtsp, wrong_camera_url, wrong_clip_url
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import ANY_KIND, Authority, Role, SiteState
from callflow.core.sites.zones import zone_key
from callflow.core.watch.supervision import PARTS, user_key
from callflow.handling.base import fields
from callflow.handling.base.fields import (
    AccountNumber,
    BadField,
    Check,
    Identifier,
    Line,
    Name,
    Short,
    Storable,
    between,
    every_text_storable,
    like,
)
from callflow.handling.sites.numbers import e164

# --- fields ---------------------------------------------------------------------------------------


def _timezone(name: str) -> str:
    """Checked here: a dialogue must not fail on it in the middle of a call."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadField("", "is no IANA time zone, such as Europe/Paris") from None


def _kind_key(name: str) -> str:
    if name != ANY_KIND and name not in frozenset(Kind):
        raise BadField("", "is no kind of alarm")
    return name


def _plan_key(name: str) -> str:
    return name if name in frozenset(Category) else _kind_key(name)


def _hex_key(text: str) -> str:
    digits = "".join(text.split())
    if not re.fullmatch(r"[0-9A-Fa-f]*", digits):
        raise BadField("", "must be hexadecimal")
    if len(digits) not in (32, 48, 64):
        raise BadField("", "must be 32, 48 or 64 hexadecimal digits (AES-128, 192 or 256)")
    return digits.upper()


def _text_of_number(value: Any) -> Any:
    """YAML reads 0000 as a number; a code that lost its zeros is refused, not mended."""
    if isinstance(value, int):
        raise ValueError("digits go between quotes, or leading zeros would be lost")  # noqa: TRY004
    return value


def _camera_url(url: str) -> str:
    wrong = wrong_camera_url(url)
    if wrong is not None:
        raise BadField("", wrong)
    return url


def _clip_url(url: str) -> str:
    wrong = wrong_clip_url(url) if url else None
    if wrong is not None:
        raise BadField("", wrong)
    return url


def _zone(text: str) -> str:
    if text and not zone_key(text):
        raise BadField("", "zone 0 is no zone: leave it empty for any")
    return zone_key(text)


def _part(name: str) -> str:
    if name not in PARTS:
        raise BadField("", f"must be one of {', '.join(PARTS)}")
    return name


def _network(text: str) -> str:
    """A name that the sites of one network have in common."""
    if text and (len(text) > 64 or not text.isprintable()):
        raise BadField("", "must be a name of 64 characters at most")
    return text.strip()


def _said_of_camera(text: str) -> str:
    if not text.isprintable() or not 0 < len(text) <= 200:
        raise BadField("", "must be a text of 1 to 200 characters")
    return text


SAME_CODE = "must differ from the code"
TOGETHER = "latitude and longitude go together"
Digits = Annotated[
    str, BeforeValidator(_text_of_number), like(re.compile("[0-9]{4,8}"), "must have 4 to 8 digits")
]
Password = Annotated[Storable, Field(max_length=100)]
Phone = Annotated[str, AfterValidator(lambda number: e164(number, ""))]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Za-z]{2})?$")]
_Key = Annotated[str, AfterValidator(_hex_key)]
_KindKey = Annotated[str, AfterValidator(_kind_key)]
_PlanKey = Annotated[str, AfterValidator(_plan_key)]
_Network = Annotated[str, Check(_network, {"maxLength": 64})]
_OfCamera = Annotated[str, Check(_said_of_camera, {"minLength": 1, "maxLength": 200})]
#: Of a site or a contact; a file may have made one of any signs.
_Id = Annotated[Storable, Field(min_length=1, max_length=64)]
_Overrides = Annotated[dict[str, dict[str, dict[str, Any]]], AfterValidator(every_text_storable)]


_READ_ONLY: JsonDict = {"readOnly": True}


def secret(description: str | None = None) -> Any:
    """A field that goes in and never comes out."""
    return Field(None, exclude=True, description=description)


def told(default: Any = None, description: str | None = None) -> Any:
    """A field that only GET says."""
    return Field(default, description=description, json_schema_extra=_READ_ONLY)


class Shape(BaseModel):
    """A part of a site. An unknown field is an error: a typing mistake is not passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _untold(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if name not in _told(cls)}

    @classmethod
    def read(cls, sent: object) -> Self:
        """What was sent, checked. Raises BadField of the first thing that is wrong."""
        return fields.read(cls, sent)

    @classmethod
    def value(cls, name: str, sent: object) -> Any:
        """A field by itself, checked. Raises BadField of the first thing that is wrong."""
        try:
            return _alone(cls, name).validate_python(sent)
        except ValidationError as error:
            raise fields.bad_field(error.errors(include_url=False)[0]) from None

    @classmethod
    def of(cls, kept: object, **values: Any) -> Self:
        """As a declared value says by its fields' names, of a secret whether it is kept; and these
        ``values``."""
        for name in _kept(cls):
            if name not in values and hasattr(kept, name):
                values[name] = getattr(kept, name)
        for name in _secrets(cls):
            values[f"{name}_set"] = getattr(kept, name) is not None
        return cast("Self", cls.model_construct(**values))

    def changed(self, **values: Any) -> Self:
        """The same with other ``values``, which are checked. Raises BadField."""
        kept = {name: getattr(self, name) for name in self.model_fields_set}
        return self.read(kept | values)

    def document(self) -> dict[str, Any]:
        """What GET gives, as JSON has it."""
        return self.model_dump(mode="json")

    def says(self, name: str) -> bool:
        """True where the field was sent: what was not stays as it is."""
        return name in self.model_fields_set


@cache
def _alone(shape: type[Shape], name: str) -> TypeAdapter[Any]:
    field = shape.model_fields[name]
    kind: Any = field.annotation
    return TypeAdapter(Annotated[(kind, *field.metadata)] if field.metadata else kind)


@cache
def _told(shape: type[Shape]) -> frozenset[str]:
    fields = shape.model_fields.items()
    return frozenset(name for name, each in fields if each.json_schema_extra == _READ_ONLY)


@cache
def _kept(shape: type[Shape]) -> tuple[str, ...]:
    return tuple(name for name, each in shape.model_fields.items() if not each.exclude)


@cache
def _secrets(shape: type[Shape]) -> tuple[str, ...]:
    names = shape.model_fields
    return tuple(name for name in names if f"{name}_set" in names)


# --- the parts ------------------------------------------------------------------------------------


class Partition(Shape):
    """Whether a partition is armed, as its panel told last."""

    partition: str = Field(description="Empty where the panel names none")
    armed: bool
    since: datetime
    user: str = Field(description="The panel's number of who did it")


class Account(Shape):
    """One account of the site."""

    account: AccountNumber
    dc09_key: _Key | None = secret()
    dc09_key_set: bool = told(False)
    line: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,31}$")] | None = Field(
        None, description="The station's line that it is to come on"
    )
    phone: Phone | None = Field(None, description="The number that its panel calls from")
    maker: Annotated[Storable, Field(max_length=40)] | None = Field(
        None, description="Who made its panel: false alarms are counted by it"
    )
    poll_every_s: Annotated[float, between(5, 604_800)] | None = Field(
        None, description="Something is heard of it so often, or it is silent"
    )
    test_every_h: Annotated[float, between(0.001, 744)] | None = Field(
        None, description="A test is due so often; a lift's at least every 72 h"
    )
    last_heard: datetime | None = told()
    skew: float | None = told(description="Seconds that its clock is ahead of ours")
    silent: bool = told(False)
    untested: bool = told(False)
    partitions: list[Partition] = told([])


class Zone(Shape):
    """A zone of one of the site's accounts; `kind` overrides the event table."""

    account: AccountNumber
    zone: Annotated[Short, Check(fields.filled, {"minLength": 1})]
    name: Name
    kind: Kind | None = None


class Contact(Shape):
    """A person, or the premises' phone, in the part it plays for this site."""

    id: _Id
    name: Name
    role: Role = Role.KEYHOLDER
    rank: Annotated[int, between(1, 1000)] = Field(
        1, description="Left out: the contact's place in the list"
    )
    language: Language = "fr"
    phone: Phone | None = None
    fax: Phone | None = Field(None, description="Left out: unchanged; null: none")
    code: Digits | None = secret()
    duress_code: Digits | None = secret()
    password: Password | None = secret("Spoken to operators (D14); write-only")
    duress_password: Password | None = secret()
    code_set: bool = told(False)
    duress_code_set: bool = told(False)
    password_set: bool = told(False)
    duress_password_set: bool = told(False)
    authorities: dict[_KindKey, list[Authority]] = Field(default_factory=dict)
    keys_held: bool = Field(False, description="A guard firm that has the site's keys")
    availability: dict[str, Any] | None = Field(
        None,
        description="When this contact can be called, in the site's time zone"
        " (callflow/core/time/availability.py). Left out: unchanged; null: always. On holidays"
        " `closed`, `as_usual` or `all_day`. `duties` come beside the week, `leaves` win over both,"
        " and whoever is in `replacements` stands in meanwhile.",
        json_schema_extra={
            "examples": [
                {
                    "week": {"mon": ["08:00-18:00"], "fri": ["22:00-06:00"]},
                    "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
                    "duties": [{"from": "2026-12-24T17:00:00Z", "until": "2026-12-26T07:00:00Z"}],
                    "leaves": [{"from": "2026-08-01T00:00:00Z", "until": "2026-08-16T00:00:00Z"}],
                    "replacements": [
                        {
                            "contact": "c2",
                            "from": "2026-08-01T00:00:00Z",
                            "until": "2026-08-16T00:00:00Z",
                        }
                    ],
                }
            ]
        },
    )

    @model_validator(mode="after")
    def _codes_differ(self) -> Contact:
        if self.code is not None and self.code == self.duress_code:
            raise BadField("duress_code", SAME_CODE)
        return self


class PanelUser(Shape):
    """Whom a user number of a panel stands for (D4)."""

    account: AccountNumber
    number: Annotated[Short, Check(fields.filled, {"minLength": 1})]
    contact: _Id | None = None
    part: Annotated[str, Check(_part, {"enum": list(PARTS)})] = "person"
    revoked: bool = False


class EventOverride(Shape):
    """What a code means at this site, or at one of its zones; null leaves it as the table says."""

    code: Annotated[
        str,
        like(
            re.compile("[0-9A-Z_]{1,16}"),
            "1 to 16 digits and capital letters, as the panel sends them",
        ),
    ] = Field(description="As it is sent: `BA`, `1130`")
    zone: Annotated[Short, AfterValidator(_zone)] = Field("", description="Empty: any")
    kind: Kind | None = None
    category: Category | None = None
    priority: Annotated[int, between(1, 4)] | None = None
    opens: bool | None = None


class Agreed(Shape):
    """What is agreed for the site's signals."""

    cancel_within: Annotated[float, between(0, 3600)] = Field(
        120.0, description="Seconds in which a code cancels an intrusion; 0: never"
    )
    swinger_after: Annotated[int, between(0, 1000)] = Field(
        5, description="Alarms of one zone in one armed period; 0: never"
    )
    swinger_shunt: bool = False
    feeder: _Network = Field("", description="Of its mains: what fails there together is one storm")
    provider: _Network = Field("", description="Of its lines, likewise")


class Credentials(Shape):
    """What a camera asks for; sent to it only when it does."""

    user: _OfCamera
    password: _OfCamera


class Camera(Shape):
    """A camera that Callflow may ask for a still by itself (D24)."""

    id: Annotated[
        str,
        like(
            re.compile("[0-9A-Za-z][0-9A-Za-z._-]{0,63}"),
            "must be 1 to 64 letters, digits, dots and hyphens",
        ),
    ]
    name: Annotated[str, Field(max_length=200)] = Field("", description="Empty: its id")
    url: Annotated[str, AfterValidator(_camera_url)] = Field(
        description="Where a GET gives a JPEG, a PNG or a stream of JPEGs, or an rtsp stream;"
        " in CALLFLOW_CAMERA_NETWORKS"
    )
    credentials: Credentials | None = secret()
    credentials_set: bool = told(False)
    zones: list[_OfCamera] = Field(
        default_factory=list, max_length=500, description="What it sees: asked first for these"
    )
    kinds: list[Kind] = Field(
        default_factory=list,
        description="Asked at a signal of these; empty: vital and security alarms",
    )
    noticeable: bool = Field(
        False, description="It lights or sounds when it is asked: not during a personal alarm"
    )
    clip_url: Annotated[str, AfterValidator(_clip_url)] = Field(
        "",
        description="Where a clip is given, over http or https: a template with {begin} and {end}"
        " (20261125T030000Z) or {begin_s} and {end_s} (seconds since 1970)",
    )
    pre_alarm: bool = Field(
        False, description="An rtsp camera that is recorded all the time, into a ring of minutes"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Camera:
        if self.name and not self.name.isprintable():
            raise BadField("name", "must be a text of 1 to 200 characters")
        if self.pre_alarm and not is_rtsp(self.url):
            raise BadField("pre_alarm", "only an rtsp camera can be recorded all the time")
        return self


# --- the site -------------------------------------------------------------------------------------

_SCHEDULE: JsonDict = {
    "week": {"mon": ["08:00-12:00", "13:30-18:30"], "fri": ["22:00-06:00"]},
    "exceptions": {"2026-12-24": ["08:00-12:00"]},
    "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
    "early": 15,
    "late": 30,
    "arrived_within": 5,
    "arrived_user": "12",
    "question": {"text": "Le facteur est-il passé ?", "answers": ["Oui", "Non"], "right": 2},
}
_RULE: JsonDict = {
    "plan": "night",
    "kinds": ["intrusion"],
    "armed": True,
    "zones": [{"account": "1002", "zone": "3"}],
    "when": {"week": {"mon": ["20:00-06:00"]}, "holidays": {"country": "FR", "open": "all_day"}},
}


class Site(Shape):
    """A site: GET gives it without its secrets, PUT takes it with them."""

    id: _Id = Field("", description="Left out: as the address says")
    name: Name
    client: Line = Field("", description="Empty: the site's name")
    address: Annotated[Storable, Field(max_length=500)] = ""
    postcode: Annotated[
        str, like(re.compile("([0-9A-Z][0-9A-Z -]{0,15})?"), "digits and letters, at most 16")
    ] = Field("", description="Decides which services' lines are competent (D23)")
    latitude: Annotated[float, between(-90, 90)] | None = Field(
        None, description="Degrees (WGS 84), with `longitude`: where the map shows it"
    )
    longitude: Annotated[float, between(-180, 180)] | None = Field(
        None, description="Degrees; neither: the map shows the postcode's department"
    )
    police_agreement: Line = Field(
        "",
        description="Reference of the prefect's local agreement that stands for a verification",
    )
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/Paris"
    language: Language = "fr"
    state: SiteState = SiteState.ACTIVE
    reason: Line | None = secret(
        "Why `state` is another, which is refused without; also told of whoever is called no more,"
        " and kept with what is left out; write-only"
    )
    shared: bool = Field(
        False,
        exclude=True,
        description="Contacts that other sites have are changed there too, which is refused"
        " without; write-only",
    )
    recognition_word: Line | None = secret()
    password: Password | None = secret("Spoken by anybody there; write-only")
    duress_password: Password | None = secret()
    recognition_word_set: bool = told(False)
    password_set: bool = told(False)
    duress_password_set: bool = told(False)
    accounts: list[Account] = Field(default_factory=list, max_length=100)
    zones: list[Zone] = Field(default_factory=list, max_length=5000)
    contacts: list[Contact] = Field(default_factory=list, max_length=500)
    panel_users: list[PanelUser] = Field(default_factory=list, max_length=5000)
    plans: dict[_PlanKey, Identifier] = Field(default_factory=dict)
    plan_rules: list[dict[str, Any]] = Field(
        default_factory=list,
        max_length=100,
        description="Which plan by kind, category, zone, arming and time"
        " (callflow/core/plans/choice.py): the first that fits counts, before `plans`. A personal"
        " alarm is only meant where its kind is named.",
        json_schema_extra={"examples": [[_RULE]]},
    )
    plan_overrides: _Overrides = Field(
        default_factory=dict,
        max_length=100,
        description="Settings of plans' steps that this site has otherwise, by plan and step",
    )
    schedule: dict[str, Any] | None = Field(
        None,
        description="When the site is open, in its own time zone (callflow/core/sites/schedule.py)."
        " Minutes: `early` before an opening, `late` after a closing, `arrived_within` after an"
        " opening (a bank: then `arrived_code` or `arrived_user` must come, else `question` is"
        " asked, and any answer but the `right` one, from 1, is a personal alarm).",
        json_schema_extra={"examples": [_SCHEDULE]},
    )
    rules: Agreed = Field(default_factory=Agreed)
    event_overrides: list[EventOverride] = Field(default_factory=list, max_length=1000)
    cameras: list[Camera] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _belongs_together(self) -> Site:
        _once("accounts.{}", [each.account for each in self.accounts])
        _once("zones.{}", [(each.account, each.zone) for each in self.zones])
        _once("contacts.{}", [(each.id, each.role) for each in self.contacts])
        _once("event_overrides.{}", [(each.code, each.zone) for each in self.event_overrides])
        _once("cameras.{}.id", [each.id for each in self.cameras])
        if (self.latitude is None) != (self.longitude is None):
            raise BadField(
                "latitude" if self.latitude is None else "longitude",
                TOGETHER,
            )
        users = [(each.account, user_key(each.number)) for each in self.panel_users]
        _once("panel_users.{}.number", users, "is there twice (05 and 5 are one user)")
        accounts = {each.account for each in self.accounts}
        people = {None, *(contact.id for contact in self.contacts)}
        for part in ("zones", "panel_users"):
            for place, each in enumerate(getattr(self, part)):
                if each.account not in accounts:
                    raise BadField(f"{part}.{place}.account", "is no account of this site")
        for place, user in enumerate(self.panel_users):
            if user.contact not in people:
                raise BadField(f"panel_users.{place}.contact", "is no contact of this site")
        return self

    @property
    def numbers(self) -> list[str]:
        """Its accounts."""
        return [each.account for each in self.accounts]


def _once(field: str, keys: Sequence[Hashable], message: str = "is there twice") -> None:
    seen: set[Hashable] = set()
    for place, key in enumerate(keys):
        if key in seen:
            raise BadField(field.format(place), message)
        seen.add(key)
