"""``ivr play``: a dialogue walked in the terminal, key by key, without a phone or a station."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from callflow.commands.base import console
from callflow.signal import Kind
from ivr import dialogue, prompts
from ivr.dialogue import (
    SILENT,
    CodeChecked,
    CodeVerdict,
    Conclude,
    Deed,
    Dialogue,
    Done,
    Event,
    Facts,
    HungUp,
    Input,
    Phrase,
    Played,
    Progress,
    Silence,
    Turn,
    Typed,
    results_of,
)

#: What is typed as a code here, and what it is found to be; any other is wrong.
CODES = {"2580": CodeVerdict.OK, "2581": CodeVerdict.DURESS}
#: Everything that a menu may offer to somebody, while nothing is on test.
_MAY = frozenset({"cancel", "going", "send_guard", "next_person", "test", "late"})
_AT = datetime(2026, 11, 26, 14, 32, tzinfo=UTC)
_SPOKEN = [each.value for each in Dialogue if each not in SILENT]


def play(
    name: Annotated[str, typer.Argument(help=", ".join(_SPOKEN))] = Dialogue.INCOMING.value,
    language: Annotated[str, typer.Option(help="fr or en.")] = "fr",
) -> None:
    """Walk a dialogue: type keys, nothing for silence, h to hang up.

    The code is 2580, under duress 2581. Where the station would do something, you say what became
    of it; an empty answer is the first one that is offered.
    """
    if name not in _SPOKEN:
        raise typer.BadParameter(f"{name!r}: one of {', '.join(_SPOKEN)}")
    if language not in prompts.LANGUAGES:
        raise typer.BadParameter(f"{language!r}: one of {', '.join(prompts.LANGUAGES)}")
    facts = _sample(Dialogue(name), language)
    progress = Progress.start(facts)
    while (now := dialogue.turn(facts, progress)) is not None:
        _say(now, dialogue.language(facts, progress))
        event = _typed(now)
        progress, effects = dialogue.advance(facts, progress, _judged(progress, event))
        for effect in effects:
            what = effect.outcome if isinstance(effect, Conclude) else type(effect).__name__.lower()
            console.print(f"  = {what}", markup=False)


def _sample(which: Dialogue, language: str) -> Facts:
    """A shop's break-in, as any call would tell of it."""
    return Facts(
        dialogue=which,
        language=language,
        site_name="Boulangerie des Carmes",
        site_language="fr",
        address="9 rue des Carmes, 35000 Rennes",
        kind=Kind.INTRUSION,
        zone="3",
        zone_name="Fournil",
        at=_AT,
        recognition_word="coquelicot",
        text="La porte du fournil est-elle fermée ?",
        choices=("Oui", "Non"),
        menus=which is Dialogue.INCOMING,
    )


def _say(now: Turn, language: str) -> None:
    words = " ".join(prompts.spoken(phrase.key, phrase.values, language) for phrase in now.say)
    if words:
        muted = " (not recorded)" if now.record_muted else ""
        console.print(f"\n{words}{muted}", markup=False)


def _typed(now: Turn) -> Event:
    if now.read in (Input.NONE, Input.ZERO, Input.ANY):
        return Played()
    keys = typer.prompt("keys", default="", show_default=False).strip()
    if keys in ("h", "H"):
        return HungUp()
    if keys.strip("0123456789*#"):
        console.print("  a phone has 0-9, * and #", markup=False)
        return _typed(now)
    kept = keys[:1] if now.read is Input.KEY else keys.partition("#")[0][: now.digits]
    return Typed(kept) if keys else Silence()


def _judged(progress: Progress, event: Event) -> Event:
    """What the station would find: whether a code is right, what became of a deed."""
    code = dialogue.code_to_check(progress, event)
    if code is not None:
        return CodeChecked(CODES.get(code, CodeVerdict.WRONG))
    wanted = dialogue.deed(progress, event)
    return event if wanted is None else _done(progress, wanted)


def _done(progress: Progress, wanted: Deed) -> Done:
    results = results_of(progress)
    if wanted.name == "identify":
        verdict = CODES.get(wanted.typed, CodeVerdict.WRONG)
        if verdict is CodeVerdict.WRONG:
            return Done(result="wrong_again" if wanted.wrong_codes else "wrong")
        return Done(
            result=_chosen("identify", [each for each in results if "wrong" not in each]),
            keep={"site": "1001", "person": "camille"},
            may=_MAY,
            duress=verdict is CodeVerdict.DURESS,
        )
    result = _chosen(wanted.name, results)
    return Done(result=result, say=_told(wanted, result), served=result in ("done", "told"))


def _chosen(name: str, results: list[str]) -> str:
    said = typer.prompt(f"  ! {name}: {', '.join(results)}", default=results[0], show_default=False)
    return said if said in results else results[0]


def _told(wanted: Deed, result: str) -> tuple[Phrase, ...]:
    """What the station would say of its rows, where it does."""
    match wanted.name, result:
        case "set_on_test", "done":
            zone = wanted.kept.get("zone")
            key = "test_zone_set" if zone else "test_set"
            return (Phrase(key, {"zone": zone, "at": _AT}),)
        case "close_late", "done":
            return (Phrase("late_set", {"at": _AT}),)
        case "call_list", _:
            return (Phrase("call_list_person", {"rank": "1", "name": "Camille"}),)
        case "state", _:
            event = {"day": _AT.date(), "at": _AT, "kind": Kind.CLOSING}
            return (Phrase("state_armed"), Phrase("state_events"), Phrase("state_event", event))
    return ()
