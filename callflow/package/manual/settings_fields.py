"""Every setting, read from the classes of ``callflow/settings``: its name, what its comment says,
its default. A comment (``#:``) is of the fields right below it, until an empty line or the next
one.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One setting; ``kind`` is what it may be, in words."""

    name: str
    kind: str
    default: str
    said: str


def fields(model: type[BaseModel]) -> list[Field]:
    """Those that a class itself declares, in their order."""
    source = textwrap.dedent(inspect.getsource(model))
    said = dict(_comments(source))
    return [
        Field(
            name=model.model_fields[name].alias or name,
            kind=kind,
            default=_default(model.model_fields[name]),
            said=said[name],
        )
        for name, kind in _declared(source)
    ]


def _declared(source: str) -> Iterator[tuple[str, str]]:
    (body,) = ast.parse(source).body
    assert isinstance(body, ast.ClassDef)
    for line in body.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id, _kind(line.annotation)


#: Types of the code that people know by other names.
_WORDS = {
    "str": "text",
    "Secret": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "Path": "path",
    "Number": "telephone number",
    "Port": "port",
    "Address": "address",
    "FarEnd": "address",
    "SecretStr": "text",
    "Codec": "codecs",
    "Networks": "list of networks",
    "Allowed": "list of networks",
    "LineSettings": "lines",
    "TrunkSettings": "trunks",
}


def _kind(annotation: ast.expr) -> str:
    match annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
            return _kind(first)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            inner = values.elts if isinstance(values, ast.Tuple) else [values]
            return ", ".join(f"`{ast.literal_eval(each)}`" for each in inner)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[first, *_])):
            return f"list of {_kind(first)}"
        case ast.Subscript(value=ast.Name(id="dict")):
            return "object"
        case ast.BinOp(left=left):
            return _kind(left)
        case _:
            return _WORDS.get(name := ast.unparse(annotation), name.lower())


def _comments(source: str) -> Iterator[tuple[str, str]]:
    """(field, what stands above it)."""
    lines: list[str] = []
    said, fresh = "", False
    (body,) = ast.parse(source).body
    assert isinstance(body, ast.ClassDef)
    begins = {
        line.lineno: line.target.id
        for line in body.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if text.startswith("#:"):
            lines = [*lines, text[2:].strip()] if fresh else [text[2:].strip()]
            said, fresh = " ".join(lines), True
            continue
        fresh = False
        if number in begins:
            yield begins[number], said
        elif not text:
            said = ""


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=False)
    if value is PydanticUndefined:
        return ""
    if value in (None, "", (), {}, []):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
