"""The telephone's dialogues: what is said, what leads where, walked and heard; and the studio's
recordings in the place of the voice's sentences."""

import asyncio
import functools
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from callflow import clock
from callflow.core.calls import prompts
from callflow.core.calls.dialogue import SILENT, Dialogue, Input, Phrase, walking
from callflow.core.calls.dialogue.scenes import scenes
from callflow.core.calls.dialogue.walking import BadStep, Walk
from callflow.handling.base.policy import load_policy
from callflow.handling.calls import announcements, trunk_tests
from callflow.handling.desks.own_phones import own_numbers
from callflow.handling.sites.numbers import e164
from callflow.storage import Tx
from web.access.rates import Rates
from web.access.sessions import Administrator, Configurer, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import conflicts, forms
from web.kit.listing import MOST, Listed
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, not_dialled, refusal, status_of, tried
from web.kit.rendering import page
from web.kit.words import SPEAKERS
from web.pages.calls import dialogue_views, dialogue_words
from web.pages.calls.dialogue_views import Recorded, Words
from web.station import BadAnnouncement, Here, Prompts, Station

router = APIRouter(include_in_schema=False)

_Steps = Annotated[str, Query(max_length=2000)]
_Short = Annotated[str, Query(max_length=40)]

#: How many sounds one person may ask for: some have to be spoken first.
SOUNDS_A_SECOND, SOUNDS_AT_ONCE = 4.0, 40.0
#: A conversation that is longer is none.
_LONGEST_WALK = 100


@router.get("/dialogues")
async def list_dialogues(visitor: Configurer, station: Here) -> Response:
    """All of them."""
    values = {"dialogues": {which: len(scenes(which)) for which in Dialogue}}
    return await _page(station, visitor, "calls/dialogues.html", values)


@router.get("/dialogues/{name}")
async def show_dialogue(name: str, visitor: Configurer, station: Here) -> Response:
    """One, as its table."""
    which = _dialogue(name)
    shown = dialogue_views.table(which, visitor.language, await _recorded(station))
    values = {"which": which, "table": shown, "keyed": (Input.CODE, Input.KEY)}
    return await _page(station, visitor, "calls/dialogue.html", values)


@router.get("/dialogues/{name}/walk")
async def walk(
    name: str,
    visitor: Configurer,
    station: Here,
    spoken: _Short = "fr",
    caller: _Short = "",
    steps: _Steps = "",
    step: _Short = "",
    keys: _Short = "",
) -> Response:
    """One, key by key: ``steps`` were taken, ``step`` is taken now, with the digits in ``keys``.

    ``caller``: "member", where the caller's number is a technician's or a guard's.
    """
    which = _spoken_dialogue(name)
    taken = [each for each in (*steps.split("."), step + keys if step == "k" else step) if each]
    here = _walked(which, spoken, caller, taken)
    values = {
        "name": name,
        "walk": dialogue_views.walked(here, visitor.language, await _recorded(station)),
        "asked": spoken,
        "member": caller == "member",
        "steps": ".".join(taken),
        "spoken_languages": prompts.LANGUAGES,
    }
    return await _page(station, visitor, "calls/dialogue_walk.html", values)


@router.get("/dialogues/{name}/said.wav")
async def hear_turn(
    name: str,
    request: Request,
    visitor: Configurer,
    station: Here,
    spoken: _Short = "fr",
    caller: _Short = "",
    steps: _Steps = "",
) -> Response:
    """What is said where ``steps`` lead."""
    taken = [each for each in steps.split(".") if each]
    here = _walked(_spoken_dialogue(name), spoken, caller, taken)
    if here.turn is None or not here.turn.say:
        raise ProblemError(404, "nothing is said here")
    return await _sound(request, visitor, station, here.turn.say, here.language)


def _dialogue(name: str) -> Dialogue:
    if name not in frozenset(Dialogue):
        raise ProblemError(404, "there is no dialogue of this name")
    return Dialogue(name)


def _spoken_dialogue(name: str) -> Dialogue:
    which = _dialogue(name)
    if which in SILENT:
        raise ProblemError(404, "nothing is said here")
    return which


