"""The sheets of a workbook that holds sites whole, with firms and services, in French and English.

A sheet of an export has the columns of one part. One that comes may have those of several: a row of
another system's list says something of a site, its account and a contact at once. Where a column
has the name of a field's path (``rules.feeder``) it lies within that object.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from callflow.core.folding import folded
from callflow.core.sites.files import columns as flat
from callflow.core.sites.files.columns import IN_LANGUAGE, YES_NO, Pair, of
from callflow.texts.kinds import CATEGORIES, KINDS
from callflow.texts.plans.vocabulary import CONTRACTS, ROLES, SERVICES

Words = Mapping[str, Pair]


class Part(StrEnum):
    """What a row says something of."""

    SITE = "site"
    ACCOUNT = "account"
    ZONE = "zone"
    CONTACT = "contact"
    USER = "user"
    PLAN = "plan"
    RULE = "rule"
    SETTING = "setting"
    HOURS = "hours"
    EVENT = "event"
    CAMERA = "camera"
    FIRM = "firm"
    MEMBER = "member"
    SERVICE = "service"


#: Those that are no site's.
OF_STATION = (Part.FIRM, Part.MEMBER, Part.SERVICE)


class Cell(StrEnum):
    """How a cell of a column is read and written."""

    TEXT = "text"
    NUMBER = "number"
    PHONE = "phone"
    FLAG = "flag"
    WORD = "word"  # one of the column's words
    LIST = "list"  # with semicolons between them
    WORDS = "words"  # a list of the column's words
    AUTHORITIES = "authorities"
    HOURS = "hours"  # 08:00-12:00 13:30-18:30
    DAYS = "days"  # 2026-12-24 08:00-12:00; 2026-12-25 closed
    JSON = "json"
    SECRET = "secret"  # noqa: S105 -- how a cell is read: taken, never given: a word says that one is kept


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: ``field`` of the ``part``'s shape, or a path of an object within it."""

    part: Part
    field: str
    called: Pair
    cell: Cell = Cell.TEXT
    words: Words | None = dataclasses.field(default=None, compare=False)
    others: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What mappings call it."""
        return f"{self.part}.{self.field}"

    def name(self, language: str) -> str:
        """What stands at its head."""
        return of(self.called, language)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A sheet of an export, or a file of its folder (``stem``.csv)."""

    part: Part
    stem: str
    called: Pair
    columns: Sequence[Column]

    def head(self, language: str) -> list[str]:
        """The first row."""
        return [column.name(language) for column in self.columns]


#: A secret that is kept, as an export says it, and one that an import is to remove.
KEPT: Pair = ("gardé", "kept")
NONE: Pair = ("aucun", "none")

#: Whom a panel's user number stands for (D4).
USERS: Words = {
    "person": ("personne", "person"),
    "guard": ("agent", "guard"),
    "cleaner": ("nettoyage", "cleaner"),
    "technician": ("technicien", "technician"),
    "duress": ("contrainte", "duress"),
}
_ANY: Words = {"*": ("toutes", "any")}
_PLANNED: Words = {
    **_ANY,
    **KINDS,
    **{name: pair for name, pair in CATEGORIES.items() if name not in KINDS},
}


def _columns(part: Part, *rows: tuple[str, str, str, Cell, Words | None]) -> list[Column]:
    return [
        Column(part=part, field=field, called=(french, english), cell=cell, words=words)
        for field, french, english, cell, words in rows
    ]


def _text(
    field: str, french: str, english: str, cell: Cell = Cell.TEXT
) -> tuple[str, str, str, Cell, Words | None]:
    return field, french, english, cell, None


def _word(
    field: str, french: str, english: str, words: Words, cell: Cell = Cell.WORD
) -> tuple[str, str, str, Cell, Words | None]:
    return field, french, english, cell, words


