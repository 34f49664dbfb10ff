"""A site as the API takes and gives it. Secrets go in and never come out.

A secret left out stays as it is; null removes it. What only GET says (`code_set`, `last_heard`) may
be sent back and is not looked at.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

import phonenumbers
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from callflow.core.calls.dial_policy import refusal
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import Authority, Role, SiteState
from web.api.shapes import AccountNumber, Body, Line, Short, Storable, every_text_storable
from web.api.sites.calendar_shapes import AvailabilityBody, PlanRulesBody
from web.api.sites.camera_shapes import CameraIn, CameraOut

_ZONES = available_timezones()


def _timezone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError("not an IANA time zone, such as Europe/Paris")
    return name


def to_e164(text: str) -> str:
    """A number in E.164 or as the French write it → E.164. Raises ValueError."""
    try:
        parsed = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number: E.164 (+33…) or French (01 23…)") from None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    why = refusal(number)
    if why is None and not phonenumbers.is_possible_number(parsed):
        why = "no number of that country has this length"
    if why is not None or not re.fullmatch(r"[0-9+(). \-/]{3,40}", text):
        raise ValueError(why or "not a phone number")
    return number


def _kind_key(name: str) -> str:
    if name != "*" and name not in frozenset(Kind):
        raise ValueError(f"neither * nor a kind of alarm: {', '.join(Kind)}")
    return name


def _plan_key(name: str) -> str:
    return name if name in frozenset(Category) else _kind_key(name)


def _hex_key(text: str) -> str:
    if len(text) not in (32, 48, 64) or not re.fullmatch(r"[0-9A-Fa-f]+", text):
        raise ValueError("a key has 32, 48 or 64 hexadecimal digits (AES-128, 192, 256)")
    return text.upper()


def _text_of_number(value: Any) -> Any:
    """YAML reads 0000 as a number; a code that lost its zeros is refused, not mended."""
    if isinstance(value, int):
        raise ValueError("digits go between quotes, or leading zeros would be lost")  # noqa: TRY004
    return value


Digits = Annotated[str, BeforeValidator(_text_of_number), Field(pattern=r"^[0-9]{4,8}$")]
Password = Annotated[Storable, Field(min_length=4, max_length=100)]
Phone = Annotated[str, AfterValidator(to_e164)]
Timezone = Annotated[str, AfterValidator(_timezone)]
KindKey = Annotated[str, AfterValidator(_kind_key)]
PlanKey = Annotated[str, AfterValidator(_plan_key)]
HexKey = Annotated[str, AfterValidator(_hex_key)]
PlanOverrides = Annotated[dict[str, dict[str, dict[str, Any]]], AfterValidator(every_text_storable)]
Identifier = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
LineName = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,31}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Za-z]{2})?$")]


class AccountIn(Body):
    """One account of the site."""

    account: AccountNumber
    dc09_key: HexKey | None = None
    dc09_key_set: bool | None = None
    line: LineName | None = Field(None, description="The station's line that it is to come on")
    phone: Phone | None = Field(None, description="The number that its panel calls from")
    poll_every_s: float | None = Field(
        None, ge=5, le=604_800, description="Something is heard of it so often, or it is silent"
    )
    test_every_h: float | None = Field(
        None, ge=0.001, le=744, description="A test is due so often; a lift's at least every 72 h"
    )
    last_heard: datetime | None = None
    skew: float | None = None
    silent: bool | None = None
    untested: bool | None = None
    partitions: list[Any] | None = None


class ZoneIn(Body):
    """A zone of one of the site's accounts; `kind` overrides the event table."""

    account: AccountNumber
    zone: Short = Field(min_length=1)
    name: Line = ""
    kind: Kind | None = None


class ContactIn(Body):
    """A person, or the premises' phone, in the part it plays for this site."""

    id: Identifier
    name: Line = Field(min_length=1)
    role: Role = Role.KEYHOLDER
    rank: int = Field(1, ge=1, le=99)
    language: Language = "fr"
    phone: Phone | None = None
    code: Digits | None = None
    duress_code: Digits | None = None
    password: Password | None = Field(None, description="Spoken to operators (D14); write-only")
    duress_password: Password | None = None
    password_set: bool | None = None
    duress_password_set: bool | None = None
    code_set: bool | None = None
    duress_code_set: bool | None = None
    authorities: dict[KindKey, list[Authority]] = Field(default_factory=dict)
    keys_held: bool = Field(False, description="A guard firm that has the site's keys")
    availability: AvailabilityBody = None

    @model_validator(mode="after")
    def _codes_differ(self) -> ContactIn:
        if self.code is not None and self.code == self.duress_code:
            raise ValueError("the duress code must differ from the code")
        return self


