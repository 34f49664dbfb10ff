"""``ivr``: what callers hear; announcements recorded in a studio."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from callflow.commands.base import AsJson, Language, console, group, settings_of_this_run
from callflow.core.calls import prompts
from ivr.speech.announcements import Announcements, NoAnnouncement
from ivr.speech.places import announcements_of

ivr = group("What is said on the phone.")

Key = Annotated[str, typer.Argument(help="As `callflow ivr list` names it.")]


def _announcements() -> Announcements:
    return announcements_of(settings_of_this_run())


@ivr.command()
def announce(
    key: Key,
    file: Annotated[Path, typer.Argument(help="WAV or FLAC, any rate, mono or stereo.")],
    language: Language = "fr",
) -> None:
    """A studio's recording is heard instead of the voice, levelled, from the next words on.

    `one_moment`, which is heard while Callflow is away: from the station's next start on.
    """
    try:
        recorded = _announcements().put(key, language, file.read_bytes())
    except NoAnnouncement as error:
        raise typer.BadParameter(f"{file}: {error}") from None
    console.print(f"{key} ({language}): {recorded.seconds:.1f} s", markup=False)


@ivr.command()
def remove(key: Key, language: Language = "fr") -> None:
    """The voice says it again."""
    try:
        _announcements().remove(key, language)
    except NoAnnouncement as error:
        raise typer.BadParameter(str(error)) from None


@ivr.command("list")
def list_(language: Language = "fr", json_: AsJson = False) -> None:
    """Every announcement that can be recorded, with its words; the seconds of those that are."""
    if language not in prompts.LANGUAGES:
        raise typer.BadParameter(f"{language!r}: one of {', '.join(prompts.LANGUAGES)}")
    recorded = {found.key: found for found in _announcements().all() if found.language == language}
    if json_:
        print(json.dumps({"items": [asdict(found) for found in recorded.values()]}))
        return
    for key, words in prompts.recordable_keys().items():
        mark = f"{recorded[key].seconds:4.1f} s" if key in recorded else "voice"
        print(f"{mark:>7}  {key:<28}{words[language]}")
