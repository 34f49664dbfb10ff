"""Every test of the suite is in one unit, wherever it is put."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.suite import dear
from tests.support.suite.side_by_side import LISTENING
from tests.support.suite.units import (
    BROWSER,
    COMPUTING,
    LIVE,
    ROOT,
    Unit,
    deep_computing,
    files,
    whole,
)


def _files(units: Iterable[Unit], root: Path = ROOT) -> list[Path]:
    """Those of which all shares are there, once each."""
    shares = Counter((one.parts, one.share[1]) for one in units)
    assert all(number == of for (_, of), number in shares.items())
    return sorted(file for parts, _ in shares for part in parts for file in files(root / part))


def test_every_file_of_tests_is_in_exactly_one_unit() -> None:
    assert _files(whole()) == sorted((ROOT / "tests").rglob("test_*.py"))


def test_what_listens_lies_where_it_is_looked_for() -> None:
    marked = re.compile(r"^(pytestmark\b.*|    |@)pytest\.mark\.ear\b", re.MULTILINE)
    listening = {path for path in _files(whole()) if marked.search(path.read_text("utf-8"))}
    listening.discard(ROOT / "tests/integration/suite/test_harness.py")  # suites in it, as text
    assert listening <= set(_files([LISTENING]))


def test_what_computes_is_all_that_neither_rings_nor_shows_pages_of_the_web() -> None:
    found = {kind: _files(u for u in whole() if u.kind == kind) for kind in (LIVE, BROWSER)}
    assert found[LIVE] == sorted((ROOT / "tests" / "acceptance").rglob("test_*.py"))
    pages = {path.name for path in found[BROWSER]}
    named = re.compile(r"test_(axe_.*|.*browser|every_action_by_keyboard)\.py")
    web = {path.name for path in (ROOT / "tests/integration/web").iterdir()}
    assert pages >= {name for name in web if named.fullmatch(name)}


def test_what_a_deep_run_computes_is_all_of_that_in_smaller_units() -> None:
    computing = [unit for unit in whole() if unit.kind == COMPUTING]
    deep = deep_computing()
    assert set(_files(deep)) >= set(_files(computing))
    assert len(_files(deep)) == len(set(_files(deep)))
    assert len(deep) > 2 * len(computing)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Tests of every kind: so many in each file."""
    for path, tests in {
        "acceptance/test_alone.py": 1,
        "acceptance/phones/test_a.py": 2,
        "acceptance/phones/more/test_b.py": 2,
        "integration/test_loose.py": 1,
        "integration/small/test_c.py": 2,
        "integration/large/test_d.py": 500,
        "integration/large/test_e.py": 500,
        "integration/large/test_page_in_browser.py": 2,
        "unit/test_f.py": 1,
        "unit/core/test_g.py": 2,
    }.items():
        file = tmp_path / "tests" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        imports = "from playwright import x\n" * ("browser" in path)
        file.write_text(imports + "def test_it(): pass\n" * tests, encoding="utf-8")
    (tmp_path / "tests/unit/__pycache__").mkdir()
    return tmp_path


def test_packages_with_a_station_stay_whole_and_what_computes_long_is_parted(suite: Path) -> None:
    found = {unit.parts: unit.kind for unit in whole(root=suite)}
    assert found == {
        ("tests/acceptance/phones",): LIVE,
        ("tests/acceptance/test_alone.py",): LIVE,
        ("tests/integration/large/test_page_in_browser.py",): BROWSER,
        ("tests/integration/large/test_d.py",): COMPUTING,
        ("tests/integration/large/test_e.py",): COMPUTING,
        ("tests/integration/small", "tests/integration/test_loose.py"): COMPUTING,
        ("tests/unit/core", "tests/unit/test_f.py"): COMPUTING,
    }


def test_the_last_run_tells_the_order_and_nothing_else(suite: Path) -> None:
    units = whole(root=suite)
    names = [unit.name for unit in units]
    assert names[:3] == [
        "acceptance/phones",
        "acceptance/test_alone.py",
        "integration/large/test_d.py",
    ]
    known = {
        "tests/acceptance/test_alone.py": (900.0, 1.0),
        "tests/unit/test_f.py": (1.0, 800.0),
    }
    again = [unit.name for unit in whole(known, root=suite)]
    assert again[:3] == ["acceptance/test_alone.py", "acceptance/phones", "unit/core +1"]
    assert sorted(again) == sorted(names)
    assert max(Counter(names).values()) == 1


def test_a_file_that_is_dear_by_itself_is_parted_and_no_station_is(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear_one, alone = "tests/integration/small/test_c.py", "tests/acceptance/test_alone.py"
    monkeypatch.setattr(dear, "seconds", lambda _: {dear_one: 350.0, alone: 350.0})
    units = {unit.name: unit for unit in whole(root=suite)}
    parted = [units[f"integration/small/test_c.py {place}/3"] for place in range(1, 4)]
    assert [(one.parts, one.share, one.seconds) for one in parted] == [
        ((dear_one,), (place, 3), 350.0 / 3) for place in range(1, 4)
    ]
    assert units["acceptance/test_alone.py"].share == (1, 1)
    assert _files(units.values(), suite) == sorted((suite / "tests").rglob("test_*.py"))


def test_of_what_a_fast_run_leaves_out_a_file_of_many_seeds_comes_first(suite: Path) -> None:
    seeds = "SEEDS = [pytest.param(n, marks=pytest.mark.deep) for n in range(9)]\n"
    small = "tests/integration/small"
    for name, text in (("many", "def test_it(): pass\n" * 90), ("seeds", seeds)):
        (suite / f"{small}/test_{name}.py").write_text(text, encoding="utf-8")
    parts = [unit.parts for unit in deep_computing(root=suite)]
    seeded, many = (
        (f"{small}/test_seeds.py", "tests/integration/test_loose.py"),
        f"{small}/test_many.py",
    )
    assert parts.index(seeded) < parts.index((f"{small}/test_c.py", many))
