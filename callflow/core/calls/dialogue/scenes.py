"""A dialogue as a table for people: its scenes, what each says, and what leads where.

Nothing is written down here: every key, silence, code and result is tried in every scene, and what
``talk.advance`` makes of it is the table.
"""

import itertools
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from callflow.core.calls.call import Dialogue, Outcome
from callflow.core.calls.dialogue import menus, saying, talk
from callflow.core.calls.dialogue.events import (
    CodeChecked,
    Conclude,
    Done,
    Event,
    Played,
    Silence,
    Spoken,
    Typed,
)
from callflow.core.calls.dialogue.facts import Facts, Progress
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.pages import Page, Place
from callflow.core.calls.dialogue.table import (
    ASKING,
    HELP_KEY,
    MORE_KEY,
    OPERATOR_KEY,
    CodeVerdict,
    State,
)
from callflow.core.calls.dialogue.turns import Input, Phrase, Turn
from callflow.core.calls.dialogue.walking import KEYS, sample


class By(StrEnum):
    """What leads on."""

    KEY = "key"
    DIGITS = "digits"  # a number was typed
    VOICE = "voice"  # something was said after the tone
    CODE = "code"  # the typed code was found to be this
    RESULT = "result"  # this became of what the station does here
    SILENCE = "silence"
    PLAYED = "played"  # the words were said


class Given(StrEnum):
    """Under which condition something is so."""

    ALWAYS = ""
    DOUBTED = "doubted"  # a wrong code was typed before
    SERVED = "served"  # the caller was served before
    NO_AUTHORITY = "no_authority"  # the person may do nothing by themselves
    LATER = "later"  # the person may ask, once, to be called again
    ROOM = "room"  # somebody waits on the line
    NO_MENUS = "no_menus"  # callers are put through as they are
    HINT = "hint"  # the caller's number belongs to a site
    MEMBER = "member"  # the caller's number is a technician's or a guard's
    UNASKED = "unasked"  # nobody's code is asked
    MORE = "more"  # the person may do more than is said at a time
    BACK = "back"  # out of the conference for a moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What leads from one scene to another. ``names``: the keys, the verdict or the result.

    ``nth``: from so many times on. ``when``: only whoever may do this is offered it. ``say`` is
    said first there; ``to`` is a scene's name; ``outcome`` is concluded.
    """

    by: By
    names: tuple[str, ...]
    to: str
    say: tuple[Phrase, ...] = ()
    outcome: Outcome | None = None
    nth: int = 1
    when: str = ""
    given: Given = Given.ALWAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One place of a dialogue: what it says, and again where it was not answered.

    ``otherwise`` is what it says under a condition, ``does`` what the station is asked to do.
    """

    name: str
    say: tuple[Phrase, ...]
    again: tuple[Phrase, ...]
    otherwise: tuple[tuple[Given, tuple[Phrase, ...]], ...]
    read: Input
    secret: bool
    wait_s: float
    does: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Beginning:
    """Where a dialogue begins, and what it says before that scene's own words."""

    given: Given
    to: str
    say: tuple[Phrase, ...]


#: The end of every dialogue.
END = State.END.value


@lru_cache
def beginnings(which: Dialogue) -> tuple[Beginning, ...]:
    """Where it begins, the usual first."""
    found: list[Beginning] = []
    for given, _, progress in _starts(which):
        if progress.state is State.END:
            continue
        said = progress.place.say if progress.place else ()
        if all((known.to, known.say) != (_name(progress), said) for known in found):
            found.append(Beginning(given=given, to=_name(progress), say=said))
    return tuple(found)


@lru_cache
def scenes(which: Dialogue) -> tuple[Scene, ...]:
    """Its scenes in the order in which one comes to them; none of a silent one."""
    found = _Found()
    todo = deque(_starts(which))
    for given, facts, progress in todo:
        found.met(given, facts, progress)
    seen: set[object] = set()
    while todo:
        given, facts, progress = todo.popleft()
        place = progress.place
        served = progress.result is Outcome.SERVED
        so_far = (progress.empty_turns, progress.wrong_codes, served)
        seen_as = (given, _name(progress), place and place.may, so_far)
        if seen_as in seen or progress.state is State.END:
            continue
        seen.add(seen_as)
        for way, after in _ways(given, facts, progress):
            found.add(_name(progress), way)
            found.met(given, facts, after)
            # A duress code goes the way of the right one; what else may be is told of the usual.
            changed = after.wrong_codes or after.result is Outcome.SERVED
            if not after.duress and not (changed and given):
                once = replace(after, wrong_codes=min(after.wrong_codes, 1))
                todo += [(given, facts, each) for each in _with_rights(once)]
    return found.scenes()