class PanelUserIn(Body):
    """Whom a user number of a panel stands for (D4)."""

    account: AccountNumber
    number: Short = Field(min_length=1)
    contact: Identifier | None = None
    part: str = Field("person", pattern=r"^(person|guard|cleaner|technician|duress)$")
    revoked: bool = False


class EventOverrideIn(Body):
    """What a code means at this site, or at one of its zones; null leaves it as the table says."""

    code: str = Field(pattern=r"^[0-9A-Z_]{1,16}$", description="As it is sent: `BA`, `1130`")
    zone: Short = Field("", description="Empty: any")
    kind: Kind | None = None
    category: Category | None = None
    priority: int | None = Field(None, ge=1, le=4)
    opens: bool | None = None


class RulesIn(Body):
    """What is agreed for the site's signals."""

    cancel_within: float = Field(
        120.0, ge=0, le=3600, description="Seconds in which a code cancels an intrusion; 0: never"
    )
    swinger_after: int = Field(
        5, ge=0, le=1000, description="Alarms of one zone in one armed period; 0: never"
    )
    swinger_shunt: bool = False
    feeder: str = Field(
        "", max_length=64, description="Of its mains: what fails there together is one storm"
    )
    provider: str = Field("", max_length=64, description="Of its lines, likewise")


_SCHEDULE = {
    "week": {"mon": ["08:00-12:00", "13:30-18:30"], "fri": ["22:00-06:00"]},
    "exceptions": {"2026-12-24": ["08:00-12:00"]},
    "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
    "early": 15,
    "late": 30,
    "arrived_within": 5,
    "arrived_user": "12",
    "question": {"text": "Le facteur est-il passé ?", "answers": ["Oui", "Non"], "right": 2},
}
ScheduleBody = Annotated[
    dict[str, Any] | None,
    Field(
        description="When the site is open, in its own time zone"
        " (callflow/core/sites/schedule.py). Minutes:"
        " `early` before an opening, `late` after a closing, `arrived_within` after an opening"
        " (a bank: then `arrived_code` or `arrived_user` must come, else `question` is asked, and"
        " any answer but the `right` one, from 1, is a personal alarm).",
        json_schema_extra={"examples": [_SCHEDULE]},
    ),
]


class SiteIn(Body):
    """A site as PUT takes it: what GET gives, and secrets."""

    id: Identifier | None = None
    name: Line = Field(min_length=1)
    client: Line = ""
    address: Line = ""
    postcode: str = Field(
        "",
        pattern=r"^([0-9A-Z][0-9A-Z -]{0,15})?$",
        description="Decides which services' lines are competent (D23)",
    )
    police_agreement: Line = Field(
        "",
        description="Reference of the prefect's local agreement that stands for a verification",
    )
    timezone: Timezone = "Europe/Paris"
    language: Language = "fr"
    state: SiteState = SiteState.ACTIVE
    reason: Line | None = Field(
        None,
        description="Why `state` is another, which is refused without; also told of whoever is"
        " called no more, and kept with what is left out; write-only",
    )
    shared: bool = Field(
        False,
        description="Contacts that other sites have are changed there too, which is refused"
        " without; write-only",
    )
    recognition_word: Line | None = None
    recognition_word_set: bool | None = None
    password: Password | None = Field(None, description="Spoken by anybody there; write-only")
    duress_password: Password | None = None
    password_set: bool | None = None
    duress_password_set: bool | None = None
    accounts: list[AccountIn] = Field(default_factory=list, max_length=100)
    zones: list[ZoneIn] = Field(default_factory=list, max_length=5000)
    contacts: list[ContactIn] = Field(default_factory=list, max_length=500)
    panel_users: list[PanelUserIn] = Field(default_factory=list, max_length=5000)
    plans: dict[PlanKey, Identifier] = Field(default_factory=dict)
    plan_rules: PlanRulesBody = Field(default_factory=list)
    plan_overrides: PlanOverrides = Field(
        default_factory=dict,
        max_length=100,
        description="Settings of plans' steps that this site has otherwise, by plan and step",
    )
    schedule: ScheduleBody = None
    rules: RulesIn = Field(default_factory=RulesIn)
    event_overrides: list[EventOverrideIn] = Field(default_factory=list, max_length=1000)
    cameras: list[CameraIn] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _belongs_together(self) -> SiteIn:
        accounts = [account.account for account in self.accounts]
        _unique("accounts", accounts)
        _unique("zones", [(zone.account, zone.zone) for zone in self.zones])
        _unique("contacts", [(contact.id, contact.role) for contact in self.contacts])
        _unique("panel_users", [(user.account, user.number) for user in self.panel_users])
        _unique("cameras", [camera.id for camera in self.cameras])
        _declared("zones", [zone.account for zone in self.zones], accounts)
        _declared("panel_users", [user.account for user in self.panel_users], accounts)
        return self


