"""The reference, generated from the code at each build: none of it is kept, so none is old."""

import asyncio
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
import httpx
import typer
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from callflow.commands import line
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan.vocabulary import StepKind
from callflow.package.manual import settings_fields
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings, RelaySettings
from callflow.settings.trunks import TrunkSettings
from callflow.storage import Store
from callflow.storage.engine.upgrade import upgrade
from callflow.texts import ENTRIES, FAMILIES, KINDS
from callflow.vault import Vault
from web.app import create_app
from web.kit import words

_ROOT = Path(__file__).resolve().parents[3]
#: What is in a list: (heading, whose fields).
ELEMENTS = (
    ("A trunk: an element of `CALLFLOW_TRUNKS`", TrunkSettings),
    ("A line: an element of `CALLFLOW_LINES`", LineSettings),
    ("A relay: an element of `CALLFLOW_RELAYS`", RelaySettings),
)
#: Where the instance's settings come from, the nearest first.
ROOMS = tuple(
    room for room in Settings.__mro__ if issubclass(room, BaseSettings) and room is not BaseSettings
)


def of_a_station(folder: Path) -> tuple[Mapping[str, Any], str]:
    """(the API's description, what ``/metrics`` answers) of a station made in ``folder``."""
    settings, vault = Settings(data_dir=folder, database_url=""), Vault(folder / "keys")
    upgrade(settings.database)
    store = Store(settings.database, mac=vault.seal)
    try:
        app = create_app(settings, store, vault)
        with ThreadPoolExecutor(1) as thread:  # a loop of its own: beside a browser one runs
            return app.openapi(), thread.submit(asyncio.run, _metrics(app)).result()
    finally:
        store.close()


async def _metrics(app: Any) -> str:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as here:
        return (await here.get("/metrics")).raise_for_status().text


def pages(openapi: Mapping[str, Any], metrics: str) -> dict[str, str]:
    """{path in the manual: its text}. ``openapi`` is the API's own description, ``metrics`` what a
    station answers at ``/metrics``."""
    made = {
        "settings": settings(),
        "commands": commands(),
        "api": api(openapi),
        "plan-vocabulary": plan_vocabulary(),
        "metrics": metric_list(metrics),
        "logbook-kinds": logbook_kinds(),
        "events": events(),
    }
    beside = "](docs/reference/"
    return {f"reference/{name}.md": text.replace(beside, "](") for name, text in made.items()}


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|") or " "


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


# --- settings --------------------------------------------------------------------------------


def settings() -> str:
    """Every setting."""
    parts = [
        "# Settings\n\nEach is an environment variable, or the same name without `CALLFLOW_`, in"
        " small letters, in the TOML file that `CALLFLOW_CONFIG` names; the environment wins."
        " Lists and objects are JSON in the environment. Durations are seconds, telephone numbers"
        " E.164.\n"
    ]
    for room in ROOMS:
        heading = (room.__doc__ or "").partition(".")[0]
        parts.append(_of(heading, room, lambda field: f"CALLFLOW_{field.upper()}"))
    parts += [_of(heading, element, str) for heading, element in ELEMENTS]
    return "\n".join(parts)


def _of(heading: str, model: type[BaseModel], named: Callable[[str], str]) -> str:
    rows = [
        (
            f"`{named(field.name)}`",
            f"`{field.default}`" if field.default else "must be set",
            field.kind,
            _markdown(field.said),
        )
        for field in settings_fields.fields(model)
    ]
    return f"## {heading}\n\n{_table(('setting', 'default', 'type', ''), rows)}"


def _markdown(comment: str) -> str:
    """A comment's ``code`` as Markdown has it."""
    return comment.replace("``", "`")


# --- the command line ------------------------------------------------------------------------


def commands() -> str:
    """Every command, its arguments and options."""
    whole = typer.main.get_command(line.app)
    parts = [
        "# Command line\n\n`callflow` where the package is installed, `./run callflow` in a clone."
        " It exits 0 only on success; `--json` is for programs. How `./run` is used:"
        " `./run help`.\n"
    ]
    parts += [_command(name, command) for name, command in walk("callflow", whole)]
    return "\n".join(parts)


