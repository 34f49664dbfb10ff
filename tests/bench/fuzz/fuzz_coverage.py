"""Which way a run took through the decoders: what is worth changing further (CPython's tracer).

Tracing is slow, so that only a share of the frames is traced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

Edge = tuple[CodeType, int, int]


class Coverage:
    """Steps from line to line within ``callflow/core/signals/``, those seen so far."""

    def __init__(self) -> None:
        self._seen: set[Edge] = set()
        self._new: set[Edge] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def is_new(self, run: Callable[[], object]) -> bool:
        """Call ``run``; whether it went a way that none went before."""
        self._new = set()
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            run()
        finally:
            sys.settrace(before)
        self._seen |= self._new
        return bool(self._new)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if "/callflow/signals/" not in frame.f_code.co_filename:
            return None
        code, last = frame.f_code, 0

        def step(inner: FrameType, what: str, _: Any) -> Any:
            nonlocal last
            if what == "line":
                edge = (code, last, inner.f_lineno)
                last = inner.f_lineno
                if edge not in self._seen:
                    self._new.add(edge)
            return step

        return step
