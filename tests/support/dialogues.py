"""Golden dialogues: a conversation as text, played through the table and written out again.

A file is a YAML head (the facts; ``codes``: what the typed codes are), ``---``, and lines:
``< words``, ``? what is read``, ``> keys`` (or ``silence``, ``played``, ``hangs up``),
``= effects``. Only the head and the ``>`` lines are read; the rest is what must come out.
``python -m tests.support.dialogues`` writes all files anew, for a person to review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from callflow.law import Service
from callflow.signal import Kind
from ivr import dialogue, prompts
from ivr.dialogue import (
    Answer,
    CodeChecked,
    CodeVerdict,
    Conclude,
    Dialogue,
    Effect,
    Event,
    Facts,
    HungUp,
    Played,
    Progress,
    Silence,
    Turn,
    Typed,
)

FOLDER = Path(__file__).resolve().parents[1] / "data" / "dialogues"


def facts_of(head: Mapping[str, Any]) -> Facts:
    """The facts that a golden file's head gives."""
    body = {name: value for name, value in head.items() if name not in ("about", "codes")}
    body["dialogue"] = Dialogue(body["dialogue"])
    if "kind" in body:
        body["kind"] = Kind(body["kind"])
    if "answers" in body:
        body["answers"] = frozenset(Answer(answer) for answer in body["answers"])
    if "service" in body:
        body["service"] = Service(body["service"])
    if "choices" in body:
        body["choices"] = tuple(body["choices"])
    if "at" in body:
        body["at"] = datetime.fromisoformat(body["at"])
    return Facts(**body)


def words(turn: Turn, language: str) -> str:
    return " ".join(prompts.spoken(p.key, p.values, language) for p in turn.say)


def replayed(text: str) -> str:
    """The file as the product would have it."""
    head_text, _, script = text.partition("\n---\n")
    head: dict[str, Any] = yaml.safe_load(head_text)
    codes = {str(code): CodeVerdict(verdict) for code, verdict in head.get("codes", {}).items()}
    said = [line[2:] for line in script.splitlines() if line.startswith("> ")]
    lines = list(_play(facts_of(head), codes, said))
    return head_text + "\n---\n" + "\n".join(lines) + "\n"


def _play(facts: Facts, codes: Mapping[str, CodeVerdict], said: list[str]) -> Iterator[str]:
    progress = Progress.start(facts)
    for line in said:
        now = dialogue.turn(facts, progress)
        assert now is not None, f"the dialogue is over before {line!r}"
        yield from _told(now, facts)
        yield f"> {line}"
        event = _event(line)
        code = dialogue.code_to_check(progress, event)
        if code is not None:
            event = CodeChecked(codes.get(code, CodeVerdict.WRONG))
        progress, effects = dialogue.advance(facts, progress, event)
        if effects:
            yield "= " + ", ".join(_effect(effect) for effect in effects)
    left = dialogue.turn(facts, progress)
    if left is not None:
        yield from _told(left, facts)


def _told(now: Turn, facts: Facts) -> Iterator[str]:
    yield f"< {words(now, facts.language)}"
    yield f"? {now.read}{', recording muted' if now.record_muted else ''}"


def _event(line: str) -> Event:
    plain: dict[str, Event] = {"silence": Silence(), "played": Played(), "hangs up": HungUp()}
    return plain.get(line, Typed(line))


def _effect(effect: Effect) -> str:
    if isinstance(effect, Conclude):
        return f"conclude {effect.outcome}"
    return type(effect).__name__.lower()


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.txt")):
        path.write_text(replayed(path.read_text(encoding="utf-8")), encoding="utf-8")
