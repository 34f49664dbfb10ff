"""Frames as real panels send them, and what their sources say: ``tests/data/frames/dc09.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "data" / "frames" / "dc09.yaml"
#: When a frame without a time stamp is received.
SOME_TIME = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SourcedFrame:
    """One frame; the fields are explained in the file."""

    wire: bytes
    maker: str
    source: str
    licence: str
    crc: str = ""
    key: bytes | None = None
    refused: str = ""
    says: dict[str, str] = field(default_factory=dict)
    reply: str | None = None
    has_reply: bool = False

    @property
    def body(self) -> bytes:
        """From the first quote to before the CR."""
        return self.wire[self.wire.index(b'"') : self.wire.rindex(b"\r")]

    @property
    def at(self) -> datetime:
        """The panel's clock, for its time to be right."""
        stamp = self.says.get("stamp")
        return datetime.fromisoformat(stamp) if stamp else SOME_TIME

    def key_of(self, account: str) -> bytes | None:
        """The key of whoever sends this frame."""
        return self.key


@cache
def sourced_frames() -> tuple[SourcedFrame, ...]:
    """Every frame of the file."""
    return tuple(map(_frame, yaml.safe_load(FILE.read_text("utf-8"))))


def _frame(row: dict[str, Any]) -> SourcedFrame:
    key = row.get("key")
    return SourcedFrame(
        wire=row["frame"].encode("latin-1" if row.get("crc") == "2007" else "utf-8"),
        maker=row["maker"],
        source=row["source"],
        licence=row["licence"],
        crc=row.get("crc", ""),
        key=bytes.fromhex(key) if key else None,
        refused=row.get("refused", ""),
        says=row.get("says", {}),
        reply=row.get("reply"),
        has_reply="reply" in row,
    )
