"""The world a signal comes from: site, contacts, zones, and who may do what (D1, D3, D4)."""

from dataclasses import dataclass, field
from enum import StrEnum

from callflow.core.signals.signal import Kind
from callflow.core.time.availability import ALWAYS, Availability


class Authority(StrEnum):
    """What a contact may do, for each kind of alarm apart (D3)."""

    CANCEL = "cancel"
    INFORM = "inform"
    SEND_GUARD = "send_guard"
    SET_ON_TEST = "set_on_test"
    INSTRUCT = "instruct"


class Role(StrEnum):
    """The part a contact plays for a site."""

    PREMISES = "premises"  # the phone on site, called for the counter-call
    KEYHOLDER = "keyholder"
    GUARD = "guard"  # a guard firm, or its agent (D22)
    DEVICE = "device"  # what itself is called back: a lone worker's, a lift's cabin (D8)
    MAINTENANCE = "maintenance"  # the firm that keeps the installation in order (D9)
    MANAGER = "manager"  # the client's manager on duty
    LISTEN_IN = "listen_in"  # the number on which the panel lets one listen to the premises


class SiteState(StrEnum):
    """Contract life (D2)."""

    COMMISSIONING = "commissioning"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


#: The key of ``Contact.authorities`` that stands for every kind not named itself.
ANY_KIND = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """One person, or the premises' phone, in the part it plays for one site."""

    id: str
    name: str
    role: Role
    rank: int = 1
    language: str = "fr"
    phone: str | None = None  # E.164
    authorities: dict[str, frozenset[Authority]] = field(default_factory=dict)
    availability: Availability = ALWAYS  # when this person can be called, in the site's zone

    def may(self, authority: Authority, kind: Kind) -> bool:
        """True where this contact has ``authority`` over alarms of ``kind``."""
        granted = self.authorities.get(kind.value, self.authorities.get(ANY_KIND, frozenset()))
        return authority in granted


@dataclass(frozen=True, slots=True)
class Coded:
    """Somebody who may have codes, as the vault keeps them; ``phone`` and ``fax`` in E.164."""

    id: str
    name: str
    phone: str | None
    language: str
    code: str | None
    duress_code: str | None
    fax: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What is agreed for one site about its signals. Durations in seconds."""

    #: A cancel by code so soon after an unconfirmed intrusion closes it; 0: it never does.
    cancel_within: float = 120.0
    #: So many alarms of one zone in one armed period make it a swinger; 0: none does.
    swinger_after: int = 5
    #: Whether a swinger's zone is taken out until its panel is armed anew; vital alarms never are.
    swinger_shunt: bool = False
    #: What a storm's place may be (D28): the feeder its mains come by, the provider of its lines.
    feeder: str = ""
    provider: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A monitored site as deciding and speaking need it. ``timezone`` is an IANA name."""

    id: str
    name: str
    client: str
    address: str = ""
    timezone: str = "Europe/Paris"
    language: str = "fr"
    state: SiteState = SiteState.ACTIVE
    recognition_word: str | None = None
    contacts: tuple[Contact, ...] = ()
    #: People who are none of the site's contacts, and stand in for one.
    others: tuple[Contact, ...] = ()

    def person(self, contact_id: str) -> Contact | None:
        """The contact with this id, or the one of the ``others``."""
        people = (*self.contacts, *self.others)
        return next((person for person in people if person.id == contact_id), None)

    def by_role(self, role: Role) -> tuple[Contact, ...]:
        """The contacts who play ``role``, in calling order."""
        return tuple(sorted((c for c in self.contacts if c.role is role), key=lambda c: c.rank))
