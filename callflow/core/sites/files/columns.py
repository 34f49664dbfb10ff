"""The columns of a file of sites and contacts, and the words in their cells, French and English.

One row is one contact of one site; the site's columns are repeated, or stand in its first row only.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from callflow.core.folding import folded
from callflow.core.sites.site import ANY_KIND, Authority

LANGUAGES = ("fr", "en")
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column. ``key`` is what the code calls it."""

    key: str
    called: Pair
    explained: str  # in English, as the catalogues have it
    example: Pair = ("", "")
    others: tuple[str, ...] = ()  # what else it may be called
    secret: bool = False  # taken, never given

    def name(self, language: str) -> str:
        """What stands at its head."""
        return of(self.called, language)


def of(pair: Pair, language: str) -> str:
    """The half of ``pair`` in a language."""
    return pair[0] if language == "fr" else pair[1]


COLUMNS: Sequence[Column] = (
    Column(
        key="site",
        called=("identifiant du site", "site id"),
        explained=(
            "The site's key. May be empty: the account names the site; a new site's account"
            " becomes its key."
        ),
        others=("site",),
    ),
    Column(
        key="accounts",
        called=("numéros d’abonné", "accounts"),
        explained=(
            "One or more, with spaces between them; 1 to 16 digits or letters, leading zeros"
            " count. An account that the file does not name is never taken away."
        ),
        example=("0417", "0417"),
        others=("numéro d’abonné", "abonné", "compte", "account"),
    ),
    Column(
        key="site_name",
        called=("nom du site", "site name"),
        explained="Needed for a new site.",
        example=("Boulangerie du Port", "Harbour bakery"),
    ),
    Column(
        key="client",
        called=("client", "client"),
        explained="Empty: the site's name.",
        example=("Boulangeries réunies", "United bakeries"),
    ),
    Column(
        key="address",
        called=("adresse", "address"),
        explained="In one line.",
        example=("3 quai Nord, 29000 Quimper", "3 quai Nord, 29000 Quimper"),
    ),
    Column(
        key="postcode",
        called=("code postal", "postcode"),
        explained="Decides which emergency services and guards are near.",
        example=("29000", "29000"),
        others=("cp",),
    ),
    Column(
        key="latitude",
        called=("latitude", "latitude"),
        explained=(
            "Degrees (WGS 84), with a point or a comma; both coordinates or neither: where the map"
            " shows the site."
        ),
        example=("47,996", "47.996"),
    ),
    Column(
        key="longitude",
        called=("longitude", "longitude"),
        explained="Degrees, negative west of Greenwich.",
        example=("-4,102", "-4.102"),
    ),
    Column(
        key="timezone",
        called=("fuseau horaire", "time zone"),
        explained="Empty: Europe/Paris.",
        example=("Europe/Paris", "Europe/Paris"),
    ),
    Column(
        key="site_language",
        called=("langue du site", "site language"),
        explained="fr or en; empty: fr.",
        example=("fr", "fr"),
    ),
    Column(
        key="state",
        called=("contrat", "contract"),
        explained=(
            "active, commissioning, suspended or terminated; empty: active. That of a site that"
            " is there changes on its page only, with a reason."
        ),
        example=("actif", "active"),
    ),
    Column(
        key="plan",
        called=("consigne", "plan"),
        explained="The id of a published plan, for any alarm; empty: the station chooses.",
    ),
    Column(
        key="contact",
        called=("identifiant du contact", "contact id"),
        explained=(
            "The person's key; the same key at several sites is the same person. May be empty:"
            " the name (and the role) say who it is at the site."
        ),
        others=("contact",),
    ),
    Column(
        key="name",
        called=("nom du contact", "contact name"),
        explained="Empty, as all columns of the contact: a site without a contact.",
        example=("Fournil", "Bakehouse"),
    ),
    Column(
        key="role",
        called=("rôle", "role"),
        explained=(
            "premises, keyholder, guard, device called back, maintenance firm, duty manager or"
            " listening-in number; empty: keyholder."
        ),
        example=("site", "premises"),
    ),
    Column(
        key="rank",
        called=("rang", "rank"),
        explained="The order of calling among those of the same role; empty: after the others.",
        example=("1", "1"),
    ),
    Column(
        key="phone",
        called=("téléphone", "phone"),
        explained="06 … or +33 …; empty: no number.",
        example=("06 39 98 00 16", "+33 6 39 98 00 16"),
        others=("tel", "numéro de téléphone"),
    ),
    Column(
        key="fax",
        called=("fax", "fax"),
        explained="A fax machine, for documents; empty: none.",
        example=("", ""),
        others=("télécopie", "numéro de fax"),
    ),
    Column(
        key="language",
        called=("langue du contact", "contact language"),
        explained="fr or en; empty: fr.",
        example=("fr", "en"),
    ),
    Column(
        key="authorities",
        called=("pouvoirs", "authorities"),
        explained=(
            "cancel the alarm, be informed, send a guard, put the site on test, give"
            " instructions; with commas between them. Others for one kind of alarm: “cancel the"
            " alarm; fire: be informed”."
        ),
        example=("annuler l’alarme, être informé", "cancel the alarm, be informed"),
    ),
    Column(
        key="keys_held",
        called=("clés détenues", "keys held"),
        explained="yes or no; empty: no.",
        example=("non", "no"),
    ),
    Column(
        key="code",
        called=("code", "code"),
        explained="4 to 8 digits; empty: unchanged. Taken by an import, never exported.",
        secret=True,
    ),
    Column(
        key="duress_code",
        called=("code sous contrainte", "duress code"),
        explained="4 to 8 digits other than the code; empty: unchanged. Never exported.",
        secret=True,
    ),
)
BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}
#: Those that an export has.
GIVEN = tuple(column for column in COLUMNS if not column.secret)

