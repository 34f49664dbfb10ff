"""Every command of the documentation is one of the product's, with options that it has."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
import typer

from callflow.commands import line
from tests.acceptance.whole import test_every_command_of_the_documentation_runs as whole
from tests.support.checks.documented import (
    REASONS,
    ROOT,
    Block,
    blocks,
    calls,
    documents,
    has_commands,
)

BLOCKS = [block for name in documents() for block in blocks(name)]
SH = [block for block in BLOCKS if block.language == "sh"]


def named(block: Block) -> str:
    return f"{block.document}:{block.line}"


def test_commands_stand_in_blocks_that_are_run() -> None:
    others = [block for block in BLOCKS if block.language != "sh" and has_commands(block.text)]
    assert [named(block) for block in others] == []


@pytest.mark.parametrize("block", [b for b in SH if b.reason], ids=named)
def test_a_block_that_is_not_run_says_why_and_it_is_so(block: Block) -> None:
    assert block.reason in REASONS
    assert REASONS[block.reason](block.text)


def test_a_block_that_is_run_touches_nothing_of_the_machine() -> None:
    assert [named(block) for block in SH if block.is_run and block.reaches_out] == []


def test_a_document_with_a_test_of_its_own_is_read_by_it() -> None:
    for document, test in whole.OWN.items():
        (file,) = (ROOT / "tests").rglob(f"{test}.py")
        assert document in file.read_text("utf-8")


@pytest.mark.parametrize("block", SH, ids=named)
def test_each_command_is_known(block: Block) -> None:
    for program, *words in calls(block.text):
        if program == "callflow":
            takes(words)
            continue
        command, *arguments = words
        assert command in run_commands(), command
        if command in ("callflow", "demo"):
            takes(arguments if command == "callflow" else words)


def run_commands() -> set[str]:
    """The names that ``./run`` acts on."""
    text = (ROOT / "run").read_text("utf-8")
    return set(re.findall(r"^    ([a-z]+)\)", text.split("case $command in")[1], re.MULTILINE))


def takes(arguments: list[str]) -> None:
    """Raises where the command line would refuse them; nothing is done."""
    command: Any = typer.main.get_command(line.app)
    while hasattr(command, "commands"):
        name, *arguments = arguments
        assert name in command.commands, name
        command = command.commands[name]
    context = click.Context(command)
    _, left, _ = command.make_parser(context).parse_args(list(arguments))
    assert left == [], left