#: Of what a row is, whatever it says: its site, its account.
SITE = Column(
    part=Part.SITE, field="id", called=("identifiant du site", "site id"), others=("site",)
)
ACCOUNT = Column(
    part=Part.ACCOUNT,
    field="account",
    called=("numéro d’abonné", "account"),
    others=("numéros d’abonné", "accounts", "abonné", "compte", "transmetteur"),
)

_SITE = _columns(
    Part.SITE,
    _text("name", "nom du site", "site name"),
    _text("client", "client", "client"),
    _text("address", "adresse", "address"),
    _text("postcode", "code postal", "postcode"),
    _text("latitude", "latitude", "latitude", Cell.NUMBER),
    _text("longitude", "longitude", "longitude", Cell.NUMBER),
    _text("police_agreement", "convention police", "police agreement"),
    _text("timezone", "fuseau horaire", "time zone"),
    _word("language", "langue du site", "site language", IN_LANGUAGE),
    _word("state", "contrat", "contract", CONTRACTS),
    _text("rules.cancel_within", "annulation sous (s)", "cancel within (s)", Cell.NUMBER),
    _text("rules.swinger_after", "répétitions tolérées", "swinger after", Cell.NUMBER),
    _word("rules.swinger_shunt", "inhiber la zone répétitive", "swinger shunt", YES_NO, Cell.FLAG),
    _text("rules.feeder", "départ électrique", "feeder"),
    _text("rules.provider", "opérateur télécom", "provider"),
    _text("recognition_word", "mot de reconnaissance", "recognition word", Cell.SECRET),
    _text("password", "mot de passe du site", "site password", Cell.SECRET),
    _text(
        "duress_password",
        "mot de passe du site sous contrainte",
        "site duress password",
        Cell.SECRET,
    ),
)
_ACCOUNT = _columns(
    Part.ACCOUNT,
    _text("dc09_key", "clé DC-09", "DC-09 key", Cell.SECRET),
    _text("line", "ligne", "line"),
    _text("phone", "numéro appelant de la centrale", "panel phone", Cell.PHONE),
    _text("maker", "fabricant de la centrale", "panel maker"),
    _text("poll_every_s", "scrutation toutes les (s)", "poll every (s)", Cell.NUMBER),
    _text("test_every_h", "test cyclique toutes les (h)", "test every (h)", Cell.NUMBER),
)
_ZONE = _columns(
    Part.ZONE,
    _text("zone", "zone", "zone"),
    _text("name", "nom de la zone", "zone name"),
    _word("kind", "nature de la zone", "zone kind", KINDS),
)
_CONTACT = _columns(
    Part.CONTACT,
    _text("id", "identifiant du contact", "contact id"),
    _text("name", "nom du contact", "contact name"),
    _word("role", "rôle", "role", ROLES),
    _text("rank", "rang", "rank", Cell.NUMBER),
    _text("phone", "téléphone", "phone", Cell.PHONE),
    _text("fax", "fax", "fax", Cell.PHONE),
    _word("language", "langue du contact", "contact language", IN_LANGUAGE),
    _text("authorities", "pouvoirs", "authorities", Cell.AUTHORITIES),
    _word("keys_held", "clés détenues", "keys held", YES_NO, Cell.FLAG),
    _text("availability", "disponibilité", "availability", Cell.JSON),
    _text("code", "code", "code", Cell.SECRET),
    _text("duress_code", "code sous contrainte", "duress code", Cell.SECRET),
    _text("password", "mot de passe", "password", Cell.SECRET),
    _text("duress_password", "mot de passe sous contrainte", "duress password", Cell.SECRET),
)
_USER = _columns(
    Part.USER,
    _text("number", "numéro d’utilisateur", "user number"),
    _text("contact", "contact de l’utilisateur", "user contact"),
    _word("part", "qualité de l’utilisateur", "user part", USERS),
    _word("revoked", "révoqué", "revoked", YES_NO, Cell.FLAG),
)
_PLAN = _columns(
    Part.PLAN,
    _word("alarm", "alarmes", "alarms", _PLANNED),
    _text("plan", "consigne", "plan"),
)
_RULE = _columns(Part.RULE, _text("rule", "règle de consigne", "plan rule", Cell.JSON))
_SETTING = _columns(
    Part.SETTING,
    _text("plan", "consigne adaptée", "adapted plan"),
    _text("settings", "réglages", "settings", Cell.JSON),
)
_HOURS = _columns(
    Part.HOURS,
    *(
        _text(f"week.{day}", french, english, Cell.HOURS)
        for day, french, english in (
            ("mon", "lundi", "Monday"),
            ("tue", "mardi", "Tuesday"),
            ("wed", "mercredi", "Wednesday"),
            ("thu", "jeudi", "Thursday"),
            ("fri", "vendredi", "Friday"),
            ("sat", "samedi", "Saturday"),
            ("sun", "dimanche", "Sunday"),
        )
    ),
    _text("exceptions", "jours particuliers", "exceptions", Cell.DAYS),
    _text("holidays", "jours fériés", "holidays", Cell.JSON),
    _text("early", "avance tolérée (min)", "early (min)", Cell.NUMBER),
    _text("late", "retard toléré (min)", "late (min)", Cell.NUMBER),
    _text("arrived_within", "bien arrivé sous (min)", "arrived within (min)", Cell.NUMBER),
    _text("arrived_code", "code de bonne arrivée", "arrived code"),
    _text("arrived_user", "utilisateur de bonne arrivée", "arrived user"),
    _text("question", "question convenue", "question", Cell.JSON),
)
_EVENT = _columns(
    Part.EVENT,
    _text("code", "code d’événement", "event code"),
    _text("zone", "zone de l’événement", "event zone"),
    _word("kind", "nature de l’événement", "event kind", KINDS),
    _word("category", "catégorie de l’événement", "event category", CATEGORIES),
    _text("priority", "priorité", "priority", Cell.NUMBER),
    _word("opens", "ouvre une alarme", "opens an alarm", YES_NO, Cell.FLAG),
)
_CAMERA = _columns(
    Part.CAMERA,
    _text("id", "identifiant de la caméra", "camera id"),
    _text("name", "nom de la caméra", "camera name"),
    _text("url", "adresse de l’image", "image address"),
    _text("clip_url", "adresse de la séquence", "clip address"),
    _text("zones", "zones vues", "zones seen", Cell.LIST),
    _word("kinds", "alarmes vues", "alarms seen", KINDS, Cell.WORDS),
    _word("noticeable", "perceptible", "noticeable", YES_NO, Cell.FLAG),
    _word("pre_alarm", "préalarme", "pre-alarm", YES_NO, Cell.FLAG),
    _text("credentials.user", "utilisateur de la caméra", "camera user", Cell.SECRET),
    _text("credentials.password", "mot de passe de la caméra", "camera password", Cell.SECRET),
)
_FIRM = _columns(
    Part.FIRM,
    _text("id", "identifiant de la société", "firm id"),
    _text("name", "nom de la société", "firm name"),
    _text("phone", "téléphone de la société", "firm phone", Cell.PHONE),
    _text("fax", "fax de la société", "firm fax", Cell.PHONE),
    _word("language", "langue de la société", "firm language", IN_LANGUAGE),
    _text("licence", "numéro d’autorisation", "licence"),
    _text("rank", "rang de la société", "firm rank", Cell.NUMBER),
    _text("tariff", "tarif", "tariff"),
    _word("part", "activité", "firm part", ROLES),
    _text("sectors", "secteurs", "sectors", Cell.LIST),
    _text("availability", "disponibilité de la société", "firm availability", Cell.JSON),
    _text("code", "code de la société", "firm code", Cell.SECRET),
    _text("duress_code", "code de la société sous contrainte", "firm duress code", Cell.SECRET),
)
_MEMBER = _columns(
    Part.MEMBER,
    _text("firm", "société de l’agent", "member firm"),
    _text("id", "identifiant de l’agent", "member id"),
    _text("name", "nom de l’agent", "member name"),
    _text("phone", "téléphone de l’agent", "member phone", Cell.PHONE),
    _word("language", "langue de l’agent", "member language", IN_LANGUAGE),
    _text("mail", "courriel de l’agent", "member mail"),
    _text("code", "code de l’agent", "member code", Cell.SECRET),
    _text("duress_code", "code de l’agent sous contrainte", "member duress code", Cell.SECRET),
)
_SERVICE = _columns(
    Part.SERVICE,
    _text("id", "identifiant du service", "service id"),
    _word("service", "service", "service", SERVICES),
    _text("name", "nom du service", "service name"),
    _text("number", "numéro réservé", "reserved number", Cell.SECRET),
    _text("fax", "fax du service", "service fax", Cell.PHONE),
    _text("site", "site desservi", "site served"),
    _text("place", "lieu desservi", "place served"),
    _text("hours", "horaires du service", "service hours", Cell.JSON),
    _text("note", "remarque", "note"),
)

