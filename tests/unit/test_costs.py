"""What files cost is told by package, the dearest first."""

from __future__ import annotations

from tests.support.suite.costs import lines, package_of, shared


def test_a_test_costs_its_package() -> None:
    assert package_of("tests/integration/web/kit/test_api.py") == "integration/web"
    assert package_of("tests/acceptance/test_it.py") == "acceptance"
    assert package_of("/elsewhere/test_it.py") == "elsewhere"


def test_two_runs_are_added_and_the_dearest_comes_first() -> None:
    one = {
        "tests/unit/core/test_it.py": (20, 12.5, 10.0),
        "tests/integration/web/test_a.py": (3, 60.0, 30.5),
    }
    other = {"tests/integration/web/test_b.py": (2, 6.0, 2.5)}

    told = [line.split() for line in lines([one, other])]

    assert [words[1] for words in told] == ["integration/web", "unit/core", "all"]
    assert told[0][2:] == ["5", "tests", "66.0", "s", "33.0", "s", "of", "CPU"]
    assert told[-1][2:] == ["25", "tests", "78.5", "s", "43.0", "s", "of", "CPU"]
    assert lines([]) == []


def test_what_no_test_saw_the_end_of_is_shared_by_all() -> None:
    seen = {"tests/a.py": (3, 60.0, 30.0), "tests/b.py": (1, 9.0, 10.0)}
    assert shared(seen, 80.0) == {"tests/a.py": (3, 60.0, 60.0), "tests/b.py": (1, 9.0, 20.0)}
    assert shared({}, 2.0) == {}
    assert shared({"tests/a.py": (1, 0.0, 0.0)}, 2.0) == {"tests/a.py": (1, 0.0, 0.0)}
