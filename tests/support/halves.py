"""``python -m tests.support.halves``: the whole suite as two runs side by side, one for each core.

Acceptance tests wait for phones most of the time; unit and integration tests compute, at a lower
priority meanwhile. What the second half says is printed when both are over, then one closing line
for both, as pytest's own. The exit code is the worse of the two.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_ACCEPTANCE = "tests/acceptance"
#: Acceptance tests that run beside the others', so that both halves take about as long.
_TO_THE_OTHERS = ("telephone",)
#: What runs in sight, and what runs beside it.
IN_SIGHT = tuple(
    f"{_ACCEPTANCE}/{path.name}"
    for path in sorted((Path(__file__).resolve().parents[2] / _ACCEPTANCE).iterdir())
    if not path.name.startswith("_") and path.name not in _TO_THE_OTHERS
)
BESIDE = ("tests/unit", "tests/integration", *(f"{_ACCEPTANCE}/{n}" for n in _TO_THE_OTHERS))
_NICE = 5
_CLOSING = re.compile(r"^(?=.* in [0-9.]+s).*\b(passed|failed)\b")
_COUNT = re.compile(r"([0-9]+) (passed|failed|skipped|errors?)")


def counted(output: str) -> Counter[str]:
    """How many tests passed, failed, were skipped, by the last closing line of ``output``."""
    closing = [line for line in output.splitlines() if _CLOSING.search(line)]
    found = Counter({"passed": 0, "failed": 0, "skipped": 0})
    for count, word in _COUNT.findall(closing[-1]) if closing else ():
        found[word.rstrip("s")] += int(count)
    return found


def closing_line(halves: Sequence[Counter[str]], seconds: float) -> str:
    """One line for all, as pytest's own."""
    together: Counter[str] = Counter()
    for half in halves:
        together.update(half)
    words = ["passed", "failed", "skipped", *(["error"] if together["error"] else [])]
    minutes, rest = divmod(int(seconds), 60)
    said = ", ".join(f"{together[word]} {word}" for word in words)
    return f"{said} in {seconds:.2f}s ({minutes // 60}:{minutes % 60:02d}:{rest:02d})"


def _command(parts: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *parts]


def _show(stream: IO[str]) -> str:
    """Print what comes as it comes; all of it."""
    seen = []
    for line in stream:
        sys.stdout.write(line)
        sys.stdout.flush()
        seen.append(line)
    return "".join(seen)


def main() -> int:
    """Run both; the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a time limit: say what there is
    begun = time.monotonic()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryDirectory(prefix="callflow-halves-") as folder:
        log = Path(folder) / "beside.txt"
        with log.open("w") as kept:
            beside = subprocess.Popen(
                ["nice", "-n", str(_NICE), *_command(BESIDE)],
                stdout=kept,
                stderr=subprocess.STDOUT,
                env=environment,
            )
            try:
                with subprocess.Popen(
                    _command(IN_SIGHT), stdout=subprocess.PIPE, text=True, env=environment
                ) as in_sight:
                    assert in_sight.stdout is not None
                    shown = _show(in_sight.stdout)
                beside.wait()
            finally:  # told to end as well: what was found until then is worth reading
                other = log.read_text(errors="replace")
                print(f"\n== {' '.join(BESIDE)}\n{other}", flush=True)
                beside.terminate()
    halves = [counted(shown), counted(other)]
    print(closing_line(halves, time.monotonic() - begun), flush=True)
    codes: list[int] = [in_sight.returncode, beside.returncode]
    return max(abs(code) for code in codes)


if __name__ == "__main__":
    sys.exit(main())
