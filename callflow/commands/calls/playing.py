"""``ivr play``: a dialogue walked in the terminal, key by key, without a phone or a station."""

from typing import Annotated

import typer

from callflow.commands.base import console
from callflow.core.calls import prompts
from callflow.core.calls.dialogue import SILENT, Conclude, Dialogue, Effect, Input, Turn, walking
from callflow.core.calls.dialogue.walking import Walk

_SPOKEN = [each.value for each in Dialogue if each not in SILENT]


def play(
    name: Annotated[str, typer.Argument(help=", ".join(_SPOKEN))] = Dialogue.INCOMING.value,
    language: Annotated[str, typer.Option(help="fr or en.")] = "fr",
    member: Annotated[
        bool, typer.Option(help="The caller's number is a technician's or a guard's.")
    ] = False,
) -> None:
    """Walk a dialogue: type keys, words after a tone, nothing for silence, h to hang up.

    The code is 2580, under duress 2581; a technician's or a guard's 258000 and 258001. Where the
    station would do something, you say what became of it; an empty answer is the first one that is
    offered.
    """
    if name not in _SPOKEN:
        raise typer.BadParameter(f"{name!r}: one of {', '.join(_SPOKEN)}")
    if language not in prompts.LANGUAGES:
        raise typer.BadParameter(f"{language!r}: one of {', '.join(prompts.LANGUAGES)}")
    here = walking.begin(walking.sample(Dialogue(name), language, member=member))
    while (now := here.turn) is not None:
        if not here.typed:
            _say(now, here.language)
        before = len(here.past)
        here = here.then(_step(here, now))
        for over in here.past[before:]:
            for effect in over.effects:
                console.print(f"  = {_name(effect)}", markup=False)


def _name(effect: Effect) -> str:
    return effect.outcome if isinstance(effect, Conclude) else type(effect).__name__.lower()


def _say(now: Turn, language: str) -> None:
    words = " ".join(prompts.spoken(phrase.key, phrase.values, language) for phrase in now.say)
    if words:
        muted = " (not recorded)" if now.record_muted else ""
        console.print(f"\n{words}{muted}", markup=False)


def _step(here: Walk, now: Turn) -> str:
    if here.wanted is not None:
        return f"!{_chosen(here.wanted.name, here.results)}"
    if now.read is Input.VOICE:
        return _said()
    return walking.PLAYED if now.read in walking.UNREAD else _typed()


def _said() -> str:
    """What is spoken after the tone, or a key that ends it."""
    words = typer.prompt("speak", default="", show_default=False).strip()
    if words in ("h", "H"):
        return walking.HANGS_UP
    if not words.strip(walking.KEYS):
        return f"k{words}" if words else walking.SILENCE
    return walking.SPEAKS


def _typed() -> str:
    keys = typer.prompt("keys", default="", show_default=False).strip()
    if keys in ("h", "H"):
        return walking.HANGS_UP
    if keys.strip(walking.KEYS):
        console.print("  a phone has 0-9, * and #", markup=False)
        return _typed()
    return f"k{keys}" if keys else walking.SILENCE


def _chosen(name: str, results: list[str]) -> str:
    said = typer.prompt(f"  ! {name}: {', '.join(results)}", default=results[0], show_default=False)
    return said if said in results else results[0]
