"""What runs say that their packages cost is added to what all cost."""

from __future__ import annotations

from pathlib import Path

from tests.support.costs import lines, package_of, read

_ROOT = Path(__file__).resolve().parents[1]


def test_a_test_costs_its_package() -> None:
    assert package_of(_ROOT / "integration" / "web" / "test_api.py") == "integration/web"
    assert package_of(_ROOT / "acceptance" / "test_it.py") == "acceptance"
    assert package_of(Path("elsewhere/test_it.py").resolve()) == "elsewhere"


def test_two_runs_are_added_and_the_dearest_comes_first() -> None:
    one = lines({"unit/core": (20, 12.5, 10.0), "integration/web": (3, 60.0, 30.5)})
    other = lines({"integration/web": (2, 6.0, 2.5)})

    both = read(["=== what it cost ===", *one, "5 passed", *other])

    assert both == {"unit/core": (20, 12.5, 10.0), "integration/web": (5, 66.0, 33.0)}
    assert [line.split()[1] for line in lines(both)] == ["integration/web", "unit/core", "all"]
    assert lines(both)[-1].split()[2:] == ["25", "tests", "78.5", "s", "43.0", "s", "of", "CPU"]
    assert read(["no costs"]) == {}