#: Closed vocabularies as cells say them; the values themselves are understood too.
AUTHORITIES: Mapping[str, Pair] = {
    Authority.CANCEL: ("annuler l’alarme", "cancel the alarm"),
    Authority.INFORM: ("être informé", "be informed"),
    Authority.SEND_GUARD: ("envoyer l’agent", "send a guard"),
    Authority.SET_ON_TEST: ("mettre le site en essai", "put the site on test"),
    Authority.INSTRUCT: ("donner des consignes", "give instructions"),
}
YES_NO: Mapping[str, Pair] = {"yes": ("oui", "yes"), "no": ("non", "no")}
IN_LANGUAGE: Mapping[str, Pair] = {each: (each, each) for each in LANGUAGES}


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """``text`` without what people write in several ways: case, accents, signs, spaces."""
    return re.sub(r"[^0-9a-z]+", " ", folded(text)).strip()


_HEADS = {
    _plain(said): column
    for column in COLUMNS
    for said in (*column.called, *column.others, column.key)
}


def column_of(head: str) -> Column | None:
    """The column with this head, in whatever language; None: it is none of ours."""
    return _HEADS.get(_plain(head))


def word(table: Mapping[str, Pair], value: str, language: str) -> str:
    """A value as a cell says it; one of another time as it is."""
    return of(table[value], language) if value in table else value


def value_of(table: Mapping[str, Pair], said: str) -> str | None:
    """The value that a cell says, in whatever language; None: none of them."""
    wanted = _plain(said)
    for value, pair in table.items():
        if wanted in (_plain(value), *map(_plain, pair)):
            return value
    return None


def authorities_text(granted: Mapping[str, Sequence[str]], language: str) -> str:
    """Authorities as a cell says them; those for any alarm stand first, without a kind."""
    kinds = sorted(granted, key=lambda kind: (kind != ANY_KIND, kind))
    parts = []
    for kind in kinds:
        said = ", ".join(word(AUTHORITIES, each, language) for each in granted[kind])
        bare = kind == ANY_KIND and said
        parts.append(said if bare else f"{kind}: {said}".rstrip())
    return "; ".join(parts)


def authorities_of(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """What a cell grants, and the words of it that are no authority. Kinds are not looked at."""
    granted: dict[str, list[str]] = {}
    unknown = []
    for part in filter(None, map(str.strip, text.split(";"))):
        kind, colon, said = part.rpartition(":")
        mine = granted.setdefault(kind.strip() if colon else ANY_KIND, [])
        for each in filter(None, map(str.strip, said.split(","))):
            value = value_of(AUTHORITIES, each)
            if value is None:
                unknown.append(each)
            elif value not in mine:
                mine.append(value)
    return granted, unknown
