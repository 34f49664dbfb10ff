"""Golden dialogues: a conversation as text, played through the table and written out again.

A file is a YAML head (the facts; ``codes``: what the typed codes are; ``deeds``: what a menu's
deeds lead to, each time), ``---``, and lines:
``< words``, ``? what is read``, ``> keys`` (``silence``, ``played``, ``says NAME``, ``hangs up``),
``! deed, what is kept: result``, ``= effects``. Only the head and the ``>`` lines are read; the
rest is what must come out.
``python -m tests.support.phones.dialogues`` writes all files anew, for a person to review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from callflow.core.calls import dialogue, prompts
from callflow.core.calls.dialogue import (
    Answer,
    CodeChecked,
    CodeVerdict,
    Conclude,
    Dialogue,
    Done,
    Effect,
    Event,
    Facts,
    HungUp,
    Input,
    Phrase,
    Played,
    Progress,
    Silence,
    Spoken,
    Turn,
    Typed,
)
from callflow.core.interventions.law import Service
from callflow.core.signals.signal import Kind

_BESIDE = ("about", "codes", "deeds")
FOLDER = Path(__file__).resolve().parents[2] / "data" / "dialogues"


def facts_of(head: Mapping[str, Any]) -> Facts:
    """The facts that a golden file's head gives."""
    body = {name: value for name, value in head.items() if name not in _BESIDE}
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
    deeds = {name: [_done(each) for each in told] for name, told in head.get("deeds", {}).items()}
    lines = list(_play(facts_of(head), codes, deeds, said))
    return head_text + "\n---\n" + "\n".join(lines) + "\n"


def _done(body: Mapping[str, Any]) -> Done:
    """What a deed leads to. Times are the site's; a phrase is its key and its values."""
    fields = dict(body)
    fields["say"] = tuple(Phrase(key, values or {}) for key, values in body.get("say", ()))
    if "may" in body:
        fields["may"] = frozenset(body["may"])
    return Done(**fields)


def _play(
    facts: Facts,
    codes: Mapping[str, CodeVerdict],
    deeds: Mapping[str, list[Done]],
    said: list[str],
) -> Iterator[str]:
    progress, lines = Progress.start(facts), iter(said)
    while (now := dialogue.turn(facts, progress)) is not None:
        silent = not now.say and now.read is Input.NONE  # a deed, and no word before it
        if not silent:
            yield from _told(now, dialogue.language(facts, progress))
        line = "played" if silent else next(lines, None)
        if line is None:
            return
        if not silent:
            yield f"> {line}"
        event = _event(line)
        deed = dialogue.deed(progress, event)
        if deed is not None:
            event = deeds[deed.name].pop(0)
            yield f"! {deed.name} {dict(deed.kept)}: {event.result}"
        code = dialogue.code_to_check(progress, event)
        if code is not None:
            event = CodeChecked(codes.get(code, CodeVerdict.WRONG))
        progress, effects = dialogue.advance(facts, progress, event)
        if effects:
            yield "= " + ", ".join(_effect(effect) for effect in effects)
    rest = list(lines)
    assert not rest, f"the dialogue is over before {rest}"


def _told(now: Turn, language: str) -> Iterator[str]:
    yield f"< {words(now, language)}"
    yield f"? {now.read}{', recording muted' if now.record_muted else ''}"


def _event(line: str) -> Event:
    plain: dict[str, Event] = {"silence": Silence(), "played": Played(), "hangs up": HungUp()}
    if line.startswith("says "):
        return Spoken(line.removeprefix("says "))
    return plain.get(line, Typed(line))


def _effect(effect: Effect) -> str:
    if isinstance(effect, Conclude):
        return f"conclude {effect.outcome}"
    return type(effect).__name__.lower()


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.txt")):
        path.write_text(replayed(path.read_text(encoding="utf-8")), encoding="utf-8")
