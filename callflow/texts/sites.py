"""What the logbook says of how a site is set up: who changed what, from what to what; and of the
people who were taken out of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from callflow.texts import charges, shifts
from callflow.texts.kinds import CATEGORIES, KINDS
from callflow.texts.plans import vocabulary
from callflow.texts.plans.vocabulary import CONTRACTS, ROLES

ENTRIES: Mapping[str, tuple[str, str]] = {
    "site_created": ("Site créé par {by}", "Site created by {by}"),
    "sites_imported": (
        "Fichier de sites importé par {by} : {file} ; lignes : {rows} ; sites créés : {created},"
        " modifiés : {changed} ; contacts ajoutés : {contacts_new}, modifiés : {contacts_changed},"
        " retirés : {contacts_removed} ; SHA-256 {sha256}",
        "File of sites imported by {by}: {file}; rows: {rows}; sites created: {created}, changed:"
        " {changed}; contacts added: {contacts_new}, changed: {contacts_changed}, removed:"
        " {contacts_removed}; SHA-256 {sha256}",
    ),
    "sites_exported": (
        "Sites exportés par {by} ({format}) : sites {sites}, contacts {contacts}{sought}",
        "Sites exported by {by} ({format}): sites {sites}, contacts {contacts}{sought}",
    ),
    "file_mapping_saved": (
        "Correspondance de colonnes « {mapping} » enregistrée par {by}",
        "Mapping of columns “{mapping}” saved by {by}",
    ),
    "file_mapping_removed": (
        "Correspondance de colonnes « {mapping} » supprimée par {by}",
        "Mapping of columns “{mapping}” removed by {by}",
    ),
    "logbook_exported": (
        "Écritures de la main courante enregistrées dans un fichier par {by}",
        "Entries of the logbook saved to a file by {by}",
    ),
    "site_changed": ("Site modifié par {by}{what}", "Site changed by {by}{what}"),
    "drawing_added": ("Plan « {title} » ajouté par {by}", "Picture “{title}” added by {by}"),
    "drawing_removed": ("Plan « {title} » supprimé par {by}", "Picture “{title}” removed by {by}"),
    "zone_placed": (
        "Zone {zone} placée sur le plan « {title} » par {by}",
        "Zone {zone} placed on the picture “{title}” by {by}",
    ),
    "zone_taken_off": (
        "Zone {zone} retirée du plan « {title} » par {by}",
        "Zone {zone} taken off the picture “{title}” by {by}",
    ),
    "client_renamed": (
        "Client {old} renommé {name} par {by} (sites : {sites})",
        "Client {old} renamed {name} by {by} (sites: {sites})",
    ),
    "contract_changed": (
        "Contrat : {contract} ({by}) : {because}",
        "Contract: {contract} ({by}): {because}",
    ),
    "contract_planned": (
        "Contrat : {contract} prévu pour {since} par {by} : {because}",
        "Contract: {contract} planned for {since} by {by}: {because}",
    ),
    "contract_dropped": (
        "Contrat : {contract} n'est plus prévu ({by})",
        "Contract: {contract} is planned no more ({by})",
    ),
    "contact_closed": (
        "{who} n'est plus appelé pour ce site ({by}) : {because}",
        "{who} is called for this site no more ({by}): {because}",
    ),
    "contact_restored": (
        "{who} est de nouveau appelé pour ce site ({by})",
        "{who} is called for this site again ({by})",
    ),
    "part_removed": (
        "Retiré par {by} : {table} {called} : {because}",
        "Removed by {by}: {table} {called}: {because}",
    ),
    "part_restored": (
        "Rétabli par {by} : {table} {called}",
        "Brought back by {by}: {table} {called}",
    ),
    "configuration_exported": (
        "Configuration entière remise en fichiers texte à {by}",
        "Whole configuration given out as text files to {by}",
    ),
    "erasure_begun": (
        "Effacement d'une personne ({person}) demandé par {by} : {reason}",
        "Erasure of a person ({person}) asked for by {by}: {reason}",
    ),
    "erased": (
        "Effacé de la main courante (entrées : {count}) : {person}{kept}",
        "Erased from the logbook (entries: {count}): {person}{kept}",
    ),
    "erasure_done": (
        "{person} : effacé (lignes : {rows}, dont {entries} de la main courante)",
        "{person}: erased (rows: {rows}, {entries} of them of the logbook)",
    ),
    "personal_data_exported": (
        "Données personnelles de {person} remises par {by} (lignes : {rows})",
        "Personal data of {person} given out by {by} (rows: {rows})",
    ),
}
#: What a test call says, in French and English, and what its plan is called in the logbook.
TEST_CALL = (
    "Appel d'essai de votre numéro par la station de télésurveillance. Il n'y a pas d'alarme.",
    "Test call of your number by the monitoring station. There is no alarm.",
    "Appel d'essai",
)

#: What may be taken away from a site and brought back.
PARTS: Mapping[str, tuple[str, str]] = {
    "accounts": ("abonné", "account"),
    "zones": ("zone", "zone"),
    "panel_users": ("utilisateur de centrale", "panel user"),
    "plans": ("choix de consigne", "choice of a plan"),
    "plan_rules": ("règle de consigne", "rule for a plan"),
    "event_overrides": ("code propre au site", "code of the site's own"),
    "cameras": ("caméra", "camera"),
    "schedule": ("horaires", "hours"),
}

#: What the last word of a field's path is called; another one's is said as it is spoken.
_FIELDS: Mapping[str, tuple[str, str]] = {
    "name": ("nom", "name"),
    "client": ("client", "client"),
    "address": ("adresse", "address"),
    "postcode": ("code postal", "postcode"),
    "latitude": ("latitude", "latitude"),
    "longitude": ("longitude", "longitude"),
    "police_agreement": ("accord préfectoral", "police agreement"),
    "timezone": ("fuseau horaire", "time zone"),
    "language": ("langue", "language"),
    "state": ("contrat", "contract"),
    "plan_state": ("consigne", "plan"),
    "recognition_word": ("mot de reconnaissance", "recognition word"),
    "password": ("mot de passe", "password"),
    "duress_password": ("mot de passe sous contrainte", "duress password"),
    "code": ("code", "code"),
    "duress_code": ("code sous contrainte", "duress code"),
    "phone": ("téléphone", "phone"),
    "rank": ("rang", "rank"),
    "role": ("rôle", "role"),
    "keys_held": ("clés détenues", "keys held"),
    "kind": ("nature", "kind"),
    "category": ("catégorie", "category"),
    "priority": ("priorité", "priority"),
    "opens": ("ouvre une alarme", "opens an alarm"),
    "recordings": ("enregistrements, en jours", "recordings, in days"),
    "images": ("images, en jours", "images, in days"),
    "people": ("personnes, en jours", "people, in days"),
    "parts": ("éléments retirés, en jours", "removed parts, in days"),
    "signals": ("messages d'alarme, en jours", "signals, in days"),
    "licence": ("numéro d'agrément", "licence"),
    "sectors": ("secteurs", "sectors"),
    "tariff": ("tarif", "tariff"),
    "mail": ("courriel", "mail"),
    "part": ("fonction", "part"),
    "number": ("numéro", "number"),
    "service": ("service", "service"),
    "place": ("codes postaux", "postcodes"),
    "site": ("site", "site"),
    "note": ("note", "note"),
    "languages": ("langues parlées", "languages spoken"),
    "skills": ("compétences", "skills"),
    "shown_name": ("nom affiché", "name that is shown"),
    "subject": ("identifiant dans l'annuaire", "identifier in the directory"),
    "dc09_key": ("clé de chiffrement", "encryption key"),
    "dc09_key_set": ("clé de chiffrement donnée", "encryption key given"),
    "code_set": ("code donné", "code given"),
    "duress_code_set": ("code sous contrainte donné", "duress code given"),
    "password_set": ("mot de passe donné", "password given"),
    "duress_password_set": ("mot de passe sous contrainte donné", "duress password given"),
    "credentials_set": ("identifiants donnés", "credentials given"),
    "pre_alarm": ("enregistre avant l'alarme", "recorded before the alarm"),
    "noticeable": ("se remarque quand on l'interroge", "noticed when it is asked"),
    "clip_url": ("adresse des séquences", "address of its clips"),
    "url": ("adresse des images", "address of its stills"),
    "zones": ("zones", "zones"),
    "authorities": ("habilitations", "authorities"),
    "accounts": ("abonnés", "accounts"),
    "contacts": ("personnes", "people"),
    "maker": ("fabricant de la centrale", "maker of the panel"),
    "poll_every_s": ("attendu toutes les … secondes", "heard of every … seconds"),
    "test_every_h": ("testé toutes les … heures", "tested every … hours"),
    "revoked": ("révoqué", "revoked"),
    "schedule": ("horaires", "hours"),
    "retention": ("conservation", "retention"),
    "price": ("prix / compris par mois", "price / included a month"),
    **charges.ACTS,
    "sites": ("sites", "sites"),
    "panel_users": ("utilisateurs de centrale", "panel users"),
    "cameras": ("caméras", "cameras"),
    "plans": ("consignes", "plans"),
}
#: What somebody may do, for a kind of alarm.
AUTHORITIES: Mapping[str, tuple[str, str]] = {
    "cancel": ("annuler", "cancel"),
    "inform": ("être informé", "be informed"),
    "send_guard": ("envoyer l'agent", "send a guard"),
    "set_on_test": ("mettre en essai", "put on test"),
    "instruct": ("donner des consignes", "give instructions"),
}
#: What the values of a field are called, by the last word of its path.
_VALUES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "state": CONTRACTS,
    "role": ROLES,
    "authorities": AUTHORITIES,
    "kind": KINDS,
    "category": CATEGORIES,
    "part": shifts.PARTS,
    "service": vocabulary.SERVICES,
}
_YES_NO = {True: ("oui", "yes"), False: ("non", "no")}
_EVERY_KIND = ("toute alarme", "every alarm")
#: Said in one entry; the others are counted.
_MOST, _LONGEST = 8, 60


def what(fields: Mapping[str, Sequence[Any] | None], column: int) -> str:
    """The fields of a change, each with what it was and is; of a secret only that it was set."""
    said = [_one(path, values, column) for path, values in list(fields.items())[:_MOST]]
    if len(fields) > _MOST:
        said.append(f"+{len(fields) - _MOST}")
    return (" : ", ": ")[column] + " ; ".join(said)


def _one(path: str, values: Sequence[Any] | None, column: int) -> str:
    if values is None:
        return field(path, column)
    *where, last = path.split(".")
    table = _VALUES.get("authorities" if "authorities" in where else last, {})
    before, after = (_short(value, table, column) for value in values)
    return f"{field(path, column)} {before} → {after}"


def field(path: str, column: int) -> str:
    """What a field is called, and in brackets of what it is."""
    *where, last = path.split(".")
    name = _named(last, column)
    if where and where[-1] == "authorities":
        kind = KINDS[last][column] if last in KINDS else _EVERY_KIND[column]
        name = f"{_named(where.pop(), column)} ({kind})"
    return f"{name} ({_named(where[-1], column)})" if where else name


def _named(word: str, column: int) -> str:
    return _FIELDS[word][column] if word in _FIELDS else word.replace("_", " ")


def _short(value: Any, table: Mapping[str, tuple[str, str]], column: int) -> str:
    text = _said(value, table, column)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _said(value: Any, table: Mapping[str, tuple[str, str]], column: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _YES_NO[value][column]
    if isinstance(value, list):
        return ", ".join(_said(each, table, column) for each in value) or "–"
    return table[value][column] if isinstance(value, str) and value in table else str(value)
