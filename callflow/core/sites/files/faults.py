"""What can be wrong with a file of sites: where, what, and what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callflow.core.sites.files import sheets
from callflow.core.sites.files.columns import BY_KEY, of


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that is wrong, or that a person should see. ``row``: as a spreadsheet counts, from
    1; 0: the whole file. ``column``: a key of ``columns``, or a head that is none of ours.
    ``code``: one of ``WORDS``, or the shape's own refusal. ``args`` are what the words need, pairs
    where they are words themselves, and ``about``, what it names. Of a workbook, ``sheet`` says
    which of its sheets, ``value`` what stands there, and ``site`` what is not taken for it."""

    row: int
    code: str
    column: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    sheet: str = ""
    value: str = ""
    site: str = ""

    def head(self, language: str) -> str:
        """What the column is called."""
        known = BY_KEY.get(self.column) or sheets.BY_KEY.get(self.column)
        return known.name(language) if known else self.column

    def said(self, language: str, translate: Callable[[str], str]) -> str:
        """What is wrong and what to do; ``translate``: into that language."""
        args = {k: of(v, language) if isinstance(v, tuple) else v for k, v in self.args.items()}
        text = translate(WORDS.get(self.code, self.code))
        text = text.format_map(args) if self.code in WORDS else text
        about = args.get("about")
        return f"{text}{translate(':')} {about}" if about else text


WORDS: Mapping[str, str] = {
    # --- the file ---
    "unreadable": (
        "this file is neither CSV nor XLSX: save it from a spreadsheet as XLSX, or as CSV (UTF-8)"
    ),
    "empty": "the file is empty",
    "too_large": "unpacked, this file exceeds {most} MB: cut it into several",
    "too_many_rows": "more than {most} rows: cut the file into several",
    "no_key": (
        "no column “accounts” or “site id”: the first row (of a workbook, of its first sheet)"
        " must name the columns, as in the template"
    ),
    "separator": (
        "the cells are not apart by semicolons, commas or tabs: save the file with one of them"
    ),
    "no_rows": "no row below the heads of the columns: add one for each site or contact",
    "quote": (
        "a quote is not closed, or something else than a separator follows it: correct this row"
    ),
    "short_row": "the row ends before the last column: what is missing counts as empty",
    "column_twice": "this column is there twice",
    "column_unknown": "not a column of ours: it is not read",
    "old_encoding": "the file is not UTF-8: read as Windows-1252, look at the accents",
    # --- a cell ---
    "formula": "a formula: put its value in its place (paste special, values)",
    "date": "the spreadsheet made a date of it: format the cell as text and type it again",
    "cell_error": "the cell is in error ({value})",
    "bad_sign": "has a sign that can't be kept: take it out",
    "extra_cells": "the row has more cells than there are columns: a separator or a quote is wrong",
    # --- a site ---
    "which_site": "neither an account nor a site id: fill in one of them",
    "taken": "{value!r} belongs to site {site}: correct it, or name that site",
    "two_sites": "these accounts belong to several sites: {sites}",
    "id_taken": "there is a site {site} without this account: name it in “site id” if it is meant",
    "bad_id": "at most 64 characters, without /",
    "zeros_lost": "new site {value}, while {other} exists: were leading zeros lost?",
    "differs": "{value!r}, but {other!r} in row {first}: make them the same",
    "one_of": "{value!r}: write one of: {choices}",
    "contract": (
        "the contract of a site that is there changes on its page, with a reason: leave the cell"
        " as it is exported, or empty"
    ),
    # --- a contact ---
    "several": "several contacts of this site have this name: give the contact's id",
    "contact_twice": (
        "this contact is in row {first} in this role already: if they are two people, give each"
        " an id"
    ),
    "bad_authority": "{value!r} is no authority: {choices}",
    "code_differs": "another code than in row {first} for the same person",
    "panel_user": "{value} would be removed, but is a user of the alarm panel",
    # --- a workbook, or another system's tables ---
    "unpacked": "unpacked, this file exceeds {most} MB: cut it into several",
    "no_columns": (
        "no table has a column of ours: name them as in the template, or choose a mapping"
    ),
    "table_unknown": "no column of this table is ours: it is not read",
    "merged": "cells are merged ({cells}): only the first of them says anything; unmerge them",
    "too_long": "is longer than {most} characters",
    "number": "{value!r} is no number",
    "hours": "{value!r} are no hours, such as 08:00-12:00 13:30-18:30, or closed",
    "day": "{value!r} is no day, such as 2026-12-24",
    "json": "is no JSON object or list, as an export has it",
    "no_authority": "{value!r} is no authority",
    "which_account": "the site has not just one account: say which",
    "decimal_comma": "{value!r}: the comma is read as a decimal point",
    "zero_back": "{value!r}: read as a French number whose first zero was lost",
    "plus_back": "{value!r}: read as a number abroad whose + was lost",
    "serial_day": "{value!r}: read as a spreadsheet's day",
    "secrets_lost": "only named in this file, and not kept here: give them anew",
    # --- a configuration's text files ---
    "bad_text": "can't be taken: {why}",
    "not_read": "is no file of a configuration: it is not read",
    "policy_differs": "the settings file says otherwise, and counts: {names}",
    "role_stays": "is {value} here and {other} in the file: changed on the page of users only",
    "no_password": "{value} comes without a password: an administrator gives one",
    "firm_closed": "{value} is closed: it is not taken",
    # --- what a plan would reach ---
    "reaches_less": "plan {plan}, step {step!r}, would call nobody any more: keep a number",
    "reaches_nobody": "nobody to call for these plans: {plans}; all goes to the operators",
}