def _walked(which: Dialogue, language: str, caller: str, steps: Sequence[str]) -> Walk:
    if language not in prompts.LANGUAGES:
        raise ProblemError(422, "the language is one of fr, en", field="spoken")
    if len(steps) > _LONGEST_WALK:
        raise ProblemError(422, "this walk is too long: begin again", field="steps")
    try:
        facts = walking.sample(which, language, member=caller == "member")
        return walking.walk(facts, steps)
    except BadStep:
        raise ProblemError(422, "this step can't be taken here", field="steps") from None


# --- announcements ------------------------------------------------------------------------------


@router.get("/announcements")
async def list_announcements(visitor: Configurer, station: Here, asked: Listed) -> Response:
    """Sentences that are the same in each call: those with the words, of the studio or not."""
    asked = asked.among(("name",), SPEAKERS)
    recorded = await _recorded(station)
    every = dialogue_views.said(
        map(dialogue_views.announcement, prompts.recordable_keys()), recorded
    )
    found = [said for said in every if dialogue_views.is_asked_for(said, asked)]
    values = {
        "asked": asked,
        "count": len(found),
        "speakers": SPEAKERS,
        "announcements": found[asked.offset : asked.offset + MOST],
    }
    return await _page(station, visitor, "calls/announcements.html", values)


@router.get("/announcements/{key}")
async def show_announcement(key: str, visitor: Configurer, station: Here) -> Response:
    """One of them."""
    return await _announcement(station, visitor, key)


async def _announcement(
    station: Station,
    visitor: Visitor,
    key: str,
    refused: BadAnnouncement | Wrong | None = None,
) -> Response:
    said = Words(language=visitor.language)
    if isinstance(refused, BadAnnouncement):
        why, status = said.translated(refused.said, **refused.values), 422
    else:
        why, status = refusal(refused, visitor.language), status_of(refused)
    values = {
        "said": dialogue_views.said(
            [dialogue_views.announcement(_known(key))], await _recorded(station)
        )[0],
        "may_record": Right.ADMINISTER in visitor.rights and station.prompts is not None,
        "node": station.settings.node if station.settings.database_url else "",
        "refused": why,
        "may_call": Right.ADMINISTER in visitor.rights,
    }

    def read(tx: Tx) -> dict[str, object]:
        ours = own_numbers(tx, load_policy(tx), station.clock())
        tests = [(call, "") for call in trunk_tests.last_said(tx, key, limit=10)]
        return {"tests": tests, "ours": sorted(ours)}

    values |= await station.store.read(read)
    values["as_of"] = await asyncio.to_thread(_as_of, station, key)
    return await _page(station, visitor, "calls/announcement.html", values, status)


def _as_of(station: Station, key: str) -> dict[str, str]:
    """By language, what its form's page shows."""
    voice = station.prompts
    heard = {lang: voice.version(key, lang) if voice else "" for lang in prompts.LANGUAGES}
    return {language: conflicts.stamp(version) for language, version in heard.items()}


