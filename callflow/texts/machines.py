"""What the logbook says of several machines: {entry kind: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {}
