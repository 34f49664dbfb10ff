"""Calls as an alarm's page shows them: who, how it went, and what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callflow.core.calls.call import Call, CallState, Mode, Outcome, Recording
from callflow.core.calls.phones import is_phone, owner_of
from callflow.core.interventions import directory
from callflow.storage import Tx
from callflow.storage.calls import calls


@dataclass(frozen=True, slots=True)
class Card:
    """A call as it is shown; ``legs`` are those of our own telephones that were in it."""

    id: str
    step: str
    room: str | None
    mode: Mode
    attempt: int
    state: CallState
    outcome: Outcome | None
    requested_at: datetime
    placed_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    live: bool
    who: str  # the contact, or whose telephone it is
    to: str  # the number; "" where it is a telephone of ours, which ``at_desk`` says
    at_desk: bool
    desk: bool  # it rings at the station
    wanted: str  # whom an operator wanted by it
    talked: float | None  # seconds
    recording: Recording | None = None
    told_in: str | None = None  # the incident in whose call it was told
    legs: tuple[Card, ...] = ()


def shown(tx: Tx, made: Sequence[Call], names: Mapping[str, str]) -> list[Card]:
    """The calls of one incident. ``names``: of contacts, by id.

    One that was told in another call to the same person (D10) has that call's recording.
    """
    recordings = calls.recordings(tx, [call.recorded_as for call in made])
    leaders = _leaders(tx, made)
    cards = [
        replace(
            _card(call, names),
            recording=recordings.get(call.recorded_as),
            told_in=leaders.get(call.leader or ""),
        )
        for call in made
    ]
    return conversations(cards)


def conversations(cards: Sequence[Card]) -> list[Card]:
    """One call is one card: the legs of our own telephones stand with whom they were with.

    A leg whose person was never called, since nobody picked it up, is a card about that person.
    """
    people = [card for card in cards if not card.desk]
    legs: dict[str, list[Card]] = {}
    found = []
    for card in cards:
        whom = _with(card, people) if card.desk and card.room else []
        for person in whom:
            legs.setdefault(person.id, []).append(card)
        if card.desk and card.wanted and not whom:
            legs[card.id] = [card]
            found.append(_uncalled(card))
        elif not whom:
            found.append(card)
    return [replace(card, legs=tuple(legs.get(card.id, ()))) for card in found]


def _uncalled(leg: Card) -> Card:
    """The person whom an operator wanted, while their own telephone has not been picked up."""
    return replace(
        leg,
        state=CallState.REQUESTED if leg.live else CallState.CANCELLED,
        who=leg.wanted,
        to="",
        at_desk=False,
        desk=False,
        outcome=None,
        answered_at=None,
        talked=None,
        recording=None,
    )


def _with(leg: Card, people: Sequence[Card]) -> list[Card]:
    """The person whom a leg was in conversation with; where it was with nobody, whom it was for."""
    room = [person for person in people if leg.room in (person.room, person.id)]
    return [person for person in room if _together(leg, person)] or room[:1]


def _together(one: Card, other: Card) -> bool:
    """Say whether both were on the line at the same time."""
    if one.answered_at is None or other.answered_at is None:
        return False
    ends = [card.ended_at for card in (one, other) if card.ended_at is not None]
    return not ends or max(one.answered_at, other.answered_at) < min(ends)


def _leaders(tx: Tx, made: Sequence[Call]) -> dict[str, str | None]:
    """{call: its incident} of the calls that spoke for one of these."""
    found = (calls.get(tx, call.leader) for call in made if call.leader)
    return {leader.id: leader.incident_id for leader in found if leader}


def _card(call: Call, names: Mapping[str, str]) -> Card:
    seconds, ours = None, bool(call.operator) or is_phone(call.to)
    if call.answered_at and call.ended_at:
        seconds = (call.ended_at - call.answered_at).total_seconds()
    wanted = call.wanted or {}
    wanted_name = names.get(wanted.get("contact") or "", "")
    return Card(
        id=call.id,
        step=call.step,
        room=call.room,
        mode=call.mode,
        attempt=call.attempt,
        state=call.state,
        outcome=call.outcome,
        requested_at=call.requested_at,
        placed_at=call.placed_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        live=call.live,
        who=owner_of(call) or names.get(call.contact_id or "", ""),
        to="" if ours else directory.shown(call.step, call.to),
        at_desk=ours,
        desk=call.is_leg,
        wanted=wanted_name or directory.shown(call.step, wanted.get("to") or ""),
        talked=seconds,
    )