SHEETS: Sequence[Sheet] = tuple(
    Sheet(part=part, stem=stem, called=(french, english), columns=columns)
    for part, stem, french, english, columns in (
        (Part.SITE, "sites", "Sites", "Sites", [SITE, *_SITE]),
        (Part.ACCOUNT, "accounts", "Abonnés", "Accounts", [SITE, ACCOUNT, *_ACCOUNT]),
        (Part.ZONE, "zones", "Zones", "Zones", [SITE, ACCOUNT, *_ZONE]),
        (Part.CONTACT, "contacts", "Contacts", "Contacts", [SITE, *_CONTACT]),
        (Part.USER, "panel_users", "Utilisateurs", "Panel users", [SITE, ACCOUNT, *_USER]),
        (Part.PLAN, "plans", "Consignes", "Plans", [SITE, *_PLAN]),
        (Part.RULE, "plan_rules", "Règles de consigne", "Plan rules", [SITE, *_RULE]),
        (Part.SETTING, "plan_settings", "Réglages de consigne", "Plan settings", [SITE, *_SETTING]),
        (Part.HOURS, "hours", "Horaires", "Hours", [SITE, *_HOURS]),
        (Part.EVENT, "event_codes", "Codes d’événement", "Event codes", [SITE, *_EVENT]),
        (Part.CAMERA, "cameras", "Caméras", "Cameras", [SITE, *_CAMERA]),
        (Part.FIRM, "firms", "Sociétés", "Firms", _FIRM),
        (Part.MEMBER, "firm_members", "Agents", "Firm members", _MEMBER),
        (Part.SERVICE, "services", "Services", "Services", _SERVICE),
    )
)
BY_PART: Mapping[Part, Sheet] = {sheet.part: sheet for sheet in SHEETS}
#: Every column by what mappings call it.
BY_KEY: Mapping[str, Column] = {c.key: c for sheet in SHEETS for c in sheet.columns}


def plain(text: str) -> str:
    """``text`` without what people write in several ways: case, accents, signs, spaces."""
    return re.sub(r"[^0-9a-z]+", " ", folded(text)).strip()


def sheet_of(title: str) -> Sheet | None:
    """The sheet of this title, or of a file of this name, in whatever language."""
    return _titles().get(plain(title.rpartition("/")[2].removesuffix(".csv")))


@cache
def _titles() -> Mapping[str, Sheet]:
    return {plain(said): sheet for sheet in SHEETS for said in (sheet.stem, *sheet.called)}


def column_of(head: str) -> Column | None:
    """The column with this head; None: it is none of ours."""
    return _heads().get(plain(head))


@cache
def _heads() -> Mapping[str, Column]:
    """The heads of a file of sites and contacts too: the columns are the same."""
    found = {plain(said): c for c in BY_KEY.values() for said in (*c.called, *c.others)}
    for column in flat.COLUMNS:
        known = next((found[plain(said)] for said in column.called if plain(said) in found), None)
        if known is not None:
            found |= {plain(said): known for said in (*column.others, column.key)}
    return found
