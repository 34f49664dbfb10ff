"""What a dialogue says and reads now."""

import re
import textwrap
from collections.abc import Iterator

from callflow.core.calls.call import Dialogue
from callflow.core.calls.dialogue import menus
from callflow.core.calls.dialogue.facts import Facts, Progress, announced, greeting
from callflow.core.calls.dialogue.table import ASKING, AT_DESK, KEYS, Answer, State
from callflow.core.calls.dialogue.turns import Input, Phrase, Turn

#: Of many alarms so many sites are named.
NAMED_AT_MOST = 5
#: Characters said in one go: about twelve seconds.
LONGEST_PIECE = 150


def turn(facts: Facts, progress: Progress) -> Turn | None:
    """What to do now; None when the dialogue is at its end."""
    first = (Phrase(progress.say, {}),) if progress.say else ()
    match progress.state:
        case State.CODE:
            return Turn(
                say=first + _asking_code(facts, progress),
                read=Input.CODE,
                timeout_s=4.0,
                record_muted=True,
            )
        case State.MENU:
            say = first + (_situation(facts) if not progress.empty_turns else ())
            return Turn(say=say + _menu(facts), read=Input.KEY)
        case State.ASK:
            say = first + (_asking(facts) if not progress.empty_turns else ())
            return Turn(say=say + _choices(facts), read=Input.KEY)
        case State.DESK:
            return Turn(say=first + _waiting(facts), read=Input.KEY, timeout_s=4.0)
        case State.MENUS:
            assert progress.place is not None, "a menu is at some page"
            return menus.turn(progress.place, first, asked_before=bool(progress.empty_turns))
        case State.CLOSING | State.BRIDGING:
            return _last_words(facts, progress, first)
        case State.END:
            return None
        case _:
            return _greeted(facts, progress)


def _greeted(facts: Facts, progress: Progress) -> Turn:
    """To whoever is put through as they are."""
    if progress.state is State.POSITION:
        return Turn(say=_position(facts), read=Input.ANY)
    return Turn(say=greeting(facts), read=Input.KEY, timeout_s=1.0)


def _last_words(facts: Facts, progress: Progress, first: tuple[Phrase, ...]) -> Turn:
    at_desk = facts.dialogue in AT_DESK
    if progress.state is State.CLOSING:
        read = Input.NONE if at_desk else Input.ZERO
        return Turn(say=(*first, Phrase("goodbye")), read=read)
    then = Phrase("connecting" if at_desk else "hold_the_line")
    return Turn(say=(*first, then), read=Input.NONE)


def _position(facts: Facts) -> tuple[Phrase, ...]:
    """The truth of their own case (D34): only who has a question is a number in a queue.

    Where an alarm is mute nothing is given away (D7): they hear what any caller hears first. Who is
    the next one, or was told too late, hears that.
    """
    if facts.personal:
        return (Phrase("hold_the_line"),)
    if facts.dialogue is Dialogue.VOICE or facts.device:
        return (Phrase("not_alone"),)
    if facts.position > 1:
        return (Phrase("position", {"position": facts.position}),)
    return (Phrase("position_next"),)


def _asking_code(facts: Facts, progress: Progress) -> tuple[Phrase, ...]:
    """Before the code only the recognition word is said, never the situation (D13)."""
    if facts.dialogue is Dialogue.PEER:
        first = () if progress.empty_turns or progress.wrong_codes else _greeted_by(facts)
        return (*first, Phrase("ask_peer_code"))
    if progress.empty_turns or progress.wrong_codes:
        return (Phrase("ask_code_again"),)
    word = (Phrase("recognition", {"word": facts.recognition_word}),)
    known = word if facts.recognition_word else ()
    return (*_greeted_by(facts), *known, Phrase("ask_code"))


def _greeted_by(facts: Facts) -> tuple[Phrase, ...]:
    return (*announced(facts), Phrase("greeting", {"station": facts.station}))


def _situation(facts: Facts) -> tuple[Phrase, ...]:
    written = {"written": facts.site_language}
    say = [*announced(facts), Phrase("situation", {"kind": facts.kind})]
    if facts.site_name:
        say.append(Phrase("site", {"site": facts.site_name, **written}))
    if facts.address:
        say.append(Phrase("address", {"address": facts.address, **written}))
    if facts.zone_name:
        say.append(Phrase("zone_named", {"zone": facts.zone, "name": facts.zone_name, **written}))
    elif facts.zone:
        say.append(Phrase("zone", {"zone": facts.zone}))
    if facts.at is not None:
        say.append(Phrase("at", {"at": facts.at}))
    return (*say, *_others(facts))


