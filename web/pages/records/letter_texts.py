"""The texts of letters that go with documents: written by an administrator, with a preview."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.messages.outbox import one_line
from callflow.core.records.letters import (
    BLANKS,
    LANGUAGES,
    Blank,
    Letter,
    LetterKind,
    fill,
    letter_id,
)
from callflow.handling.records import letters
from callflow.storage import Tx
from callflow.storage.records import letters as rows
from web.access.sessions import Administrator, Visitor
from web.kit import conflicts, forms
from web.kit.refusals import Wrong, tried
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/settings/letters"
#: What a preview is about.
_SAMPLE = {
    "fr": {
        Blank.SITE: "Boulangerie des Halles",
        Blank.CLIENT: "Pains et Cie",
        Blank.ADDRESS: "7 rue Saint-Georges, 35000 Rennes",
        Blank.ACCOUNT: "1001",
        Blank.ALARM: "intrusion",
        Blank.RECEIVED: "30 novembre 2026 à 03:00:12",
        Blank.CLOSED: "30 novembre 2026 à 04:01:52",
        Blank.CONCLUSION: "autorités alertées",
        Blank.REFERENCE: "3F2C9A71",
    },
    "en": {
        Blank.SITE: "High Street Bakery",
        Blank.CLIENT: "Breads & Co",
        Blank.ADDRESS: "7 High Street, London",
        Blank.ACCOUNT: "1001",
        Blank.ALARM: "intrusion",
        Blank.RECEIVED: "30 November 2026 at 03:00:12",
        Blank.CLOSED: "30 November 2026 at 04:01:52",
        Blank.CONCLUSION: "authorities alerted",
        Blank.REFERENCE: "3F2C9A71",
    },
}


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would be sent about an example."""

    subject: str
    body: str


@router.get(_ADDRESS)
async def show(
    visitor: Administrator,
    station: Here,
    kind: Annotated[LetterKind, Query()] = LetterKind.REPORT_CLIENT,
    language: Annotated[str, Query(pattern="^(fr|en)$")] = "fr",
) -> Response:
    """One text, the blanks that it may have, and how it would be sent."""
    return await _page(station, visitor, kind, language)


@router.post(_ADDRESS)
async def change(request: Request, visitor: Administrator, station: Here) -> Response:
    """This text is sent from now on."""
    form, now = await forms.sent(request), station.clock()
    kind, language = forms.one_of(LetterKind, form, "kind"), _language(form)
    subject, body = forms.line(form, "subject"), forms.text(form)

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _stamped(letters.text_of(tx, kind, language)))
        letters.set_text(tx, kind, language, subject, body, visitor.name, now)

    return await _done(station, visitor, kind, language, await tried(station, run), (subject, body))


@router.post(f"{_ADDRESS}/preview")
async def preview(request: Request, visitor: Administrator, station: Here) -> Response:
    """How a text would be sent; nothing is saved."""
    form = await forms.sent(request)
    kind, language = forms.one_of(LetterKind, form, "kind"), _language(form)
    typed = forms.line(form, "subject"), forms.text(form)

    def run(tx: Tx) -> None:
        letters.checked(kind, language, *typed)

    wrong = await tried(station, run)
    return await _page(station, visitor, kind, language, wrong, typed)


@router.post(f"{_ADDRESS}/reset")
async def reset(request: Request, visitor: Administrator, station: Here) -> Response:
    """The standard text is sent again."""
    form, now = await forms.sent(request), station.clock()
    kind, language = forms.one_of(LetterKind, form, "kind"), _language(form)

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _stamped(letters.text_of(tx, kind, language)))
        letters.reset_text(tx, kind, language, visitor.name, now)

    return await _done(station, visitor, kind, language, await tried(station, run))


def _language(form: forms.Form) -> str:
    return form["language"] if form.get("language") in LANGUAGES else LANGUAGES[0]


def _stamped(letter: Letter) -> list[str]:
    return [letter.subject, letter.body]


async def _done(
    station: Station,
    visitor: Visitor,
    kind: LetterKind,
    language: str,
    wrong: Wrong | None,
    typed: tuple[str, str] | None = None,
) -> Response:
    if wrong is not None:
        return await _page(station, visitor, kind, language, wrong, typed)
    return RedirectResponse(f"{_ADDRESS}?kind={kind}&language={language}", 303)


async def _page(
    station: Station,
    visitor: Visitor,
    kind: LetterKind,
    language: str,
    wrong: Wrong | None = None,
    typed: tuple[str, str] | None = None,
) -> Response:
    def read(tx: Tx) -> dict[str, object]:
        own, kept = rows.of_station(tx), letters.text_of(tx, kind, language)
        subject, body = typed or (kept.subject, kept.body)
        head = letters.text_of(tx, LetterKind.LETTERHEAD, language).subject
        values = {**_SAMPLE[language], Blank.STATION: head}
        return {
            "own": frozenset(own),
            "id": letter_id(kind, language),
            "subject": subject,
            "body": body,
            "as_of": conflicts.stamp(_stamped(kept)),
            "preview": Preview(one_line(fill(subject, values)), fill(body, values)),
            "unsaved": typed is not None,
        }

    return await setting(
        station,
        visitor,
        "letters",
        read,
        wrong,
        kinds=tuple(LetterKind),
        kind=kind,
        written_in=language,
        letter_languages=LANGUAGES,
        blanks=BLANKS[kind],
        letter_id=letter_id,
    )
