"""A draft of what somebody said on the phone, made offline where the parts for it are installed.

``listener.py`` is the process that does it, one at a time and behind everything else. A draft is
for a person who listens and corrects it; where there is none they write what they hear.
"""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from callflow import children
from ivr.transcribing.listener import PARTS

#: Seconds that a draft may take: a minute of speech takes ten of a core that is free.
PATIENCE = 180.0


class NoDraft(Exception):
    """This recording has no draft, and trying again would give none."""


def installed() -> bool:
    """True where everything that a draft needs is there."""
    return all(importlib.util.find_spec(name) for name in ("faster_whisper", *PARTS))


class Transcriber:
    """``model`` is where the model is put together, common to instances."""

    def __init__(
        self, model: Path, *, command: Sequence[str] | None = None, patience: float = PATIENCE
    ) -> None:
        script = str(Path(__file__).with_name("listener.py"))
        self._command = command or (sys.executable, "-P", script)
        self._model, self._patience = model, patience
        self._one = asyncio.Lock()

    async def draft(self, file: Path, language: str) -> str:
        """The words of a WAV. Raises NoDraft."""
        async with self._one:
            try:
                told = await self._answer(file, language)
            except (OSError, TimeoutError, ValueError) as error:
                raise NoDraft(f"{type(error).__name__}: {error}") from error
        if not isinstance(told, dict) or "text" not in told:
            raise NoDraft(str(told)[:500])
        return str(told["text"])

    async def _answer(self, file: Path, language: str) -> object:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(file),
            language,
            str(self._model),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        try:
            async with asyncio.timeout(self._patience):
                out, _ = await process.communicate()
            told: object = json.loads(out)
        finally:
            await children.end(process)
        return told
