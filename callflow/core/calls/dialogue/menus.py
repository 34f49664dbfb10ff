"""How a menu talks: what its page says and reads, what is to be done, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from callflow.core.calls.dialogue import caller_menu, member_menu
from callflow.core.calls.dialogue.events import Done, Event, Spoken, Typed
from callflow.core.calls.dialogue.pages import Deed, Exit, Lead, Offer, Page, Place
from callflow.core.calls.dialogue.table import (
    CHOICES_AT_MOST,
    HELP_KEY,
    MORE_KEY,
    OPERATOR_KEY,
    SHORTEST_CODE,
)
from callflow.core.calls.dialogue.turns import VOICE_PAUSE_S, Input, Phrase, Turn

#: Every page that a caller can be at.
PAGES: Mapping[str, Page] = {**caller_menu.PAGES, **member_menu.PAGES}
#: A page without offers, digits or a deed waits this long after its words, seconds.
_LAST_WAIT = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What an event leads to: a place, or an exit. ``empty``: nothing that means anything came, for
    which there is so much patience; ``bad``: but a key did."""

    place: Place
    exit: Exit | None = None
    say: str = ""
    empty: int = 0
    bad: bool = False


def turn(place: Place, first: tuple[Phrase, ...], *, asked_before: bool) -> Turn:
    """What to say and read now; ``first`` is said before all else."""
    page = PAGES[place.page]
    said = page.again if asked_before and page.again else page.say
    words = first + place.say + tuple(Phrase(key) for key in said)
    if page.reads:
        return Turn(
            say=words, read=Input.CODE, digits=page.digits, timeout_s=4.0, record_muted=page.secret
        )
    if page.records:
        return Turn(say=words, read=Input.VOICE, timeout_s=VOICE_PAUSE_S)
    if page.deed:
        return Turn(say=words, read=Input.NONE)
    if page.quiet:
        return Turn(say=words, read=Input.KEY, timeout_s=page.wait_s)
    parts = choices(place, page)
    offers = tuple(Phrase(key) for key in parts[min(place.part, len(parts) - 1)])
    wait = page.wait_s if page.offers else _LAST_WAIT
    return Turn(say=(*words, *offers, Phrase("offer_operator")), read=Input.KEY, timeout_s=wait)


def deed(place: Place, event: Event, wrong_codes: int) -> Deed | None:
    """What is to be done before it is known what follows; its ``Done`` is the next event."""
    page = PAGES[place.page]
    if not page.deed or isinstance(event, Done):
        return None
    typed = _entry(event) if page.reads else event.voice if isinstance(event, Spoken) else ""
    if page.records and not typed:
        return None
    if page.reads and (not typed or _request(page, typed)):
        return None
    return Deed(name=page.deed, typed=typed, kept=place.kept, wrong_codes=wrong_codes)


def follow(place: Place, event: Event) -> Step:
    """What ``event`` leads to. Raises KeyError: our bug, a result that no page knows."""
    page = PAGES[place.page]
    if isinstance(event, Done):
        found = replace(
            place,
            kept={**place.kept, **event.keep},
            may=place.may if event.may is None else event.may,
            language=event.language or place.language,
        )
        return _led(found, page.leads[event.result], *event.say)
    if page.reads:
        return _typed(place, page, _entry(event))
    if isinstance(event, Spoken):
        kept = {**place.kept, page.records: event.voice}
        return _led(replace(place, kept=kept), page.leads["spoken"])
    return _pressed(place, page, event)


def _typed(place: Place, page: Page, typed: str) -> Step:
    if not typed:
        return Step(place=replace(place, say=()), empty=page.asked)
    request = _request(page, typed)
    if request is not None:
        return Step(place=place, exit=request)
    return _led(replace(place, kept={**place.kept, page.reads: typed}), page.leads["typed"])


def _pressed(place: Place, page: Page, event: Event) -> Step:
    key = event.digits[:1] if isinstance(event, Typed) else ""
    if key == OPERATOR_KEY:
        return Step(place=place, exit=Exit.OPERATOR)
    for offer in _offered(place, page):
        if offer.key == key:
            return _led(place, offer.lead)
    if key == "*" and page.back:
        return _led(place, Lead(page.back))
    if key == MORE_KEY and page.more:
        return _more(place, page)
    if "silent" in page.leads:
        return _led(place, page.leads["silent"])
    return Step(place=replace(place, say=()), empty=page.asked, bad=bool(key))


def _more(place: Place, page: Page) -> Step:
    """What else there is: the next choices here, after the last what comes after them."""
    if place.part + 1 < len(choices(place, page)):
        return Step(place=replace(place, part=place.part + 1, say=()))
    return _led(place, Lead(page.more))


def choices(place: Place, page: Page) -> list[tuple[str, ...]]:
    """The words of what is offered, a part at a time; of what was just done none."""
    words = [o.say for o in _offered(place, page) if o.say and o.say != place.did]
    leads_on = bool(page.more) and page.more != place.page
    if not page.more or len(words) + leads_on <= CHOICES_AT_MOST:
        return [(*words, *_OTHER[:leads_on])]
    parts: list[tuple[str, ...]] = []
    while len(words) + leads_on > CHOICES_AT_MOST:
        parts.append((*words[: CHOICES_AT_MOST - 1], *_OTHER))
        words = words[CHOICES_AT_MOST - 1 :]
    return [*parts, (*words, *_OTHER[:leads_on])]


#: What offers MORE_KEY.
_OTHER = ("menu_other",)

#: Exits by the name that a lead has them by.
_EXITS = frozenset(Exit)


def _led(place: Place, lead: Lead, *say: Phrase) -> Step:
    if lead.to in _EXITS:
        return Step(place=place, exit=Exit(lead.to), say=lead.say)
    return Step(place=place.at(lead, *say))


def _offered(place: Place, page: Page) -> list[Offer]:
    return [offer for offer in page.offers if not offer.when or offer.when in place.may]


def _entry(event: Event) -> str:
    """What was typed after the last ``*``, which starts over."""
    return event.digits.rpartition("*")[2].rstrip("#") if isinstance(event, Typed) else ""


#: A lone key, or a few of it, where digits are read.
_REQUESTS: Mapping[str, Exit] = {OPERATOR_KEY: Exit.OPERATOR, HELP_KEY: Exit.HELP}


def _request(page: Page, typed: str) -> Exit | None:
    if len(typed) >= SHORTEST_CODE or len(set(typed)) != 1:
        return None
    request = _REQUESTS.get(typed[0])
    return request if request is Exit.OPERATOR or page.help else None
