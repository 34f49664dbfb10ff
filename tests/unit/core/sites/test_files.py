"""Files of sites: what they say is understood, safe, and comes back as it was."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.calls.dial_policy import EMERGENCY
from callflow.core.plans import standard
from callflow.core.plans.call_plan import Plan
from callflow.core.sites.files import columns, reading, writing
from callflow.core.sites.files.cells import escaped, guarded, unescaped, unguarded
from callflow.core.sites.site import Authority, Coded, Role, SiteState
from callflow.handling.sites.files import imports, site_rows
from callflow.handling.sites.files.drafts import Known
from callflow.handling.sites.files.imports import Prepared
from callflow.handling.sites.numbers import WRONG_LENGTH
from callflow.handling.sites.rules import NO_PLAN
from callflow.handling.sites.shape import SAME_CODE, Contact, Site
from callflow.vault import Vault

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
PLANS = [plan.id for plan in standard.STANDARD_PLANS]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(tmp_path_factory.mktemp("station") / "keys")


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "risky",
    [
        "=1+1",
        "+33639980017",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "'=1",
        "0012",
        "1E5",
        "1" * 15,
    ],
)
def test_what_a_spreadsheet_would_take_for_more_stands_behind_an_apostrophe(risky: str) -> None:
    assert guarded(risky) == f"'{risky}"
    assert unguarded(guarded(risky)) == risky


@pytest.mark.parametrize("plain", ["", "12", "'t Hof", "L'Isle", "a=1", "0 km", "29000", "é"])
def test_other_cells_are_as_they_are(plain: str) -> None:
    assert guarded(plain) == plain == unguarded(plain)


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NASTY = st.text("'=+-@\t\r\n0_x1E；; ,\"<&\x0b", max_size=8)


@given(ANY_TEXT | NASTY)
def test_every_cell_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert unescaped(escaped(text)) == text
    assert not re.match("[=+\\-@\t\r]", guarded(text))


# --- our own export, read again -------------------------------------------------------------------

LINE = ANY_TEXT.map(str.strip) | NASTY.map(str.strip)
NAME = st.builds(lambda text, n: (text or "n") + n, LINE, st.sampled_from(["", "1", "é"])).filter(
    lambda text: bool(text.strip()) and text == text.strip()
)
PHONE = st.none() | st.integers(0, 9999).map(lambda n: f"+3363998{n:04d}")
MAY = st.dictionaries(
    st.sampled_from(["*", "intrusion", "fire"]),
    st.lists(st.sampled_from([a.value for a in Authority]), unique=True, max_size=3),
    max_size=2,
)
PERSON = st.fixed_dictionaries(
    {"name": NAME, "phone": PHONE, "language": st.sampled_from(["fr", "en"])}
)
PART = st.fixed_dictionaries(
    {
        "contact": st.integers(0, 5),
        "role": st.sampled_from([r.value for r in Role]),
        "rank": st.integers(1, 9),
        "authorities": MAY,
        "keys_held": st.booleans(),
    }
)
ACCOUNT = st.text("0123456789ABEe", min_size=1, max_size=6)
WHERE = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))
SITE = st.fixed_dictionaries(
    {
        "name": NAME,
        "client": NAME,
        "address": LINE,
        "postcode": st.sampled_from(["", "29000", "01000", "2A"]),
        "where": WHERE,
        "timezone": st.sampled_from(["Europe/Paris", "America/Cayenne"]),
        "language": st.sampled_from(["fr", "en"]),
        "state": st.sampled_from([s.value for s in SiteState]),
        "plan": st.sampled_from(["", *PLANS]),
        "accounts": st.lists(ACCOUNT, min_size=1, max_size=2),
        "contacts": st.lists(PART, max_size=3, unique_by=lambda p: (p["contact"], p["role"])),
    }
)


@st.composite
def stations(draw: st.DrawFn) -> Known:
    """A few sites, whose contacts are some of the same six people."""
    people = [{**draw(PERSON), "id": f"{n}{draw(ACCOUNT)}"} for n in range(6)]
    taken, found = set[str](), []
    for number, site in enumerate(draw(st.lists(SITE, max_size=3))):
        mine = {each for each in site["accounts"] if each not in taken}
        taken |= mine
        plan = site.pop("plan")
        latitude, longitude = site.pop("where") or (None, None)
        parts = [people[part.pop("contact")] | part for part in site["contacts"]]
        found.append(
            {
                **site,
                "id": f"s{number}",
                "latitude": latitude,
                "longitude": longitude,
                "plans": {"*": plan} if plan else {},
                "accounts": [{"account": each} for each in sorted(mine)],
                "contacts": sorted(parts, key=lambda p: (p["role"], p["rank"])),
            }
        )
    return station(*map(Site.read, found))


def station(*sites: Site, plans: Sequence[Plan] = standard.STANDARD_PLANS, **more: Any) -> Known:
    """That has these sites."""
    return Known(
        sites={site.id: site for site in sites},
        accounts={each: site.id for site in sites for each in site.numbers},
        people={c.id: person(c) for site in sites for c in site.contacts},
        plans=plans,
        **more,
    )


def person(contact: Contact, **codes: str) -> Coded:
    own = {"code": None, "duress_code": None, "fax": contact.fax} | codes
    return Coded(contact.id, contact.name, contact.phone, contact.language, **own)


def file_of(known: Known, kind: str, language: str) -> bytes:
    batches = (list(site_rows.rows_of(site, language)) for site in known.sites.values())
    head = site_rows.head(language)
    if kind == "csv":
        return b"".join(writing.to_csv(head, batches, language))
    return b"".join(writing.to_xlsx(head, batches, "Sites"))


def compared(data: bytes, known: Known, vault: Vault, **more: Any) -> Prepared:
    return imports.prepare(reading.read(data), known, vault, NOW, file="f", **more)


def as_written(prepared: Prepared) -> dict[str, Site]:
    """The sites that an empty station would have then."""
    done = prepared.writes
    return {
        row["id"]: Site.read(
            {
                **{name: value for name, value in row.items() if name not in NOT_SHOWN},
                "client": done.clients[row["client_id"]]["name"],
                "accounts": [
                    {"account": each["account"]}
                    for each in done.accounts
                    if each["site_id"] == row["id"]
                ],
                "contacts": [
                    {**done.contacts[link["contact_id"]], **link_shown(link)}
                    for link in done.links
                    if link["site_id"] == row["id"]
                ],
            }
        )
        for row in done.new_sites
    }


NOT_SHOWN = ("client_id", "schedule_due")


def link_shown(link: dict[str, Any]) -> dict[str, Any]:
    return {name: link[name] for name in ("role", "rank", "authorities", "keys_held")}


KINDS = st.sampled_from([(kind, language) for kind in ("csv", "xlsx") for language in ("fr", "en")])


@settings(max_examples=60, deadline=None)
@given(known=stations(), kind=KINDS, remove=st.booleans())
def test_an_export_that_is_imported_changes_nothing(
    vault: Vault, known: Known, kind: tuple[str, str], remove: bool
) -> None:
    found = compared(file_of(known, *kind), known, vault, remove=remove)
    assert found.faults == []
    assert (found.sites, found.sites_same) == ([], len(known.sites))
    assert found.contacts["same"] == sum(len(site.contacts) for site in known.sites.values())


@settings(max_examples=60, deadline=None)
@given(known=stations(), kind=KINDS)
def test_an_export_makes_the_same_sites_elsewhere(
    vault: Vault, known: Known, kind: tuple[str, str]
) -> None:
    found = compared(file_of(known, *kind), station(), vault)
    assert found.faults == []
    assert as_written(found) == known.sites


# --- what people write ----------------------------------------------------------------------------


def csv_file(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def a_station(used: str | None = "b", **site: Any) -> Known:
    """Site 1001 with the premises and one keyholder, whom its panel knows as a user."""
    people = [
        {"id": "a", "name": "Fournil", "role": "premises", "phone": "+33639980016"},
        {"id": "b", "name": "Lou  Abgrall", "role": "keyholder", "phone": "+33639980017"},
    ]
    shown = {
        "id": "1001",
        "name": "Boulangerie",
        "client": "Zef",
        "accounts": [{"account": "1001"}],
        "contacts": people,
        "panel_users": [{"account": "1001", "number": "1", "contact": used}],
    }
    known = station(Site.read({**shown, **site}))
    known.accounts = {**known.accounts, "0077": None}
    return known


def faults(found: Prepared) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in found.faults]


def test_a_contact_without_an_id_is_known_by_name(vault: Vault) -> None:
    data = csv_file("account;contact name;phone", "1001; lou abgrall ;06 39 98 00 99")
    found = compared(data, a_station(), vault)
    assert faults(found) == []
    assert found.sites[0].fields == {"contacts.b.phone": ["+33639980017", "+33639980099"]}
    assert found.contacts == {"new": 0, "changed": 1, "same": 0, "removed": 0}


def test_what_the_file_does_not_name_stays_unless_it_is_asked(vault: Vault) -> None:
    data = csv_file("account;contact name;phone", "1001;Fournil;06 39 98 00 16")
    assert compared(data, a_station(), vault).sites == []
    found = compared(data, a_station(used=None), vault, remove=True)
    assert [(site, gone.id, gone.role) for site, gone in found.left] == [("1001", "b", "keyholder")]
    assert faults(compared(data, a_station(), vault, remove=True))[0] == (
        2,
        "contact",
        "panel_user",
    )


def test_a_site_s_columns_may_stand_in_its_first_row_only(vault: Vault) -> None:
    data = csv_file(
        "account,site name,contact name,role",
        "2001,Bar,Counter,premises",
        "2001,,First,",
        "2001,,Second,Dépositaire",
    )
    found = compared(data, a_station(), vault)
    assert faults(found) == []
    ranks = [(link["role"], link["rank"]) for link in found.writes.links]
    assert ranks == [("premises", 1), ("keyholder", 1), ("keyholder", 2)]
    (site,) = found.writes.new_sites
    assert (site["id"], site["name"], site["state"]) == ("2001", "Bar", "active")


def test_coordinates_come_with_a_point_or_a_comma_and_go_together(vault: Vault) -> None:
    head = "account;site name;latitude;longitude"
    data = csv_file(head, "2001;Bar;48,117;-1.678", "1001;;47.996;-4,102")
    found = compared(data, a_station(), vault)
    assert faults(found) == []
    assert found.sites[1].fields == {"latitude": [None, 47.996], "longitude": [None, -4.102]}
    (new,) = found.writes.new_sites
    assert (new["latitude"], new["longitude"]) == (48.117, -1.678)
    there = a_station(latitude=47.996, longitude=-4.102)
    emptied = compared(csv_file(head, "1001;;;"), there, vault)
    assert emptied.writes.changed["1001"]["latitude"] is None
    wrong = csv_file(head, "1001;;47;", "2001;Bar;91;0", "2002;Bar;nan;=1", "2003;Bar;;1")
    assert faults(compared(wrong, a_station(), vault)) == [
        (2, "longitude", "latitude and longitude go together"),
        (3, "latitude", "must lie between -90 and 90"),
        (3, "latitude", "latitude and longitude go together"),
        (4, "latitude", "must lie between -90 and 90"),
        (4, "longitude", "number"),
        (5, "latitude", "latitude and longitude go together"),
    ]
    half = compared(csv_file("account;latitude", "1001;"), there, vault)
    assert faults(half) == [(2, "latitude", "latitude and longitude go together")]


def test_a_role_that_changes_is_not_a_second_one(vault: Vault) -> None:
    data = csv_file("account;contact id;role", "1001;b;manager")
    found = compared(data, a_station(), vault)
    assert [link["role"] for link in found.writes.links] == ["manager"]
    assert [gone.role for _, gone in found.left] == ["keyholder"]
    assert found.contacts["changed"] == 1


def test_all_that_is_wrong_is_said_with_its_row(vault: Vault) -> None:
    data = csv_file(
        "account;site;site name;postcode;time zone;site language;contract;plan;"
        "contact name;role;rank;phone;contact language;authorities;keys held;code;duress code",
        "10-1;;x",
        ";;x",
        "2002;;;29!;Mars;de;gone;none",
        "2003;;Bar;;;;;;Lou;boss;0;17;de;fly;maybe;12;12345678901",
        "2003;;Café;;;;;;Lou;keyholder;1;06 39;fr;nowhere: cancel;yes;1234;1234",
        "1001;2004;Bar",
        "2005;;Bar;;;;;;;keyholder;;06 39 98 00 17",
    )
    found = compared(data, a_station(), vault)
    assert faults(found) == [
        (2, "accounts", "1 to 16 characters, digits and letters only"),
        (3, "accounts", "which_site"),
        (4, "site_name", "is missing"),
        (4, "postcode", "digits and letters, at most 16"),
        (4, "timezone", "is no IANA time zone, such as Europe/Paris"),
        (4, "site_language", "one_of"),
        (4, "state", "one_of"),
        (4, "plan", NO_PLAN),
        (5, "role", "one_of"),
        (5, "rank", "must lie between 1 and 1000"),
        (5, "phone", EMERGENCY),
        (5, "language", "one_of"),
        (5, "authorities", "bad_authority"),
        (5, "keys_held", "one_of"),
        (5, "code", "must have 4 to 8 digits"),
        (5, "duress_code", "must have 4 to 8 digits"),
        (6, "site_name", "differs"),
        (6, "phone", WRONG_LENGTH),
        (6, "authorities", "is no kind of alarm"),
        (6, "contact", "contact_twice"),
        (7, "accounts", "taken"),
        (8, "name", "is missing"),
    ]
    for fault in found.faults:
        for language in columns.LANGUAGES:
            assert fault.said(language, str)
            assert fault.head(language)


def test_a_number_taken_from_every_contact_is_refused(vault: Vault) -> None:
    data = csv_file("account;contact id;phone", "1001;a;", "1001;b;")
    assert {code for _, _, code in faults(compared(data, a_station(), vault))} == {"reaches_less"}
    one = csv_file("account;contact id;phone", "1001;b;06 39 98 00 18")
    assert faults(compared(one, a_station(), vault)) == []
    ended = csv_file("account;contract;contact id;phone", "1001;résilié;a;", "1001;;b;")
    assert faults(compared(ended, a_station(state="terminated"), vault)) == []
    assert faults(compared(ended, a_station(), vault))[0] == (2, "state", "contract")


def test_a_new_site_without_anybody_is_only_told_of(vault: Vault) -> None:
    found = compared(csv_file("account;site name", "2001;Bar"), a_station(), vault)
    assert found.faults == []
    assert "reaches_nobody" in {note.code for note in found.notes}


def test_lost_zeros_are_doubted(vault: Vault) -> None:
    found = compared(csv_file("account;site name", "77;Bar"), a_station(), vault)
    (note,) = [note for note in found.notes if note.code == "zeros_lost"]
    assert note.args == {"value": "77", "other": "0077"}


def test_codes_are_kept_as_the_vault_keeps_them_and_the_same_one_changes_nothing(
    vault: Vault,
) -> None:
    data = csv_file("account;contact id;code;duress code", "1001;b;2580;2581")
    known = a_station()
    found = compared(data, known, vault)
    assert found.sites[0].fields == {"contacts.b.code": None, "contacts.b.duress_code": None}
    assert found.writes.contacts["b"]["code"] == vault.code("b", "2580")
    assert found.contacts["changed"] == 1
    codes = {name: found.writes.contacts["b"][name] for name in ("code", "duress_code")}
    known.people = {"b": person(known.sites["1001"].contacts[1], **codes)}
    assert compared(data, known, vault).sites == []
    same = csv_file("account;contact id;duress code", "1001;b;2580")
    assert faults(compared(same, known, vault)) == [(2, "duress_code", SAME_CODE)]


def test_a_code_stands_in_any_row_of_who_plays_two_parts(vault: Vault) -> None:
    data = csv_file("account;contact id;role;code", "1001;b;keyholder;2580", "1001;b;manager;")
    found = compared(data, a_station(), vault)
    assert faults(found) == []
    assert found.writes.contacts["b"]["code"] == vault.code("b", "2580")


def test_one_person_at_two_sites_has_one_number(vault: Vault) -> None:
    data = csv_file(
        "account;site name;contact id;contact name;phone",
        "2001;Bar;z;Lou;0639980017",
        "2002;Pub;z;Lou;0639980018",
    )
    assert faults(compared(data, a_station(), vault)) == [(3, "phone", "differs")]


# --- files ----------------------------------------------------------------------------------------


def test_old_spreadsheets_and_others_separators_are_read() -> None:
    head, line = "numéros d’abonné{0}nom du site", "0012{0}Café"
    for data in (
        f"{head}\n{line}".format(";").encode("cp1252"),
        f"{head}\n{line}".format("\t").encode("utf-16"),
        f"{head}\n{line}".format(",").encode("utf-8-sig"),
    ):
        table = reading.read(data)
        assert table.faults == []
        assert table.lines[0].cells == {"accounts": "0012", "site_name": "Café"}


def test_unknown_columns_are_told_and_left_out() -> None:
    table = reading.read(csv_file("account;couleur;account", "1;rouge;2", "1;;;9"))
    assert [(f.row, f.code) for f in table.faults] == [(1, "column_twice"), (3, "extra_cells")]
    assert [(n.code, n.column) for n in table.notes] == [("column_unknown", "couleur")]


def workbook(*lines: Iterable[object]) -> bytes:
    book, kept = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        book.worksheets[0].append(list(line))
    book.save(kept)
    return kept.getvalue()


def test_a_workbook_s_cells_are_text_whatever_they_were_made() -> None:
    data = workbook(
        ["account", "site name", "rank", "keys held", "address"],
        [1001, "=1+1", 2.0, True, NOW.replace(tzinfo=None)],
        ["0012", "Bar_x0041_", None, None, None],
    )
    table = reading.read(data)
    assert [(f.row, f.column, f.code) for f in table.faults] == [
        (2, "site_name", "formula"),
        (2, "address", "date"),
    ]
    assert table.lines[0].cells == {"accounts": "1001", "rank": "2", "keys_held": "yes"}
    assert table.lines[1].cells["site_name"] == "BarA"


def repacked(data: bytes, name: str, change: Any) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(kept, "w", 8) as new:
        for part in old.namelist():
            text = old.read(part)
            new.writestr(part, change(text) if part == name else text)
    return kept.getvalue()


_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def with_shared_strings(data: bytes) -> bytes:
    """As spreadsheets save it: "Bar" stands in a part of its own."""
    declared = (
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}"/></Types>'.encode()
    )
    inline, shared = b't="inlineStr"><is><t>Bar</t></is>', b't="s"><v>0</v>'
    data = repacked(data, "xl/worksheets/sheet1.xml", lambda text: text.replace(inline, shared))
    data = repacked(data, "[Content_Types].xml", lambda text: text.replace(b"</Types>", declared))
    kept = io.BytesIO(data)
    with zipfile.ZipFile(kept, "a") as book:
        main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        strings = b'<sst xmlns="%s"><si><t>Bar</t></si></sst>' % main
        book.writestr("xl/sharedStrings.xml", strings)
    return kept.getvalue()


def test_entities_of_a_workbook_s_xml_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    declared = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
    data = with_shared_strings(workbook(["account", "site name"], ["1001", "Bar"]))
    assert reading.read(data).lines[0].cells == {"accounts": "1001", "site_name": "Bar"}

    def bad(text: bytes) -> bytes:
        head, _, rest = text.partition(b"?>") if text.startswith(b"<?") else (b"", b"", text)
        start = head + b"?>" if head else b""
        return start + declared + rest.replace(b"Bar", b"&e;")

    for part in ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        table = reading.read(repacked(data, part, bad))
        assert [fault.code for fault in table.faults] == ["unreadable"], part
        assert "hidden" not in repr(table)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = workbook(["account"], ["1001"])
    bomb = repacked(data, "xl/worksheets/sheet1.xml", lambda text: text + b" " * 5_000_000)
    assert len(bomb) < 50_000
    assert reading.read(bomb).faults == []
    monkeypatch.setattr(reading, "MOST_UNPACKED", 5_000_000)
    assert [fault.code for fault in reading.read(bomb).faults] == ["too_large"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"PK\x03\x04nothing", "unreadable"),
        (b"\xff\xfea", "unreadable"),
        (b"\x81\x8d", "no_key"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unreadable"),  # an old workbook
        ("account;site name\n1;a".encode("utf-16-le"), "unreadable"),  # without its mark
        (b"account|site name\n1|a", "separator"),
        (b"name;phone\r\nx;y", "no_key"),
        (b"account\r\n" + b"1\r\n" * (reading.MOST_ROWS + 1), "too_many_rows"),
        (b"account\na\0b", "bad_sign"),
        (b"account;site name\n1;Caf\x81\n", "bad_sign"),  # of no encoding
        ("account;site name\n1;Caf\ufffd\n".encode(), "bad_sign"),  # spoilt before
    ],
)
def test_a_file_that_is_none_is_said_to_be(data: bytes, code: str) -> None:
    table = reading.read(data)
    assert [fault.code for fault in table.faults] == [code]


def test_a_quote_that_is_never_closed_swallows_no_rows_unseen() -> None:
    table = reading.read(b'account;site name\n1;a\n2;"b\n3;c\n')
    assert [(fault.row, fault.code) for fault in table.faults] == [(3, "quote")]
    assert table.lines == []


@pytest.mark.parametrize("rows", [b"", b";\n"])
def test_a_file_without_rows_is_told_of(rows: bytes) -> None:
    table = reading.read(b"account;site name\n" + rows)
    assert [note.code for note in table.notes] == ["no_rows"]
    assert table.faults == []


def test_a_row_that_is_cut_is_told_of() -> None:
    table = reading.read(b"account;site name;address\n1;a;b\n2;c")
    assert [(note.row, note.code) for note in table.notes] == [(3, "short_row")]
    assert table.faults == []


def test_of_a_file_that_is_too_long_nothing_is_compared() -> None:
    table = reading.read(b"account\n" + b"1\n" * 100_000)
    assert [fault.code for fault in table.faults] == ["too_many_rows"]
    assert table.lines == []


def test_the_template_is_understood_and_every_column_explained(vault: Vault) -> None:
    for language in columns.LANGUAGES:
        head, lines = site_rows.template(language)
        for data in (
            b"".join(writing.to_csv(head, [lines], language)),
            b"".join(writing.to_xlsx(head, [lines], "x")),
        ):
            found = compared(data, station(), vault)
            assert (found.faults, found.notes) == ([], [])
            assert (found.created, found.contacts["new"]) == (1, 2)
    assert {column.key for column in columns.COLUMNS if column.secret} == {"code", "duress_code"}
    assert not {"code", "duress_code"} & {column.key for column in columns.GIVEN}


def test_every_cell_of_a_workbook_is_text() -> None:
    data = b"".join(writing.to_xlsx(["a"], [[["=1+1"], ["0012"], ["+33"]]], "x"))
    cells = [row[0] for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()]
    assert [cell.value for cell in cells] == ["a", "=1+1", "0012", "+33"]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