@router.get("/announcements/{key}/{language}.wav")
async def hear(
    key: str, language: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """What callers hear."""
    if language not in prompts.LANGUAGES:
        raise ProblemError(404, "the language is one of fr, en")
    phrase = dialogue_views.announcement(_known(key))
    return await _sound(request, visitor, station, [phrase], language)


@router.post("/announcements")
async def record(request: Request, visitor: Administrator, station: Here) -> Response:
    """A studio's recording takes the place of a sentence."""
    async with request.form() as form:
        return await _record(visitor, station, form)


async def _record(visitor: Visitor, station: Station, form: FormData) -> Response:
    key, language, given = str(form.get("key", "")), str(form.get("language", "")), form.get("file")
    _known(key)
    as_of = {"as_of": str(form.get("as_of", ""))}
    voice, now = _prompts(station), station.clock()
    try:
        if not isinstance(given, UploadFile) or not given.size:
            raise BadAnnouncement("choose a file", {})
        ready = await voice.ready(key, language, await given.read())

        def write(tx: Tx) -> None:
            conflicts.unchanged(as_of, voice.version(key, language))
            announcements.announcement_recorded(
                tx, _words(key, language), language, ready.seconds, visitor.name, now
            )
            voice.keep(ready)

        await _kept(station, write)
    except (BadAnnouncement, ProblemError) as refused:
        return await _announcement(station, visitor, key, refused)
    return RedirectResponse(f"/announcements/{key}", 303)


@router.post("/announcements/{key}/remove")
async def remove(key: str, request: Request, visitor: Administrator, station: Here) -> Response:
    """The voice says it again."""
    form, now = await forms.sent(request), station.clock()
    language = form.get("language", "")
    _known(key)
    voice = _prompts(station)

    def write(tx: Tx) -> None:
        conflicts.unchanged(form, voice.version(key, language))
        announcements.announcement_removed(tx, _words(key, language), language, visitor.name, now)
        voice.remove(key, language)

    try:
        await _kept(station, write)
    except (BadAnnouncement, ProblemError) as refused:
        return await _announcement(station, visitor, key, refused)
    return RedirectResponse(f"/announcements/{key}", 303)


@router.post("/announcements/{key}/call")
async def call(key: str, request: Request, visitor: Administrator, station: Here) -> Response:
    """It is said on a phone: a contact's, or one of the station's own."""
    form = await forms.sent(request)
    now = station.clock()
    _known(key)

    def run(tx: Tx) -> None:
        language, number = form.get("language", ""), e164(forms.line(form, "number"), "number")
        if language not in prompts.LANGUAGES:
            raise ProblemError(422, "the language is one of fr, en", field="language")
        if number is None:
            raise ProblemError(422, "is missing", field="number")
        node = station.settings.node
        said = _words(key, language)
        trunk_tests.say_announcement(
            tx, key, language, number, visitor.name, now, node=node, words=said
        )

    wrong = await tried(station, run)
    if wrong is not None:
        return await _announcement(station, visitor, key, not_dialled(wrong, visitor.language))
    return RedirectResponse(f"/announcements/{key}", 303)


async def _kept(station: Station, write: Callable[[Tx], None]) -> None:
    """The entry and the file, or neither. Raises BadAnnouncement."""
    try:
        await station.store.write(write)
    except OSError:
        raise BadAnnouncement("the recording can't be kept: the disk refused it", {}) from None


def _known(key: str) -> str:
    if key not in prompts.recordable_keys():
        raise ProblemError(404, "there is no announcement of this name")
    return key


def _words(key: str, language: str) -> str:
    """What an announcement says: its name is ours."""
    return prompts.recordable_keys()[key].get(language, "")


def _prompts(station: Station) -> Prompts:
    return station.prompts or _no_voice()


def _no_voice() -> NoReturn:
    raise ProblemError(503, "the voice does not answer: try again", headers={"Retry-After": "5"})


# --- sound --------------------------------------------------------------------------------------


async def _recorded(station: Station) -> Recorded:
    return await station.prompts.recorded() if station.prompts else {}


async def _sound(
    request: Request, visitor: Visitor, station: Station, said: Sequence[Phrase], language: str
) -> Response:
    """What callers hear, as every browser plays it; asked for again it is not sent again."""
    rates: Rates = request.app.state.hearing
    wait = rates.wait(visitor.id, clock.monotonic())
    if wait:
        raise ProblemError(
            429,
            "too many attempts: wait before you try again",
            headers={"Retry-After": str(wait)},
        )
    path = await _prompts(station).sound(said, language)
    if path is None:
        _no_voice()
    try:
        wav = await asyncio.to_thread(_wav, path, path.stat().st_mtime_ns)
    except OSError:  # a recording that was just taken away
        _no_voice()
    tag = f'"{hashlib.sha256(wav).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(wav, media_type="audio/wav", headers=headers)


@functools.lru_cache(maxsize=100)
def _wav(path: Path, _changed: int) -> bytes:
    """A-law as 16 bits: not every browser knows A-law."""
    import soundfile  # noqa: PLC0415 -- slow to import

    heard, _rate = soundfile.read(
        path, samplerate=8000, channels=1, format="RAW", subtype="ALAW", dtype="int16"
    )
    made = io.BytesIO()
    soundfile.write(made, heard, 8000, format="WAV", subtype="PCM_16")
    return made.getvalue()


async def _page(
    station: Station,
    visitor: Visitor,
    template: str,
    values: Mapping[str, object],
    status: int = 200,
) -> Response:
    around = await station.store.read(lambda tx: frame(tx, station, visitor, "dialogues"))
    common = {**around, "names": dialogue_words, "silent": SILENT}
    return page(visitor.language, template, {**common, **values}, status)
