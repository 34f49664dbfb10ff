"""An act that is tried and refused, as every page that has forms says it."""

from collections.abc import Callable, Mapping
from typing import Any

from callflow.handling.alarms.ends.filing import NeedsSupervisor
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.storage import Tx
from callflow.texts.law import DIAL_REFUSALS
from web.kit import i18n
from web.kit.problems import ProblemError
from web.kit.words import dial_refusal
from web.station import Station

#: Why an act was refused.
Wrong = Refused | ProblemError

#: What a form sends that nobody typed.
_UNTYPED = ("csrf", "as_of")


async def tried(station: Station, run: Callable[[Tx], Any]) -> Any:
    """What ``run`` gives, or why it is refused; the field at fault by its own name."""
    try:
        return await station.store.write(run)
    except Refused as wrong:
        return wrong
    except BadField as wrong:
        field = wrong.field.split(".")[-1]
        return ProblemError(422, wrong.message, field=field, about=wrong.about)
    except ProblemError as wrong:
        if wrong.status == 404:
            raise
        return wrong


def refusal(wrong: Wrong | None, language: str) -> str:
    """Why something is not done, in the page's language."""
    if wrong is None:
        return ""
    translate = i18n.catalogue(language).gettext
    if isinstance(wrong, ProblemError):
        text = translate(wrong.detail)
        text = f"{text}{translate(':')} {wrong.about}" if wrong.about else text
        seconds = wrong.headers.get("Retry-After")
        return f"{text} ({seconds} s)" if seconds else text
    text = translate(wrong.message)
    return f"{text}{translate(':')} {wrong.about}" if wrong.about else text


def said(wrong: Wrong | None, language: str) -> dict[str, str]:
    """{refused, field} for a template: why, and which field is at fault ("": none of them)."""
    field = wrong.field if isinstance(wrong, ProblemError) else None
    return {"refused": refusal(wrong, language), "field": field or ""}


def typed_again(typed: Mapping[str, str] | None) -> dict[str, str]:
    """What stands again in the fields of a form that was refused."""
    return {name: text for name, text in (typed or {}).items() if name not in _UNTYPED}


def status_of(wrong: Wrong | None) -> int:
    """The answer's status."""
    if isinstance(wrong, ProblemError):
        return wrong.status
    if isinstance(wrong, NeedsSupervisor):
        return 403
    return 200 if wrong is None else 404 if isinstance(wrong, NotFound) else 409


def headers_of(wrong: Wrong | None) -> Mapping[str, str]:
    """The answer's headers, such as when it may be tried again."""
    return wrong.headers if isinstance(wrong, ProblemError) else {}


def not_dialled(wrong: Wrong, language: str) -> Wrong:
    """What the dial policy refuses, in the words of people."""
    why = wrong.detail if isinstance(wrong, ProblemError) else wrong.message
    if why not in DIAL_REFUSALS:
        return wrong
    words = dial_refusal(why, language)
    if isinstance(wrong, ProblemError):
        return ProblemError(wrong.status, words, field=wrong.field)
    return Refused(words)
