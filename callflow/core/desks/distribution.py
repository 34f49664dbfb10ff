"""Who is rung for whoever waits on the line. Pure: who waits, who is there, ``now`` → whom to ring.

Callers are served in one order: vital and voice-first ones, then those whose site is in alarm, then
the oldest. A caller's own operator comes first (D20: who holds the site), then whoever speaks the
language and knows the subject, then whoever has been idle longest; after set waits anybody does.
A phone that rings for unclaimed work stops where somebody in need would find no operator's free.
When nobody took the call in time, at night, and for a vital caller at once, the chain of the
station's phones (``escalation.bridge_step``: desk phones, supervisors, duty numbers, again and
again) rings beside the operators. Nobody waits for ever, and no phone rings for two callers.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from callflow.core.alarms.escalation import BRIDGE_PAUSE, Desk, bridge_step
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.phones import is_phone
from callflow.core.desks.presence import ON_DUTY, Presence

#: An operator who let it ring is asked again for the same caller after this.
ASK_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The station's settings. ``night``: the chain begins at once."""

    ring: timedelta = timedelta(seconds=12)
    skill_wait: timedelta = timedelta(seconds=10)
    language_wait: timedelta = timedelta(seconds=20)
    overflow_after: timedelta = timedelta(seconds=30)
    night: bool = False

    @property
    def waits(self) -> tuple[timedelta, ...]:
        """After each of these something may change."""
        return self.skill_wait, self.language_wait, self.overflow_after


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring:
    """One call that was made for somebody who waits. ``took``: a human answered for them."""

    id: str
    to: str
    live: bool
    took: bool
    requested_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Somebody who waits, oldest ``rings`` first. ``language``, ``skill`` "": any will do.

    ``with_human``: somebody speaks with them now. ``holder`` holds the incident of their site.
    ``alone_since``: when the last human left them, where one was there.
    """

    room: str
    since: datetime
    urgent: bool = False  # vital, or voice first
    in_alarm: bool = False
    language: str = ""
    skill: str = ""
    holder: str = ""
    with_human: bool = False
    alone_since: datetime | None = None
    rings: tuple[Ring, ...] = ()

    @property
    def waits_since(self) -> datetime:
        """What the set waits are counted from."""
        return self.alone_since or self.since


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """Somebody who answers callers. ``phone``: what can ring now, "" where nothing can.

    ``work``: a call for unclaimed work that is all that rings, or speaks, at theirs.
    ``idle_since``: when their last call ended, answered or not.
    """

    name: str
    presence: Presence
    phone: str = ""
    work: str = ""
    phones: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    idle_since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Ring ``to`` for the caller of ``room`` now. ``agent``: whose phone it is, "" for a desk's."""

    room: str
    to: str
    attempt: int
    agent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """``withdrawn`` are rings that an urgent caller needs the phone of; ``again``: when to look."""

    rings: tuple[Ask, ...] = ()
    withdrawn: tuple[str, ...] = ()
    again: datetime | None = None


def in_order(callers: Iterable[Caller]) -> list[Caller]:
    """Who waits without a human, next one first: this order is what callers are told."""
    waiting = [caller for caller in callers if not caller.with_human]
    return sorted(waiting, key=lambda c: (not c.urgent, not c.in_alarm, c.since, c.room))


def distribute(
    callers: Sequence[Caller],
    agents: Sequence[Agent],
    desk: Desk,
    rules: Rules,
    now: datetime,
    busy: Collection[str] = (),
) -> Decision:
    """Whom to ring now for everybody who waits, and when to look again.

    ``busy``: phones that ring or speak for something else.
    """
    taken = {ring.to for caller in callers for ring in caller.rings if ring.live} | set(busy)
    rings: list[Ask] = []
    withdrawn: list[str] = []
    again: list[datetime] = []
    waiting = in_order(callers)
    nothing_rings = False  # for a vital caller: then nothing begins to ring for another
    for place, caller in enumerate(waiting):
        if nothing_rings and not caller.urgent:
            break
        asked = list(_asked(caller, agents, desk, rules, now, taken, again))
        taken |= {ask.to for ask in asked}
        rings += asked
        withdrawn += _work_before(caller, asked, agents, desk, now, withdrawn)
        if asked or not caller.urgent or any(ring.live for ring in caller.rings):
            continue
        nothing_rings = True
        if taken.issuperset(desk.numbers):
            others = [other for other in waiting[place + 1 :] if not other.urgent]
            needed = _taken_from(others, agents, desk)
            withdrawn += [needed] if needed and needed not in withdrawn else []
    return Decision(
        rings=tuple(rings),
        withdrawn=tuple(withdrawn),
        again=min((at for at in again if at > now), default=None),
    )


def _asked(
    caller: Caller,
    agents: Sequence[Agent],
    desk: Desk,
    rules: Rules,
    now: datetime,
    taken: Collection[str],
    again: list[datetime],
) -> Iterator[Ask]:
    """An operator for this caller, and a phone of the chain where that is due."""
    attempt = len(caller.rings) + 1
    own = [ring for ring in caller.rings if _is_agents(ring, desk)]
    agent = None
    if not any(ring.live for ring in own):
        agent = _best(caller, agents, rules, now, taken)
    if agent is not None:
        yield Ask(room=caller.room, to=agent.phone, attempt=attempt, agent=agent.name)
        attempt += 1
    again += [caller.waits_since + wait for wait in rules.waits]
    tried = [ring for ring in caller.rings if not _is_agents(ring, desk)]
    if not tried and not _overflows(caller, agent, agents, rules, now):
        return
    step, at = bridge_step(desk, [_as_call(ring) for ring in tried], now, busy=taken)
    if step is not None:
        yield Ask(room=caller.room, to=step.to, attempt=attempt)
    elif at is not None:
        again.append(at)