def _declared(name: str, named: list[str], accounts: list[str]) -> None:
    for position, account in enumerate(named):
        if account not in accounts:
            raise ValueError(f"{name}.{position}.account is no account of this site")


def _unique(name: str, keys: list[Any]) -> None:
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise ValueError(f"{name}.{position} is there twice")


class _Out(BaseModel):
    model_config = ConfigDict(extra="ignore")


class PartitionOut(_Out):
    """Whether a partition is armed, as its panel told last."""

    partition: str = Field(description="Empty where the panel names none")
    armed: bool
    since: datetime
    user: str = Field(description="The panel's number of who did it")


class AccountOut(_Out):
    """One account; whether it has a key, not which."""

    account: str
    dc09_key_set: bool = False
    line: str | None = None
    phone: str | None = None
    poll_every_s: float | None = None
    test_every_h: float | None = None
    last_heard: datetime | None = None
    skew: float | None = Field(None, description="Seconds that its clock is ahead of ours")
    silent: bool = False
    untested: bool = False
    partitions: list[PartitionOut] = Field(default_factory=list)


class ZoneOut(_Out):
    """A zone."""

    account: str
    zone: str
    name: str
    kind: Kind | None = None


class ContactOut(_Out):
    """A contact; whether it has codes, not which."""

    id: str
    name: str
    role: Role
    rank: int
    language: str
    phone: str | None
    code_set: bool = False
    duress_code_set: bool = False
    password_set: bool = False
    duress_password_set: bool = False
    authorities: dict[str, list[Authority]]
    keys_held: bool = False
    availability: dict[str, Any] | None = None


class PanelUserOut(_Out):
    """A user number of a panel."""

    account: str
    number: str
    contact: str | None = None
    part: str
    revoked: bool


class EventOverrideOut(_Out):
    """What a code means at this site."""

    code: str
    zone: str
    kind: Kind | None
    category: Category | None
    priority: int | None
    opens: bool | None


class RulesOut(_Out):
    """What is agreed for the site's signals."""

    cancel_within: float
    swinger_after: int
    swinger_shunt: bool
    feeder: str
    provider: str


class SiteOut(_Out):
    """A site without its secrets."""

    id: str
    name: str
    client: str
    address: str
    postcode: str
    police_agreement: str
    timezone: str
    language: str
    state: SiteState
    recognition_word_set: bool = False
    password_set: bool = False
    duress_password_set: bool = False
    accounts: list[AccountOut]
    zones: list[ZoneOut]
    contacts: list[ContactOut]
    panel_users: list[PanelUserOut] = Field(default_factory=list)
    plans: dict[str, str]
    plan_rules: list[dict[str, Any]] = Field(default_factory=list)
    plan_overrides: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    schedule: dict[str, Any] | None = None
    rules: RulesOut
    event_overrides: list[EventOverrideOut] = Field(default_factory=list)
    cameras: list[CameraOut] = Field(default_factory=list)


class ArrivedIn(Body):
    """Of which account; null: of all."""

    account: AccountNumber | None = None


class Arrived(BaseModel):
    """The accounts that were awaited."""

    accounts: list[str]
