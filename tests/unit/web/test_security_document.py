"""web/security.md says what the program does: its figures and lists are the program's own."""

from __future__ import annotations

import ast
import io
import json
import re

import pytest
import structlog

from callflow.commands.role import log_processors
from callflow.core.people.users import LONGEST, PLACE_WORDS, SHORTEST
from callflow.core.time import ical
from callflow.settings.config import Settings
from tests.support.checks.source import ROOT, dotted, product
from tests.support.pages.routes import PUBLIC
from web import app, connections
from web.access import security, sessions
from web.access.guesses import Guesses, Limits
from web.access.users import RIGHTS, Right, Role
from web.api.signals import signals
from web.pages.calls import dialogues

TEXT = (ROOT / "web" / "security.md").read_text("utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
    assert found, title
    return found[1]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, its head left out."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_it_names_every_way_in() -> None:
    named = {cell[1].strip("`") for cell in rows("Ways in")}
    ways = {path for method, path in PUBLIC if method == "POST" and path != "/logout"}
    ways.add("/login/directory")
    assert ways <= named
    kinds = {cell[3].strip("`") for cell in rows("Ways in")} - {""}
    assert kinds == {sessions.PASSWORD_ONLY, "totp", "recovery", "passkey", sessions.BY_DIRECTORY}
    said = section("Ways in")
    assert f"over after {sessions.GIVEN_LASTS.days} days" in said
    assert "CALLFLOW_SECOND_FACTOR_ROLES" in said
    assert not Settings.model_fields["second_factor_roles"].default  # as it says
    assert "`acr`" in said


def test_its_guessing_limits_are_the_programs() -> None:
    limits = Limits()
    kept = [
        *(limits.by_name, limits.by_place, limits.by_user),
        *(limits.by_maker, limits.by_directory),
    ]

    def figures(guesses: Guesses) -> tuple[str, str]:
        return str(guesses._most), f"{guesses._window.total_seconds():.0f} s"

    assert [(row[1], row[2]) for row in rows("Guessing")] == [figures(one) for one in kept]


def test_its_words_of_the_trade_are_the_programs() -> None:
    said = section("Passwords")
    listed = said.partition("trade:")[2].partition(".")[0].split()
    assert tuple(listed) == PLACE_WORDS
    assert f"{SHORTEST} to {LONGEST} characters" in said


def test_its_sessions_are_the_programs() -> None:
    said = section("Sessions")
    assert f"lasts {sessions.SESSION_LASTS.total_seconds() / 3600:.0f} h" in said
    assert f"after {Settings.model_fields['session_idle'].default:.0f} s" in said
    assert "as many at once" in said
    assert "asked at log-in only" in " ".join(said.split())


def test_its_rights_are_the_programs() -> None:
    assert len(Right) == 8
    shown = {row[0]: [bool(cell) for cell in row[1:]] for row in rows("Rights")}
    assert shown == {role.value: [right in RIGHTS[role] for right in Right] for role in Role}


def test_its_fields_are_the_programs() -> None:
    """Each level says how it is kept; what is taken and never given stands in the first ones."""
    levels = {row[0] for row in rows("What is confidential")}
    assert len(levels) == 5
    secret = " ".join(row[1] for row in rows("What is confidential")[:4])
    for word in ("passwords", "codes", "duress codes", "recovery codes", "tokens", "credentials"):
        assert word in secret
    assert all(row[2] or row[0] == "public" for row in rows("What is confidential"))


def test_it_says_what_an_input_may_be() -> None:
    """Each place that it names is there."""
    said = section("What an input may be")
    named = re.findall(r"`((?:callflow/|call_plan/)[\w/]+\.py)`", said)
    assert len(named) >= 5
    for name in named:
        path = name if name.startswith("callflow/") else f"callflow/{name}"
        assert (ROOT / path).is_file(), path


def test_its_uploads_are_the_programs() -> None:
    most = {row[0].strip("`"): int(row[2]) for row in rows("Files that are taken")}
    for path, bytes_ in security.LARGEST.items():
        assert most.pop(path) == bytes_
    assert most.pop("/api/v1/sites/{id}/contacts/{contact}/{which}.ics") == ical.LARGEST
    assert set(most.values()) == {security.LARGEST_BODY}
    assert f"{ical.MOST_EVENTS} events" in section("Files that are taken")


def test_its_limits_are_the_programs() -> None:
    said = section("What is costly, and how often")
    assert f"{signals.RATE:.0f} a second for each token, {signals.BURST:.0f} at once" in said
    sounds = dialogues
    spoken = f"{sounds.SOUNDS_A_SECOND:.0f} a second, {sounds.SOUNDS_AT_ONCE:.0f} at once"
    assert spoken in " ".join(said.split())
    lines = f"{app._LINES_A_SECOND:.0f} a second, {app._LINES_AT_ONCE} at once"
    assert lines in " ".join(said.split())
    held = f"{connections.MOST}, of one address (IPv6: one /64) {connections.OF_ONE} beside"
    times = (connections.FIRST, connections.IDLE, connections.UNREAD)
    first = "{:.0f} s to the first whole request, {:.0f} s between two, {:.0f} s in".format(*times)
    body = f"{security.BODY_WITHIN:.0f} s, and a second more for each {security.SLOWEST} bytes"
    for each in (held, first, body):
        assert each in " ".join(said.split())


def test_its_keys_are_the_programs() -> None:
    named = {row[0].strip("`") for row in rows("Keys and algorithms")}
    source = (ROOT / "callflow" / "vault.py").read_text("utf-8")
    made = set(re.findall(r'_key\(folder, "(\w+)"\)', source))
    assert {f"{name}.key" for name in made} == {name for name in named if name.endswith(".key")}
    assert {"ami.secret", "TLS key", "DTLS key", "panels' keys", "directory's keys"} <= named
    assert all(all(row) for row in rows("Keys and algorithms"))


def test_it_names_every_line_outwards() -> None:
    said = section("Lines outwards")
    for name in re.findall(r"CALLFLOW_(\w+)", said):
        assert name.lower() in Settings.model_fields, name
    reaching = {
        name
        for name in Settings.model_fields
        if name.endswith(("_host", "_hosts", "_networks", "_issuer", "sms_url", "database_url"))
    }
    reaching |= {"trunks", "lines"}
    reaching -= {"phones_host"}  # by which telephones reach us
    assert {name for name in reaching if f"CALLFLOW_{name.upper()}" not in said} == set()


def test_its_logs_are_the_programs() -> None:
    said = section("Logs")
    assert len(rows("Logs")) == 4
    assert "standard error" in said
    assert "`logs/`" in said
    # Nothing else writes: one logger, of structlog, in every module.
    for source in product():
        called = {dotted(call.func).rpartition(".")[2] for call in source.calls}
        assert not {"FileHandler", "RotatingFileHandler", "SysLogHandler"} & called, source.name


def test_it_says_how_soon_libraries_are_mended() -> None:
    said = section("Libraries")
    assert [int(days) for days in re.findall(r"\b(\d+)\b", said)] == [7, 30, 90]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_library_is_pinned_with_its_hash(lock: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text("utf-8"), flags=re.M)
    pinned = [entry for entry in re.split(r"\n(?=\S)", text) if entry.strip()]
    assert len(pinned) > 30
    for entry in pinned:
        assert re.match(r"[\w.\[\]-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text  # an address of an index, or a library from elsewhere


def test_cryptography_is_imported_from_known_libraries() -> None:
    """And of `cryptography`: AES in GCM, Ed25519 for evidence files, DC-09's CBC in one place, and
    the certificates of who stamps times, and when our own ends."""
    used: dict[str, set[str]] = {}
    for source in product():
        for module, names in source.imports:
            assert module.partition(".")[0] not in {"Crypto", "nacl", "M2Crypto", "rsa"}
            if module.startswith("cryptography"):
                used.setdefault(source.name, set()).update(names)
    assert used.pop("callflow/vault.py") == {"AESGCM", "Ed25519PrivateKey", "InvalidTag"}
    assert used.pop("callflow/disclosure/stamping.py") == {"x509"}
    assert used.pop("callflow/backup/strongbox.py") == {"AESGCM", "InvalidTag", "Scrypt"}
    assert used.pop("callflow/commands/station/certificate.py") == {"x509", "Encoding"}
    assert used.pop("callflow/probes/machine.py") == {"x509"}
    assert set(used) == {"callflow/core/signals/cipher.py"}
    assert "ECB" not in str(used)


#: What is unpacked, and the test that it is measured first.
UNPACKED = {
    "callflow/core/sites/files/reading.py": (
        "test_a_workbook_that_unpacks_to_too_much_is_not_unpacked"
    ),
    "callflow/commands/station/configuration.py": (
        "test_a_part_that_unpacks_to_too_much_is_not_read"
    ),
    "callflow/core/sites/files/tables.py": "test_a_bomb_is_not_unpacked",
}


def test_what_is_unpacked_is_measured_first() -> None:
    """Archives are written; one that is read stands above."""
    unpackers = {"tarfile", "gzip", "bz2", "lzma"}
    for source in product():
        modules = {module.partition(".")[0] for module, _ in source.imports}
        packs = source.name.startswith("callflow/package/")  # our own files, by who makes it
        assert packs or not unpackers & modules, source.name
        for call in source.calls:
            if dotted(call.func).rpartition(".")[2] == "ZipFile":
                modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
                assert "w" in modes or source.name in UNPACKED, source.name


def test_no_secret_stands_in_the_source() -> None:
    """No key, no token, nothing that is called a secret and looks like one."""
    named = r"(?:secret|password|token)\s*=\s*\"[\w+/-]{16,}\""
    form = re.compile(rf"BEGIN [A-Z ]*PRIVATE KEY|\bcf_[\w-]{{43}}|{named}")
    wrong = []
    for room in ("callflow", "ivr", "web", "asterisk-conf"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in {".py", ".conf", ".yaml", ".html", ".csv"}:
                found = form.finditer(path.read_text("utf-8"))
                wrong += [f"{path.relative_to(ROOT)}: {m[0]}" for m in found]
    assert wrong == []


def test_a_line_of_the_log_is_one_json_object() -> None:
    """Whatever is in it: line breaks, quotes, colours of a terminal."""
    heard = io.StringIO()
    logger = structlog.wrap_logger(structlog.PrintLogger(heard), processors=log_processors())
    hostile = 'a\nb\r{"event": "forged"}\x1b[31m\x00\u2028'
    logger.warning("web.refused", text=hostile)
    try:
        raise ValueError(hostile)
    except ValueError:
        logger.exception("web.broken")
    lines = heard.getvalue().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["web.refused", "web.broken"]
    assert json.loads(lines[0])["text"] == hostile
    assert "\x1b" not in heard.getvalue()
