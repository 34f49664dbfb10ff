"""What can be wrong with a file of sites: where, what, and what to do, in French and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callflow.core.sites.files.columns import BY_KEY, of


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that is wrong, or that a person should see. ``row``: as a spreadsheet counts, from
    1; 0: the whole file. ``column``: a key of ``columns``, or a head that is none of ours. ``args``
    are what the words need, pairs where they are words themselves."""

    row: int
    code: str
    column: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)

    def head(self, language: str) -> str:
        """What the column is called."""
        known = BY_KEY.get(self.column)
        return known.name(language) if known else self.column

    def said(self, language: str) -> str:
        """What is wrong and what to do."""
        args = {k: of(v, language) if isinstance(v, tuple) else v for k, v in self.args.items()}
        return of(WORDS[self.code], language).format_map(args)


WORDS: Mapping[str, tuple[str, str]] = {
    # --- the file ---
    "unreadable": (
        "ce fichier ne se lit ni comme CSV ni comme XLSX : l’enregistrer depuis un tableur en XLSX,"
        " ou en CSV (UTF-8)",
        "this file is neither CSV nor XLSX: save it from a spreadsheet as XLSX, or as CSV (UTF-8)",
    ),
    "empty": ("le fichier est vide", "the file is empty"),
    "too_large": (
        "décompressé, ce fichier dépasse {most} Mo : le couper en plusieurs",
        "unpacked, this file exceeds {most} MB: cut it into several",
    ),
    "too_many_rows": (
        "plus de {most} lignes : couper le fichier en plusieurs",
        "more than {most} rows: cut the file into several",
    ),
    "no_key": (
        "aucune colonne « numéros d’abonné » ni « identifiant du site » : la première ligne (d’un"
        " classeur, de la première feuille) doit nommer les colonnes, comme dans le modèle",
        "no column “accounts” or “site id”: the first row (of a workbook, of its first sheet) must"
        " name the columns, as in the template",
    ),
    "separator": (
        "les cellules ne sont séparées ni par des points-virgules, ni par des virgules, ni par des"
        " tabulations : enregistrer le fichier avec l’un d’eux",
        "the cells are not apart by semicolons, commas or tabs: save the file with one of them",
    ),
    "no_rows": (
        "aucune ligne sous les titres des colonnes : ajouter une ligne par site ou contact",
        "no row below the heads of the columns: add one for each site or contact",
    ),
    "quote": (
        "un guillemet n’est pas refermé, ou est suivi d’autre chose qu’un séparateur : corriger"
        " cette ligne",
        "a quote is not closed, or something else than a separator follows it: correct this row",
    ),
    "short_row": (
        "la ligne s’arrête avant la dernière colonne : ce qui manque compte comme vide",
        "the row ends before the last column: what is missing counts as empty",
    ),
    "column_twice": ("cette colonne est là deux fois", "this column is there twice"),
    "column_unknown": (
        "colonne inconnue : elle n’est pas lue",
        "not a column of ours: it is not read",
    ),
    "old_encoding": (
        "le fichier n’est pas en UTF-8 : lu comme Windows-1252, vérifier les accents",
        "the file is not UTF-8: read as Windows-1252, look at the accents",
    ),
    # --- a cell ---
    "formula": (
        "une formule : la remplacer par sa valeur (collage spécial, valeurs)",
        "a formula: put its value in its place (paste special, values)",
    ),
    "date": (
        "le tableur en a fait une date : mettre la cellule au format Texte et la saisir à nouveau",
        "the spreadsheet made a date of it: format the cell as text and type it again",
    ),
    "cell_error": ("la cellule est en erreur ({value})", "the cell is in error ({value})"),
    "too_long": ("au plus {most} caractères", "at most {most} characters"),
    "bad_sign": (
        "contient un signe qui ne peut être conservé : le retirer",
        "has a sign that can't be kept: take it out",
    ),
    "extra_cells": (
        "la ligne a plus de cellules que de colonnes : le séparateur ou un guillemet manque",
        "the row has more cells than there are columns: a separator or a quote is wrong",
    ),
    # --- a site ---
    "which_site": (
        "ni numéro d’abonné ni identifiant du site : remplir l’un des deux",
        "neither an account nor a site id: fill in one of them",
    ),
    "bad_account": (
        "« {value} » : 1 à 16 chiffres ou lettres sans accent",
        "{value!r}: 1 to 16 digits or letters",
    ),
    "taken": (
        "« {value} » appartient au site {site} : corriger le numéro, ou nommer ce site",
        "{value!r} belongs to site {site}: correct it, or name that site",
    ),
    "two_sites": (
        "ces numéros appartiennent à plusieurs sites : {sites}",
        "these accounts belong to several sites: {sites}",
    ),
    "id_taken": (
        "un site {site} existe, sans ce numéro d’abonné : le nommer dans « identifiant du site »"
        " s’il s’agit de lui",
        "there is a site {site} without this account: name it in “site id” if it is meant",
    ),
    "bad_id": (
        "au plus 64 caractères, sans /",
        "at most 64 characters, without /",
    ),
    "zeros_lost": (
        "nouveau site {value}, alors que {other} existe : des zéros de tête perdus ?",
        "new site {value}, while {other} exists: were leading zeros lost?",
    ),
    "missing": ("à remplir", "is missing"),
    "differs": (
        "« {value} », mais « {other} » à la ligne {first} : mettre la même valeur",
        "{value!r}, but {other!r} in row {first}: make them the same",
    ),
    "bad_timezone": (
        "n’est pas un fuseau horaire, tel que Europe/Paris",
        "is no time zone, such as Europe/Paris",
    ),
    "bad_language": ("écrire fr ou en", "write fr or en"),
    "bad_postcode": (
        "chiffres et lettres, au plus 16",
        "digits and letters, at most 16",
    ),
    "one_of": ("« {value} » : écrire l’un de : {choices}", "{value!r}: write one of: {choices}"),
    "no_plan": (
        "il n’y a pas de consigne « {value} » : la publier d’abord",
        "there is no plan {value!r}: publish it first",
    ),
    "plan_withdrawn": (
        "la consigne « {value} » est retirée : en choisir une autre, ou la remettre en service",
        "the plan {value!r} is withdrawn: choose another one, or bring it back",
    ),
    "contract": (
        "le contrat d’un site existant se change sur sa page, avec un motif : laisser la cellule"
        " telle qu’elle est exportée, ou vide",
        "the contract of a site that is there changes on its page, with a reason: leave the cell"
        " as it is exported, or empty",
    ),
    # --- a contact ---
    "several": (
        "plusieurs contacts de ce site portent ce nom : donner l’identifiant du contact",
        "several contacts of this site have this name: give the contact's id",
    ),
    "contact_twice": (
        "ce contact est déjà à la ligne {first} dans ce rôle : si ce sont deux personnes, donner un"
        " identifiant à chacune",
        "this contact is in row {first} in this role already: if they are two people, give each an"
        " id",
    ),
    "bad_rank": ("un nombre de 1 à 1000", "a number from 1 to 1000"),
    "no_phone": (
        "n’est pas un numéro de téléphone : écrire 06 … ou +33 …",
        "is no phone number: write 06 … or +33 …",
    ),
    "phone_digits": (
        "trop ou trop peu de chiffres : écrire 06 … ou +33 …",
        "too few or too many digits: write 06 … or +33 …",
    ),
    "phone_refused": (
        "un numéro que la station n’appelle pas (urgence, surtaxé, court ou incomplet)",
        "a number that the station does not call (emergency, premium-rate, short or incomplete)",
    ),
    "bad_authority": (
        "« {value} » n’est pas un pouvoir : {choices}",
        "{value!r} is no authority: {choices}",
    ),
    "bad_kind": ("« {value} » n’est pas un genre d’alarme", "{value!r} is no kind of alarm"),
    "bad_code": ("de 4 à 8 chiffres", "must have 4 to 8 digits"),
    "same_code": (
        "doit être autre que le code",
        "must differ from the code",
    ),
    "code_differs": (
        "un autre code qu’à la ligne {first} pour la même personne",
        "another code than in row {first} for the same person",
    ),
    "panel_user": (
        "{value} serait retiré, mais un utilisateur de la centrale d’alarme est cette personne",
        "{value} would be removed, but is a user of the alarm panel",
    ),
    # --- what a plan would reach ---
    "reaches_less": (
        "la consigne {plan}, étape « {step} », n’appellerait plus personne : garder un numéro",
        "plan {plan}, step {step!r}, would call nobody any more: keep a number",
    ),
    "reaches_nobody": (
        "aucune personne à appeler pour ces consignes : {plans} ; tout ira aux opérateurs",
        "nobody to call for these plans: {plans}; all goes to the operators",
    ),
}