def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """(how it is called, the command), those that do something."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for key in sorted(inner):
        if not inner[key].hidden:
            yield from walk(f"{name} {key}", inner[key])


def _command(name: str, command: Any) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(piece for piece in command.collect_usage_pieces(context))
    said = " ".join((command.help or "").split())
    options = [
        (f"`{', '.join([*each.opts, *each.secondary_opts])}`", getattr(each, "help", None) or "")
        for each in command.params
        if each.param_type_name == "option" and "--help" not in each.opts
    ]
    table = f"\n{_table(('option', ''), options)}" if options else ""
    return f"## {name}\n\n`{name} {usage}`\n\n{said}\n{table}"


# --- the API ---------------------------------------------------------------------------------

_METHODS = ("get", "post", "put", "delete")


def api(schema: Mapping[str, Any]) -> str:
    """Every operation, with what it is asked and answers."""
    parts = [
        "# HTTP API\n\nEach station describes its own at `/api/v1/openapi.json` (OpenAPI), field by"
        " field. A program sends `Authorization: Bearer TOKEN`; instants are UTC in ISO 8601,"
        " numbers E.164; an error is an RFC 9457 problem that names the field. More:"
        " [Contracts](docs/reference/contracts.md#api).\n"
    ]
    for path, operations in sorted(schema["paths"].items()):
        shown = [(m, operations[m]) for m in _METHODS if m in operations]
        parts.append(f"## {path}\n\n" + "\n".join(_operation(m, o) for m, o in shown))
    return "\n".join(parts)


def _operation(method: str, operation: Mapping[str, Any]) -> str:
    said = " ".join((operation.get("description") or operation.get("summary", "")).split())
    answers = ", ".join(f"`{status}`" for status in sorted(operation.get("responses", {})))
    rows = [
        (f"`{each['name']}`", each["in"], each.get("description", ""))
        for each in operation.get("parameters", [])
    ]
    table = f"\n{_table(('parameter', 'in', ''), rows)}" if rows else ""
    return f"**{method.upper()}** {said} Answers {answers}.\n{table}"


# --- plans, metrics, logbook, events ---------------------------------------------------------


def plan_vocabulary() -> str:
    """What a step may be, its settings and ends; as ``callflow plan schema`` says it."""
    schema = call_plan.json_schema()
    steps = {s["title"]: s for s in schema["properties"]["steps"]["items"]["oneOf"]}
    parts = [
        "# Plan vocabulary\n\nA plan is YAML or JSON: `id`, `name` and `steps`. `callflow plan"
        " schema --json` prints the same as JSON Schema.\n"
    ]
    for kind in StepKind:
        step = steps[kind.value]
        outcomes = step["properties"].get("outcomes", {}).get("properties", {})
        rows = [
            (f"`{name}`", _values(shape), shape.get("description", ""))
            for name, shape in step["properties"].items()
            if name not in ("kind", "outcomes")
        ]
        ends = ", ".join(f"`{name}`" for name in outcomes) or "none of its own"
        parts.append(
            f"## {kind.value}\n\n{step['description']}\n\n"
            f"{_table(('setting', 'values', ''), rows)}\nOutcomes: {ends}.\n"
        )
    return "\n".join(parts)


def _values(shape: Mapping[str, Any]) -> str:
    """What a setting may be, in short."""
    inner = shape.get("items") or shape.get("additionalProperties") or {}
    if "enum" in shape or (isinstance(inner, dict) and "enum" in inner):
        return ", ".join(f"`{each}`" for each in shape.get("enum") or inner["enum"])
    least, most = shape.get("minimum"), shape.get("maximum")
    span = f" {least} to {most}" if least is not None and most is not None else ""
    return f"{shape.get('type', '')}{span}"


def metric_list(text: str) -> str:
    """What ``/metrics`` has, from what one station answered."""
    helps, kinds, labels = {}, {}, {}
    for row in text.splitlines():
        if row.startswith("# HELP "):
            name, _, said = row.removeprefix("# HELP ").partition(" ")
            helps[name] = said
        elif row.startswith("# TYPE "):
            name, _, kind = row.removeprefix("# TYPE ").partition(" ")
            kinds[name] = kind
        elif "{" in row:
            name = row.partition("{")[0]
            pairs = row.partition("{")[2].partition("}")[0].split(",")
            labels[name] = ", ".join(f"`{pair.partition('=')[0]}`" for pair in pairs)
    rows = [
        (
            f"`{name}`",
            kinds[name],
            labels.get(name) or labels.get(f"{name}_bucket", ""),
            helps[name],
        )
        for name in sorted(kinds)
    ]
    return (
        "# Metrics\n\n`GET /metrics`, in the text format of Prometheus: to this machine without a"
        " token, to others with one that may read.\n\n"
        + _table(("metric", "type", "labels", ""), rows)
    )


def logbook_kinds() -> str:
    """Every kind of entry, by the families that webhooks subscribe to."""
    parts = [
        "# Logbook kinds\n\nThe kind of each entry of the logbook, as the API, exports and"
        f" [webhooks](docs/reference/webhooks.md) name it: {len(ENTRIES)} of them, in French"
        " and English. Words in braces are filled in.\n"
    ]
    for family, kinds in FAMILIES.items():
        rows = [
            (f"`{kind}`", f"`{french}`", f"`{said}`")
            for kind, (french, said) in sorted(kinds.items())
        ]
        heading = f"{words.FAMILIES.get(family, family)}: `{family}`"
        parts.append(f"## {heading}\n\n{_table(('kind', 'French', 'English'), rows)}")
    return "\n".join(parts)


def events() -> str:
    """The event table."""
    with (_ROOT / "callflow/core/signals/events.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = [
        f"# Event table\n\nWhat each of {len(rows)} codes means, unless the station, a site or a"
        " zone says otherwise. Priority 1 is the most urgent; *opens*: it opens an alarm;"
        " *restores*: the kind that it ends.\n"
    ]
    for format_ in dict.fromkeys(row["format"] for row in rows):
        shown = [
            (
                f"`{row['code']}`",
                row["en"],
                row["fr"],
                KINDS[row["kind"]][1] if row["kind"] in KINDS else row["kind"],
                row["category"],
                row["priority"],
                row["opens"],
                row["restores"],
            )
            for row in rows
            if row["format"] == format_
        ]
        heads = ("code", "meaning", "French", "kind", "category", "priority", "opens", "restores")
        parts.append(f"## {format_}\n\n{_table(heads, shown)}")
    return "\n".join(parts)
