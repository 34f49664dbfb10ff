"""``callflow plan``: a file is validated, kept as a draft, published, compared and rolled back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callflow.commands.line import app
from callflow.core.plans.call_plan import PlanError

GOOD = """\
id: night
name: Nuit
steps:
  - id: call
    kind: call_list
    outcomes: {exhausted: hand}
  - id: hand
    kind: hand_to_operator
"""
BAD = GOOD.replace("{exhausted: hand}", "{exhausted: nowhere}")
LOST = GOOD + "  - {id: lost, kind: hand_to_operator}\n"


def callflow(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit status, and what was said; a hundred times quicker than a process."""
    done = CliRunner(env={"CALLFLOW_DATA_DIR": str(folder), "COLUMNS": "500"}).invoke(
        app, list(arguments)
    )
    said = str(done.exception) if isinstance(done.exception, PlanError) else ""
    return done.exit_code, done.output + said


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("station")
    status, said = callflow(folder, "db", "upgrade")
    assert status == 0, said
    return folder


def file(folder: Path, text: str, name: str = "night.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (GOOD, 0, "the plan is sound"),
        (BAD, 1, "error leads_nowhere: line 6, column 16: step 'call': outcome 'exhausted' leads"),
        (LOST, 1, "error unreachable: line 9, column 5: step 'lost'"),
        (GOOD + "x: 1", 1, "line 9, column 1: a plan has no 'x'"),
    ],
)
def test_a_file_is_validated_without_a_station(
    text: str, status: int, said: str, tmp_path: Path
) -> None:
    answered, output = callflow(tmp_path / "none", "plan", "validate", file(tmp_path, text))
    assert (answered, said in output) == (status, True), output


def test_findings_are_for_programs_too(tmp_path: Path) -> None:
    status, output = callflow(tmp_path, "plan", "validate", "--json", file(tmp_path, LOST))
    assert (status, [found["code"] for found in json.loads(output)]) == (1, ["unreachable"])


def test_a_plan_goes_its_way_from_file_to_version_and_back(station: Path, tmp_path: Path) -> None:
    def plan(*arguments: str) -> str:
        status, output = callflow(station, "plan", *arguments)
        assert status == 0, output
        return output

    first, second = file(tmp_path, GOOD), file(tmp_path, GOOD + "    text: Vite\n", "second.yaml")
    assert plan("publish", first) == "night version 1\n"
    assert plan("import", second) == "draft of night\n"
    assert plan("compare", "night", "night@draft") == "step 'hand': text unsaid → Vite\n"
    assert plan("validate", "night@draft") == "the plan is sound\n"
    assert plan("publish", "night", "--why", "plus clair") == "night version 2\n"
    assert "text: Vite" in plan("export", "night")
    assert "text: Vite" not in plan("export", "night@1")
    assert plan("picture", "night").startswith("<svg ")
    assert plan("roll-back", "night", "1", "--why", "trop pressé") == "night version 3\n"
    assert [line.split("cli")[1].strip() for line in plan("history", "night").splitlines()] == [
        "",
        "plus clair",
        "v1: trop pressé",
    ]


def test_a_plan_is_withdrawn_and_brought_back(station: Path, tmp_path: Path) -> None:
    def plan(*arguments: str) -> tuple[int, str]:
        return callflow(station, "plan", *arguments)

    winter = file(tmp_path, GOOD.replace("id: night", "id: winter"), "winter.yaml")
    assert plan("publish", winter)[0] == 0
    assert plan("withdraw", "winter", "--why", "Plus utile") == (0, "winter: withdrawn\n")
    for again in (("import", winter), ("publish", winter), ("roll-back", "winter", "1")):
        status, output = plan(*again, *(("--why", "x") if again[0] != "import" else ()))
        assert (status, "this plan is withdrawn: bring it back first" in output) == (2, True), (
            output
        )
    last = plan("history", "winter")[1].splitlines()[-1]
    assert last.startswith("withdrawn  ")
    assert last.endswith("  cli  Plus utile")
    status, output = plan("bring-back", "winter", "--why", "De saison", "--json")
    assert (status, json.loads(output)["state"]) == (0, "in_use")
    assert plan("import", winter) == (0, "draft of winter\n")
    assert "withdrawn" not in plan("history", "winter")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("withdraw", "nothing", "--why", "x"), "there is no plan 'nothing'"),
        (("withdraw", "night"), "--why"),
        (("bring-back", "night", "--why", "x"), "is not withdrawn"),
        (("publish", "{lost}"), "step 'lost': no outcome leads to it"),
        (("publish", "nothing", "--why", "x"), "has no draft"),
        (("export", "nothing"), "there is no plan 'nothing'"),
        (("export", "nothing@x"), "write ID, ID@VERSION or ID@draft"),
        (("roll-back", "nothing", "1", "--why", "x"), "there is no version 1 of plan"),
        (("roll-back", "nothing", "1"), "say why"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], said: str, station: Path, tmp_path: Path
) -> None:
    words = [word.format(lost=file(tmp_path, LOST, "lost.yaml")) for word in arguments]
    status, output = callflow(station, "plan", *words)
    assert (status != 0, said in output) == (True, True), output


def test_the_schema_is_printed(tmp_path: Path) -> None:
    assert "\nsend_guard: " in callflow(tmp_path, "plan", "schema")[1]
    schema = json.loads(callflow(tmp_path, "plan", "schema", "--json")[1])
    assert schema["required"] == ["id", "steps"]