def _others(facts: Facts) -> tuple[Phrase, ...]:
    """One call tells of all alarms of a person (D10); the first of many by name."""
    if not facts.others:
        return ()
    named = list(dict.fromkeys(facts.others))[:NAMED_AT_MOST]
    written = {"written": facts.site_language}
    count = Phrase("others", {"count": len(facts.others)})
    return (count, *(Phrase("site", {"site": name, **written}) for name in named))


def _asking(facts: Facts) -> tuple[Phrase, ...]:
    """What the plan says, a sentence at a time; to a guard the situation first."""
    written = {"written": facts.site_language}
    said: tuple[Phrase, ...] = ()
    if not facts.identify:
        said = (*announced(facts), Phrase("greeting", {"station": facts.station}))
    text = tuple(Phrase("plan_text", {"text": one, **written}) for one in _sentences(facts.text))
    if facts.welfare:
        return (*said, Phrase("site", {"site": facts.site_name, **written}), Phrase("all_well"))
    if facts.dialogue is Dialogue.GUARD:
        return said + _situation(facts) + text
    tried = (facts.announcement,) if facts.announcement else ()
    about = Phrase("site", {"site": facts.site_name, **written})
    return (*said, about, *facts.failures, *text, *tried, *_others(facts))


def _sentences(text: str) -> Iterator[str]:
    """``text`` in pieces that are said each in one go."""
    for sentence in re.split(r"(?<=[.!?;])\s+|\n+", text):
        yield from textwrap.wrap(sentence, LONGEST_PIECE)


def _choices(facts: Facts) -> tuple[Phrase, ...]:
    match facts.dialogue:
        case Dialogue.MESSAGE:
            keys: tuple[Phrase, ...] = (Phrase("offer_acknowledge"),)
        case Dialogue.GUARD if facts.welfare:
            keys = (Phrase("offer_well"),)
        case Dialogue.GUARD:
            keys = (Phrase("offer_accept"), Phrase("offer_decline"))
        case _:
            written = {"written": facts.site_language}
            keys = tuple(
                Phrase("offer_answer", {"answer": choice, "key": str(key), **written})
                for key, choice in enumerate(facts.choices, start=1)
            )
    return (*keys, *_later(facts), Phrase("offer_operator"))


def _later(facts: Facts) -> tuple[Phrase, ...]:
    return (Phrase("offer_call_back"),) if facts.call_back else ()


def _menu(facts: Facts) -> tuple[Phrase, ...]:
    offered = facts.answers | {Answer.HELP}
    if facts.personal:
        offered -= {Answer.FALSE_ALARM}  # no key cancels it (D7)
    keys = [Phrase(f"offer_{answer}") for answer in KEYS.values() if answer in offered]
    return (*keys, *_later(facts), Phrase("offer_operator"))


def _waiting(facts: Facts) -> tuple[Phrase, ...]:
    what = {
        "kind": facts.kind,
        "site": facts.site_name,
        "written": facts.site_language,
        "count": facts.waiting_count,
    }
    if facts.service is not None:
        asked = {"service": facts.service, "site": facts.site_name, "written": facts.site_language}
        return (Phrase("desk_service", asked), Phrase("offer_dial"))
    if facts.call_backs:
        return (Phrase("desk_call_backs", {"callers": facts.call_backs}), Phrase("offer_take"))
    if facts.room:
        return (*announced(facts), Phrase("desk_person", what), Phrase("offer_connect"))
    if facts.dialogue is Dialogue.PEER:
        return (*_for_peer(facts), Phrase("offer_take"))
    return (Phrase("desk_work", what), Phrase("offer_take"))


def _for_peer(facts: Facts) -> tuple[Phrase, ...]:
    """All that is needed there, where no screen of ours is: what, where, and whom to call."""
    people = (Phrase("peer_calls", {"name": n, "number": p}) for n, p in facts.people)
    return (*_situation(facts), *facts.failures, *people)


def language(facts: Facts, progress: Progress) -> str:
    """In which language to speak now: a caller's own, once they are known."""
    return progress.place.language if progress.place and progress.place.language else facts.language


def own_phrases(facts: Facts) -> tuple[Phrase, ...]:
    """What only this call says: all else that it may say is the same in every call."""
    if facts.dialogue is Dialogue.VERIFICATION:
        said = _asking_code(facts, Progress.start(facts)) + _situation(facts)
    elif facts.dialogue in ASKING:
        code = _asking_code(facts, Progress.start(facts)) if facts.identify else ()
        said = code + _asking(facts) + _choices(facts)
    elif facts.dialogue is Dialogue.SERVICE:
        said = ()
    elif facts.dialogue is Dialogue.PEER:
        said = _asking_code(facts, Progress.start(facts)) + _waiting(facts)
    else:
        said = _waiting(facts) if facts.dialogue is Dialogue.DESK else greeting(facts)
    return tuple(phrase for phrase in said if phrase.values)
