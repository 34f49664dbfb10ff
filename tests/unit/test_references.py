"""Every reference of code and documents leads to something that is in the repository."""

from __future__ import annotations

import pytest

from tests.support.checks.references import Known, dead, known

RULES = "docs/explanation/rules.md"
DOCUMENTS = {
    RULES: "# Rules\n\n## D7 Mute\n\n## D17 On test\n",
    "docs/explanation/ux.md": "# Console\n\n## 7 Undo\n\n```\n## 8 No heading\n```\n",
    "docs/explanation/mission.md": "| | activity |\n|---|---|\n| 5 | back |\n| 5.4 | zones |\n",
    "ARCHITECTURE.md": "## Path\n9. No.\n\n## Invariants, all\n\n1. Kept.\n\n## Others\n\n9. No.\n",
    "README.md": "# Callflow\n",
    "web/security.md": "# Security\n",
}
PATHS = {*DOCUMENTS, "docs", "web", "callflow", "callflow/law.py", "callflow/signals"}


@pytest.fixture
def there() -> Known:
    return known(DOCUMENTS, PATHS)


@pytest.mark.parametrize(
    "text",
    [
        "nothing rings there (D7), nor on test (D17, D7)",
        "zones at fault (mission 5.4), back to normal (mission 5)",
        "kept (invariant 1); see docs/explanation/ux.md, and docs/explanation/ux.md, 7",
        "docs/explanation/rules.md#d17-on-test; ARCHITECTURE.md#invariants-all",
        "web/security.md says why",
        "(docs/explanation/rules.md, D17; CSI D613-17): of another project's tests (its issue 42)",
        "the D6600",
        'TEXT = (ROOT / "web" / "security.md").read_text()',
    ],
)
def test_a_live_reference_is_left_alone(text: str, there: Known) -> None:
    assert dead("callflow/law.py", text, there) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("nothing rings there (D99)", f"there is no rule D99 in {RULES}"),
        ("(mission 5.9)", "there is no activity 5.9 in docs/explanation/mission.md"),
        ("kept (invariant 9)", "there is no invariant 9 in ARCHITECTURE.md"),
        ("the branches of issue 12", "'issue 12' leads out of the repository: say what it asks"),
        ("measured in docs/gone.md", "there is no document docs/gone.md"),
        ("(shared gone.md, 3)", "there is no document gone.md"),
        ("see docs/explanation/ux.md#redo", "docs/explanation/ux.md has no heading #redo"),
        (
            "see docs/explanation/ux.md, 8",
            "docs/explanation/ux.md has no heading that begins with 8",
        ),
        ("see security.md", "there is no document security.md"),
    ],
)
def test_a_dead_reference_is_found_with_its_line(text: str, what: str, there: Known) -> None:
    assert dead("callflow/law.py", f'"""Law.\n\n{text}."""\n', there) == [
        f"callflow/law.py:3: {what}"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[the rule](explanation/rules.md#d7-mute), [here](#on-test-and-off), [up](../README.md)",
        "[law](https://example.org/law#1) by `callflow/law.py` and `callflow/signals/`",
        "`[no](link.png)`, and `callflow/{law,call}.py` names several",
    ],
)
def test_a_live_link_is_left_alone(text: str) -> None:
    page = "# On test, and off\n\n" + text
    there = known({**DOCUMENTS, "docs/page.md": page}, {*PATHS, "docs/page.md"})
    assert dead("docs/page.md", page, there) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[the rule](explanation/rules.md#d7-loud)", f"{RULES} has no heading #d7-loud"),
        ("[here](#nowhere)", "docs/page.md has no heading #nowhere"),
        ("[up](../web/gone.png)", "the link ../web/gone.png leads nowhere"),
        ('<img src="gone.webp">', "the link gone.webp leads nowhere"),
        ("decided in `callflow/gone.py`", "there is no callflow/gone.py"),
    ],
)
def test_a_dead_link_of_a_document_is_found(text: str, what: str) -> None:
    page = f"# Page\n\n{text}\n"
    there = known({**DOCUMENTS, "docs/page.md": page}, {*PATHS, "docs/page.md"})
    assert dead("docs/page.md", page, there) == [f"docs/page.md:3: {what}"]


def test_only_documents_of_docs_name_modules_that_are_looked_for(there: Known) -> None:
    assert dead("README.md", "`callflow/gone.py`", there) == []
