"""A plan as text that people write: YAML, read by the schema of ``call_plan``.

What a value is comes from its place and not from its looks: ``until: 12:00``, ``zones: [003]``,
``text: no`` and ``to: +33639980101`` are texts here, whatever YAML 1.1 makes of them. Aliases,
tags, doubled keys and several documents are refused, and so is what is too large or too deep.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import BOUNDS, KINDS, MEANINGS, Finding, Plan, PlanError
from callflow.core.plans.call_plan.plan import FLAGS, WHOLE

#: Characters of a plan's text; a hundred steps with long texts have fewer.
LONGEST = 500_000
_DEEPEST = 8  # lists and mappings within each other; a plan has six
_KEYS = frozenset({"id", "version", "name", "steps"})
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_NULL = frozenset({"", "~", "null"})
_FIGURES = frozenset(BOUNDS) | {"version"}
#: The fast reader where the system has it.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Written:
    """A plan as it was written. ``lines``: {path in the plan's body: (line, column)}, from 1."""

    plan: Plan
    lines: Mapping[str, tuple[int, int]]

    def where(self, finding: Finding) -> str:
        """ "line 4, column 7" of what was found."""
        return _where(self.lines, finding.field)


def read(text: str) -> Plan:
    """The plan that ``text`` describes, sound. Raises PlanError, with line and column."""
    written = parse(text)
    for problem in call_plan.problems(written.plan):
        raise PlanError(f"{written.where(problem)}: {problem.said()}", field=problem.field)
    return written.plan


def parse(text: str) -> Written:
    """The plan that ``text`` describes, as it is. Raises PlanError, with line and column."""
    if len(text) > LONGEST:
        raise PlanError(f"the text is longer than {LONGEST} characters")
    try:
        _bounded(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise PlanError(f"{_at(error.problem_mark)}: {error.problem or error}") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise PlanError(f"this is no YAML: {' '.join(str(error).split())}") from None
    lines: dict[str, tuple[int, int]] = {}
    body = _value(root, "", lines)
    if not isinstance(body, dict):
        raise PlanError("a plan begins with its id, on a line of its own: id: …")
    for name in body:
        if name not in _KEYS:
            raise PlanError(f"{_where(lines, name)}: a plan has no {name!r}", field=name)
    try:
        return Written(call_plan.from_json(body), lines)
    except PlanError as error:
        raise PlanError(f"{_where(lines, error.field)}: {error}", field=error.field) from error


def _bounded(text: str) -> None:
    """Refuses what could grow when it is read, before it is. Raises PlanError, YAMLError."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        where = _at(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise PlanError(f"{where}: write it out, *{event.anchor} is not taken")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise PlanError(f"{where}: tags such as {tag} are not taken")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise PlanError(f"{where}: a plan is not so deep")


def _at(mark: Any) -> str:
    return "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


def _where(lines: Mapping[str, tuple[int, int]], field: str) -> str:
    """The line of a field, or of the nearest thing around it that was written."""
    while field not in lines and field:
        field = field.rpartition(".")[0]
    line, column = lines.get(field, (1, 1))
    return f"line {line}, column {column}"


def _value(node: Any, path: str, lines: dict[str, tuple[int, int]]) -> Any:
    if node is None:
        return None
    lines.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, _join(path, place), lines) for place, one in enumerate(node.value)]
    return _scalar(node, path)


def _mapping(node: yaml.MappingNode, path: str, lines: dict[str, tuple[int, int]]) -> Any:
    body: dict[str, Any] = {}
    for key, value in node.value:
        where = _at(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise PlanError(f"{where}: a name is expected here")
        if key.value in body:
            raise PlanError(f"{where}: {key.value!r} is there twice")
        inner = _join(path, key.value)
        lines[inner] = (key.start_mark.line + 1, key.start_mark.column + 1)
        body[key.value] = _value(value, inner, lines)
    return body


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _scalar(node: yaml.ScalarNode, path: str) -> Any:
    """A number, a flag or nothing where the schema has one; else the text as it is written."""
    text, name = str(node.value), _field(path)
    if node.style or name is None:  # "" or None: plain
        return text
    if name in _FIGURES:
        if text in _NULL:
            return None
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _NUMBER.fullmatch(text) else text
    if name in FLAGS and text in ("true", "false"):
        return text == "true"
    return text


def _field(path: str) -> str | None:
    """The setting that a path is the value of; None deeper within one."""
    parts = path.split(".")
    if len(parts) == 1:
        return parts[0]
    return parts[2] if len(parts) == 3 and parts[0] == "steps" else None


# --- writing ------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as such; what YAML alone takes for a line's end is escaped, and so are
    empty lines at the end: a block that keeps them has to be closed by dots."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        if set(text) & set("\x85\u2028\u2029") or text.endswith("\n\n") or text == "\n":
            style = '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def write(plan: Plan) -> str:
    """The plan as text that ``parse`` reads back, with what each setting means where it is new."""
    body = call_plan.to_json(plan)
    lines = ["# A call plan. Every kind of step and setting: callflow plan schema"]
    for name in ("id", "version", "name"):
        lines += _entry(name, body[name])
    lines.append("steps:" if body["steps"] else "steps: []")
    known: set[str] = {"id", "kind", "text"}
    for step, written in zip(plan.steps, body["steps"], strict=True):
        lines.append(f"  # {step.kind}: {KINDS[step.kind]}")
        inner = list(_step_lines(written, known))
        lines += [f"  - {inner[0]}", *(f"    {line}".rstrip(" ") for line in inner[1:])]
    return "\n".join(lines) + "\n"


def _step_lines(step: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for name, value in step.items():
        if name not in known:
            known.add(name)
            yield f"# {name}: {MEANINGS[name]}"
        yield from _entry(name, value)


def _entry(name: str, value: Any) -> list[str]:
    if name in WHOLE or not isinstance(value, float):
        shown = value
    else:
        shown = int(value) if value == int(value) else value
    text = yaml.dump({name: shown}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=96)
    return str(text).rstrip("\n").split("\n")