def _starts(which: Dialogue) -> list[tuple[Given, Facts, Progress]]:
    usual = sample(which, "fr")
    others: dict[Given, Facts] = {}
    match which:
        case Dialogue.VERIFICATION:
            others[Given.NO_AUTHORITY] = replace(usual, answers=frozenset())
        case Dialogue.INCOMING:
            others[Given.HINT] = replace(usual, hint="1001")
            others[Given.MEMBER] = replace(usual, member="member")
            others[Given.NO_MENUS] = replace(usual, menus=False)
        case Dialogue.DESK | Dialogue.PEER:
            others[Given.ROOM] = replace(usual, room="room")
    if which in (Dialogue.VERIFICATION, Dialogue.QUESTION, Dialogue.MESSAGE):
        others[Given.LATER] = replace(usual, call_back=True)
    if which in ASKING:
        others[Given.UNASKED] = replace(usual, identify=False)
    found = [(Given.ALWAYS, usual, Progress.start(usual))]
    found += [(given, facts, Progress.start(facts)) for given, facts in others.items()]
    if which in (Dialogue.INCOMING, Dialogue.VOICE):
        waiting = replace(usual, position=2)
        found.append((Given.BACK, waiting, Progress(state=State.POSITION)))
    return found


def _name(progress: Progress) -> str:
    menu = progress.state is State.MENUS and progress.place
    return menu.page if menu else progress.state.value


def _with_rights(progress: Progress) -> Iterator[Progress]:
    """At a page, as somebody who may nothing, each thing it offers, and, where all that is more
    than is said at a time, everything."""
    place = progress.place
    if progress.state is not State.MENUS or place is None:
        yield progress
        return
    page = PAGES[place.page]
    for right in ("", *dict.fromkeys(offer.when for offer in page.offers)):
        may = frozenset({right} if right else ())
        yield replace(progress, say="", place=Place(page=place.page, may=may))
    if page.more:
        yield replace(progress, say="", place=Place(page=place.page, may=_every(page)))


def _ways(given: Given, facts: Facts, progress: Progress) -> Iterator[tuple[Way, Progress]]:
    """Everything that can happen here, and what it leads to."""
    if progress.state is State.MENUS and progress.place and len(progress.place.may) > 1:
        yield from _more_ways(facts, progress)
        return
    page = PAGES[progress.place.page] if progress.state is State.MENUS and progress.place else None
    may = next(iter(progress.place.may), "") if page and progress.place else ""
    if progress.result is Outcome.SERVED:
        given = Given.SERVED
    elif progress.state is State.CODE and progress.wrong_codes:
        given = Given.DOUBTED
    for by, name, event in _events(facts, progress, page):
        after, effects = talk.advance(facts, progress, event)
        concluded = next((e.outcome for e in effects if isinstance(e, Conclude)), None)
        if page and isinstance(event, Done) and event.served:
            concluded = None  # served, whatever comes then
        nth = 1 + progress.wrong_codes if name == CodeVerdict.WRONG else 1 + progress.empty_turns
        yield (
            Way(
                by=by,
                names=(name,),
                to=_name(after),
                say=_first(after),
                outcome=concluded,
                nth=nth if by in (By.SILENCE, By.KEY, By.CODE) else 1,
                when=may if by is By.KEY and page and _offered(page, name, may) else "",
                given=Given.ALWAYS if name == CodeVerdict.WRONG else given,
            ),
            after,
        )


def _more_ways(facts: Facts, progress: Progress) -> Iterator[tuple[Way, Progress]]:
    """What MORE_KEY leads to, one time after the other, for who may do everything here."""
    place = progress.place
    for nth in itertools.count(1):
        assert place is not None, "a menu is at some page"
        after, _ = talk.advance(facts, progress, Typed(MORE_KEY))
        to = _name(after)
        yield Way(by=By.KEY, names=(MORE_KEY,), to=to, nth=nth, given=Given.MORE), after
        if after.place is None or after.place.page != place.page or not after.place.part:
            return
        progress, place = after, after.place


def _offered(page: Page, key: str, may: str) -> bool:
    return any(offer.key == key and offer.when == may for offer in page.offers)


def _first(after: Progress) -> tuple[Phrase, ...]:
    """What is said there before the scene's own words."""
    own = (Phrase(after.say),) if after.say else ()
    menu = after.place.say if after.state is State.MENUS and after.place else ()
    return own + menu


_Tried = tuple[By, str, Event]


def _events(facts: Facts, progress: Progress, page: Page | None) -> Iterator[_Tried]:
    now = saying.turn(facts, progress)
    assert now is not None, "a scene that is not the end has a turn"
    if page and page.deed:
        for result in page.leads:
            yield By.RESULT, result, Done(result=result, served=result in ("done", "told"))
    elif page and page.reads:
        yield By.DIGITS, page.reads, Typed("1234")
    elif page and page.records:
        yield By.VOICE, page.records, Spoken("1")
    match now.read:
        case Input.CODE:
            yield from _at_digits(facts, page)
        case Input.VOICE:
            yield from ((By.KEY, key, Typed(key)) for key in "0*")
            yield By.SILENCE, "", Silence()
        case Input.KEY:
            yield from ((By.KEY, key, Typed(key.replace("#", ""))) for key in KEYS)
            yield By.SILENCE, "", Silence()
        case Input.ZERO:
            yield By.PLAYED, "", Played()
            yield By.KEY, OPERATOR_KEY, Typed(OPERATOR_KEY)
        case _ if not page:
            yield By.PLAYED, "", Played()


