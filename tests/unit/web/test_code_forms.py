"""Ways of writing that let text from outside mean something: none is in the product."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.checks.source import ROOT, dotted, product

#: Called by its name, each runs or rebuilds what a text says.
RUNS = {"eval", "exec", "compile", "__import__"}
CALLED = {
    *("os.system", "os.popen", "os.execl", "os.execv", "os.spawnl", "subprocess.getoutput"),
    *("pickle.loads", "pickle.load", "marshal.loads", "shelve.open", "jsonpickle.decode"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"),
    *("asyncio.create_subprocess_shell", "tempfile.mktemp", "ssl._create_unverified_context"),
    *("hashlib.md5", "hashlib.sha1", "hashlib.new"),
}
#: Libraries that read XML, LDAP, LaTeX or objects: nothing of the kind is read here.
NEVER = {"pickle", "marshal", "shelve", "xml", "lxml", "ldap", "ldap3", "jsonpickle", "dill"}
#: A text that a hash of old is asked for by a standard, and why it protects nothing here.
BY_STANDARD = {
    "callflow/package/deb.py": "a package's list of its files (deb-md5sums(5)), read by dpkg",
    "callflow/notify/rtsp.py": "HTTP Digest (RFC 7616) as cameras speak it",
    "ivr/door/handshake.py": "a WebSocket's answer to its key (RFC 6455 §4.2.2)",
}
#: SQL that is put together: from a module's constants, or from what these names stand for.
CONSTANT = {
    ("callflow/storage/engine/connections.py", "pragma"),  # SQLite's settings, beside it
    ("callflow/storage/schema/alarms.py", "table"),  # names of the schema's own tables
}
#: Patterns that a function puts together, each from a table of its own module; names are escaped.
PATTERNS = {
    "callflow/core/records/erasure.py: '|'.join(patterns) or '(?!)'",
    "callflow/settings/config.py: f'{hour}-{hour}'",
    "callflow/core/signals/dc09.py: pattern",
    "callflow/core/signals/events.py: pattern",
    "ivr/asterisk/simulator.py: pattern",
    'callflow/core/calls/prompts.py: f"(?<![\\\\w\'])(?:{short})(?!\\\\w)\\\\.?"',
}
#: Markup that a template must not have: text taken for markup, scripts and styles of its own.
MARKUP = (r"\|\s*safe\b", r"autoescape", r"\son\w+=", r"<script(?![^>]*\ssrc=)", r"<style")
LOADS = r'<(?:script|link|img|iframe|audio|video|source)\b[^>]*?(?:src|href)="([^"]*)"'
#: What runs a text in a browser, or takes one from any page.
SCRIPTED = (
    *(r"\beval\(", r"new Function\(", r"document\.write", r"outerHTML\s*=", r"javascript:"),
    *(r"window\.postMessage", r"onmessage\s*=", r"document\.domain", r"document\.cookie"),
    *(r"__proto__", r"\.prototype\b", r"Object\.assign\(\s*\{\}"),
)
#: Where chance need not be secret: waits that differ, samples, simulations.
CHANCE = {
    "callflow/notify/follower.py",
    "callflow/notify/worker.py",
    "callflow/receiver/doors.py",
    "callflow/commands/plans/proving.py",
    "ivr/ami/link.py",
    "web/api/plans/proofs.py",
    "web/pages/plans/trial.py",
}


def said(call: ast.Call, keyword: str, value: object) -> bool:
    return any(
        k.arg == keyword and isinstance(k.value, ast.Constant) and k.value.value is value
        for k in call.keywords
    )


def test_no_text_is_run_and_no_object_rebuilt_from_bytes() -> None:
    wrong = []
    for source in product():
        for call in (*source.at_top, *source.calls):
            called = dotted(call.func)
            bare = isinstance(call.func, ast.Name) and called in RUNS
            if bare or (called in CALLED and source.name not in BY_STANDARD):
                wrong.append(f"{source.name}:{call.lineno}: {called}")
            if said(call, "shell", True) or said(call, "verify", False):
                wrong.append(f"{source.name}:{call.lineno}: {called}(shell or verify)")
            if said(call, "follow_redirects", True):
                wrong.append(f"{source.name}:{call.lineno}: {called} follows redirects")
    assert wrong == []


def test_libraries_that_have_no_business_here_are_not_imported() -> None:
    found = [(source.name, module) for source in product() for module, _ in source.imports]
    assert [pair for pair in found if pair[1].partition(".")[0] in NEVER] == []
    # Elsewhere what is drawn may be a secret: `secrets` draws it.
    assert {name for name, module in found if module == "random"} <= CHANCE


def test_sql_is_never_put_together_from_text() -> None:
    """SQLAlchemy's expressions carry values apart; text() and f-strings are for constants."""
    wrong = []
    for source in product():
        for call in (*source.at_top, *source.calls):
            called = dotted(call.func).rpartition(".")[2]
            asks = called in {"text", "execute", "exec_driver_sql"} and call.args
            if asks and isinstance(call.args[0], ast.JoinedStr | ast.BinOp):
                put = {n.id for n in ast.walk(call.args[0]) if isinstance(n, ast.Name)}
                known = {name for name in put if name.isupper() or (source.name, name) in CONSTANT}
                if put != known:
                    wrong.append(f"{source.name}: {ast.unparse(call)}")
    assert wrong == []


def test_no_pattern_is_made_of_text_from_outside() -> None:
    """A regular expression is written here, or put together from what a module has at its top."""
    wrong = set()
    for source in product():
        for call in source.calls:
            asked = dotted(call.func)
            asks = asked.startswith("re.") and asked != "re.escape"
            if asks and call.args and not isinstance(call.args[0], ast.Constant):
                wrong.add(f"{source.name}: {ast.unparse(call.args[0])}")
    assert wrong <= PATTERNS


def templates() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        yield path.name, path.read_text("utf-8")


def test_no_template_takes_text_for_markup_or_loads_from_elsewhere() -> None:
    wrong = []
    for name, text in templates():
        wrong += [f"{name}: {m[0]}" for form in MARKUP for m in re.finditer(form, text)]
        loaded = [m[1] for m in re.finditer(LOADS, text)]
        wrong += [f"{name}: {address}" for address in loaded if re.match(r"(?:\w+:)?//", address)]
    assert wrong == []


def test_a_password_is_masked_may_be_pasted_and_is_known_to_managers() -> None:
    fields = [
        (name, m[0])
        for name, text in templates()
        for m in re.finditer(r"<input\b[^>]*>", text)
        if re.search(r'name="(?:password|current|again)"', m[0]) and 'type="hidden"' not in m[0]
    ]
    assert len(fields) >= 5
    for name, field in fields:
        assert 'type="password"' in field, (name, field)
        assert re.search(r'autocomplete="(?:current|new)-password"', field), (name, field)
        assert "onpaste" not in field


def test_no_question_is_asked_whose_answer_others_know() -> None:
    for name, text in templates():
        assert not re.search(r"security question|maiden|secret question", text, re.I), name


def test_our_scripts_run_no_text_and_keep_nothing_confidential() -> None:
    wrong, stored = [], []
    for path in sorted((ROOT / "web" / "static").rglob("*.js")):
        if not path.name.endswith(".min.js"):
            text = path.read_text("utf-8")
            wrong += [f"{path.name}: {m[0]}" for form in SCRIPTED for m in re.finditer(form, text)]
            stored += re.findall(r"(?:local|session)Storage\.setItem\(([^,]+),", text)
    assert wrong == []
    assert stored == ["`callflow:${select.id}`"]  # which microphone, which speaker