def _work_before(
    caller: Caller,
    asked: Sequence[Ask],
    agents: Sequence[Agent],
    desk: Desk,
    now: datetime,
    withdrawn: Collection[str],
) -> list[str]:
    """The ring for unclaimed work that somebody in need gets an operator's phone of; none, or one.

    The work is on the queue and rings the next phone by itself; the voice on the line can't wait.
    """
    rung = any(ask.agent for ask in asked)
    rung |= any(ring.live and _is_agents(ring, desk) for ring in caller.rings)
    if rung or not caller.urgent:
        return []
    free = [a for a in agents if a.work and a.work not in withdrawn]
    able = [agent for agent in free if _may_be_asked(agent, caller, now)]
    return [agent.work for agent in sorted(able, key=lambda a: _rank(a, caller))[:1]]


def _is_agents(ring: Ring, desk: Desk) -> bool:
    """True where an operator was asked, and not the chain (where supervisors' own phones stand)."""
    return is_phone(ring.to) and ring.to not in desk.numbers


def _overflows(
    caller: Caller, asked: Agent | None, agents: Sequence[Agent], rules: Rules, now: datetime
) -> bool:
    """True where the chain begins: in time, at once for whom it is, or since nobody else is
    left."""
    if rules.night or caller.urgent or now - caller.waits_since >= rules.overflow_after:
        return True
    if asked is not None:
        return False
    if not any(agent.presence in ON_DUTY for agent in agents):
        return True
    live = any(ring.live for ring in caller.rings)
    rung = {ring.to for ring in caller.rings}
    unasked = any(
        agent.presence is Presence.AVAILABLE and agent.phone and agent.phone not in rung
        for agent in agents
    )
    return bool(rung) and not live and not unasked


def _best(
    caller: Caller, agents: Sequence[Agent], rules: Rules, now: datetime, taken: Collection[str]
) -> Agent | None:
    """The operator to ring for ``caller`` now."""
    free = [a for a in agents if a.phone and a.phone not in taken and _may_be_asked(a, caller, now)]
    asked = [agent for agent in free if _suits(agent, caller, agents, rules, now)]
    return min(asked, key=lambda agent: _rank(agent, caller), default=None)


def _may_be_asked(agent: Agent, caller: Caller, now: datetime) -> bool:
    interrupts = caller.urgent or agent.name == caller.holder
    if agent.presence is Presence.WRAP_UP and not interrupts:
        return False
    if agent.presence not in (Presence.AVAILABLE, Presence.WRAP_UP):
        return False
    last = next((ring for ring in reversed(caller.rings) if ring.to in agent.phones), None)
    if last is None or last.ended_at is None:
        return last is None
    return last.ended_at + (BRIDGE_PAUSE if last.took else ASK_AGAIN) <= now


def _suits(
    agent: Agent, caller: Caller, agents: Sequence[Agent], rules: Rules, now: datetime
) -> bool:
    """Language, then skill, as long as somebody on duty has them and the wait is short."""
    if caller.urgent or agent.name == caller.holder:
        return True
    waited = now - caller.waits_since
    on_duty = [other for other in agents if other.presence in ON_DUTY]
    speakers = [other for other in on_duty if _speaks(other, caller)]
    if waited < rules.language_wait and speakers and not _speaks(agent, caller):
        return False
    knowing = [other for other in speakers or on_duty if _knows(other, caller)]
    return waited >= rules.skill_wait or not knowing or _knows(agent, caller)


def _speaks(agent: Agent, caller: Caller) -> bool:
    return not caller.language or caller.language in agent.languages


def _knows(agent: Agent, caller: Caller) -> bool:
    return not caller.skill or caller.skill in agent.skills


def _rank(agent: Agent, caller: Caller) -> tuple[bool, bool, bool, int, float, str]:
    times = sum(1 for ring in caller.rings if ring.to in agent.phones)
    idle = agent.idle_since.timestamp() if agent.idle_since else 0.0
    return (
        agent.name != caller.holder,
        not _speaks(agent, caller),
        not _knows(agent, caller),
        times,
        idle,
        agent.name,
    )


def _taken_from(others: Sequence[Caller], agents: Sequence[Agent], desk: Desk) -> str | None:
    """The ring that a vital caller gets the phone of: of the last of the others."""
    usable = {phone for agent in agents for phone in agent.phones} | set(desk.numbers)
    for other in reversed(others):
        for ring in reversed(other.rings):
            if ring.live and not ring.took and ring.to in usable:
                return ring.id
    return None


def _as_call(ring: Ring) -> Call:
    """The ring as the chain's rule reads calls."""
    return Call(
        id=ring.id,
        step="bridge",
        to=ring.to,
        attempt=1,
        state=CallState.ANSWERED if ring.live else CallState.ENDED,
        outcome=None if ring.live else Outcome.OPERATOR if ring.took else Outcome.NO_ANSWER,
        requested_at=ring.requested_at,
        ended_at=ring.ended_at,
    )


def chain(desk: Desk, supervisors: Sequence[str]) -> Desk:
    """The overflow: desk phones, then supervisors' own phones, then duty numbers."""
    return replace(desk, desk_phones=desk.desk_phones + tuple(supervisors))


def is_night(hours: str, at: datetime) -> bool:
    """True where ``at``, in the station's time, lies in ``hours`` ("22:00-06:00"; "": never)."""
    if not hours:
        return False
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    local = at.time().replace(tzinfo=None)
    if begins <= ends:
        return begins <= local < ends
    return local >= begins or local < ends