def _at_digits(facts: Facts, page: Page | None) -> Iterator[_Tried]:
    if not page:
        stations = facts.dialogue is Dialogue.PEER
        found = [one for one in CodeVerdict if stations or one is not CodeVerdict.LOCKED]
        yield from ((By.CODE, one.value, CodeChecked(one)) for one in found)
    requests = (OPERATOR_KEY, HELP_KEY) if not page or page.help else (OPERATOR_KEY,)
    yield from ((By.KEY, key, Typed(key)) for key in requests)
    yield By.SILENCE, "", Silence()


@dataclass
class _Found:
    """What was found so far, by scene."""

    ways: dict[str, list[Way]] = field(default_factory=dict)
    met_as: dict[str, dict[Given, tuple[Facts, Progress]]] = field(default_factory=dict)

    def met(self, given: Given, facts: Facts, progress: Progress) -> None:
        """Somebody came to a scene."""
        if progress.state is not State.END:
            self.met_as.setdefault(_name(progress), {}).setdefault(given, (facts, progress))

    def add(self, scene: str, way: Way) -> None:
        """A way leads on from it."""
        here = self.ways.setdefault(scene, [])
        if way not in here:
            here.append(way)

    def scenes(self) -> tuple[Scene, ...]:
        """The table."""
        return tuple(
            _scene(name, met, _reduced(_usual(met, self.ways.get(name, []))))
            for name, met in self.met_as.items()
        )


def _usual(met: Mapping[Given, object], ways: list[Way]) -> list[Way]:
    """Where one comes to a scene under one condition only, all there is so anyway."""
    return ways if len(met) > 1 else [replace(way, given=_less(way, met)) for way in ways]


def _less(way: Way, met: Mapping[Given, object]) -> Given:
    return Given.ALWAYS if way.given in met else way.given


def _scene(name: str, met: Mapping[Given, tuple[Facts, Progress]], ways: tuple[Way, ...]) -> Scene:
    (_, (facts, progress)), *others = sorted(met.items(), key=lambda one: one[0] != Given.ALWAYS)
    fresh = _fresh(progress)
    now, later = _whole(facts, fresh), _whole(facts, replace(fresh, empty_turns=1))
    assert now, "a scene that is not the end has a turn"
    otherwise = {given: _words(facts, progress) for given, (facts, progress) in others}
    page = PAGES[fresh.place.page] if fresh.place and fresh.state is State.MENUS else None
    return Scene(
        name=name,
        say=now.say,
        again=later.say if later and later.say != now.say else (),
        otherwise=tuple((given, say) for given, say in otherwise.items() if say != now.say),
        read=now.read,
        secret=now.record_muted,
        wait_s=now.timeout_s,
        does=page.deed if page else "",
        ways=ways,
    )


def _words(facts: Facts, progress: Progress) -> tuple[Phrase, ...]:
    now = _whole(facts, _fresh(progress))
    return now.say if now else ()


def _whole(facts: Facts, progress: Progress) -> Turn | None:
    """What is said and read, with all choices of a page that says some at a time."""
    now, place = saying.turn(facts, progress), progress.place
    if now is None or place is None or not PAGES[place.page].more:
        return now
    *said, operator = now.say
    for key in itertools.chain(*menus.choices(place, PAGES[place.page])[1:]):
        if Phrase(key) not in said:
            said.append(Phrase(key))
    return replace(now, say=(*said, operator))


def _fresh(progress: Progress) -> Progress:
    """Come to for the first time, by somebody who may do everything."""
    place = progress.place
    if place is not None and progress.state is State.MENUS:
        place = Place(page=place.page, may=_every(PAGES[place.page]))
    return replace(progress, say="", place=place, empty_turns=0, wrong_codes=0)


def _every(page: Page) -> frozenset[str]:
    return frozenset(offer.when for offer in page.offers) - {""}


_Led = tuple[str, tuple[Phrase, ...], Outcome | None] | None


def _reduced(ways: list[Way]) -> tuple[Way, ...]:
    """What is so anyway is told once, keys that do the same together."""
    known = {(way.given, way.by, way.names, way.when, way.nth): way for way in ways}
    offered = {way.names for way in ways if way.when}

    def leads(way: Way, given: Given, nth: int) -> _Led:
        same = known.get((given, way.by, way.names, way.when, nth))
        return (same.to, same.say, same.outcome) if same else None

    def is_told(way: Way) -> bool:
        if not way.when and way.names in offered:
            return False  # who is not offered it is told so, as with any other key
        here = leads(way, way.given, way.nth)
        if way.given and here == leads(way, Given.ALWAYS, way.nth):
            return False
        before = leads(way, way.given, way.nth - 1)
        return way.nth == 1 or here != before

    kept = [way for way in ways if is_told(way)]
    merged: list[Way] = []
    for way in kept:
        alike = next((m for m in merged if replace(m, names=way.names) == way), None)
        if alike:
            merged[merged.index(alike)] = replace(alike, names=alike.names + way.names)
        else:
            merged.append(way)
    order = list(By)
    return tuple(sorted(merged, key=lambda way: (order.index(way.by), way.given != "", way.nth)))
