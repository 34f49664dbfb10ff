"""Load each module of the product, as ``./run check`` does by the oldest CPython that it promises.

What that one refuses (a part of a union without a hash, a default that it holds mutable) no other
finds, and no type; the station would not start. Prints what fails, and exits with 1.
"""

from __future__ import annotations

import importlib
import pkgutil
import platform
import sys

#: A program, not a module; and what only runs within a migration.
_NOT_LOADED = (".__main__", ".migrations.env")


def main() -> int:
    """Load all of it."""
    loaded = failed = 0
    for root in ("callflow", "ivr", "web"):
        paths = importlib.import_module(root).__path__
        for module in pkgutil.walk_packages(paths, f"{root}."):
            if module.name.endswith(_NOT_LOADED):
                continue
            loaded += 1
            try:
                importlib.import_module(module.name)
            except Exception as error:
                failed += 1
                print(f"{module.name}: {error!r}")
    print(f"{loaded} modules loaded, {failed} failed, on CPython {platform.python_version()}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
