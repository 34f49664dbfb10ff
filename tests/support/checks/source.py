"""The product's own source, parsed once for the tests that look at how it is written."""

from __future__ import annotations

import ast
import functools
import gc
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = ("callflow", "ivr", "web")


class Source:
    """One module: its name from the root, what it calls and what it imports."""

    def __init__(self, path: Path) -> None:
        self.name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text("utf-8"), self.name)
        #: Calls, those of what the module assigns at its top apart.
        self.at_top = calls_in(*(part for part in tree.body if isinstance(part, ast.Assign)))
        self.calls = calls_in(*(part for part in tree.body if not isinstance(part, ast.Assign)))
        #: (module, what is imported from it; empty: the module itself).
        self.imports: list[tuple[str, frozenset[str]]] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.imports += [(alias.name, frozenset()) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                self.imports.append((node.module, frozenset(a.name for a in node.names)))


def calls_in(*parts: ast.AST) -> list[ast.Call]:
    """Every call in these."""
    return [node for part in parts for node in ast.walk(part) if isinstance(node, ast.Call)]


@functools.cache
def product() -> tuple[Source, ...]:
    """Every module of the product: 0.7 s, thrice that where garbage is looked for meanwhile."""
    gc.disable()
    try:
        paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
        return tuple(Source(path) for path in paths)
    finally:
        gc.enable()


def dotted(node: ast.expr) -> str:
    """``os.path.join`` of its node; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
