"""Who is rung for whoever waits on the line: a function of data, asked without a clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.alarms.escalation import Desk, bridge_step
from callflow.core.desks.distribution import (
    ASK_AGAIN,
    Agent,
    Ask,
    Caller,
    Decision,
    Ring,
    Rules,
    chain,
    distribute,
    in_order,
    is_night,
)
from callflow.core.desks.presence import Presence

NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
RULES = Rules()
DESK = Desk(desk_phones=("+33639989901", "+33639989902"), duty_numbers=("+33639989910",))
DUTY = "+33639989910"


def second(seconds: float) -> datetime:
    return NIGHT + timedelta(seconds=seconds)


def agent(
    name: str, presence: Presence = Presence.AVAILABLE, *, skills: str = "", languages: str = "fr"
) -> Agent:
    phone = f"op-{name}"
    return Agent(
        name=name,
        presence=presence,
        phone="" if presence is Presence.IN_CALL else phone,
        phones=frozenset({phone}),
        languages=frozenset(languages.split()),
        skills=frozenset(skills.split()),
        idle_since=NIGHT,
    )


def caller(room: str = "room", **fields: object) -> Caller:
    return replace(Caller(room=room, since=NIGHT), **fields)  # type: ignore[arg-type]


def ring(to: str, at: float = 0, ended: float | None = None, *, took: bool = False) -> Ring:
    return Ring(
        id=f"{to} {at}",
        to=to,
        live=ended is None,
        took=took,
        requested_at=second(at),
        ended_at=None if ended is None else second(ended),
    )


def asked(decision: Decision) -> list[str]:
    return [ask.to for ask in decision.rings]


def now_asked(one: Caller, agents: list[Agent], at: float = 0, rules: Rules = RULES) -> list[str]:
    return asked(distribute([one], agents, DESK, rules, second(at)))


# --- who ------------------------------------------------------------------------------------------


def test_whoever_has_been_idle_longest_is_asked() -> None:
    anne, bea = agent("anne"), replace(agent("bea"), idle_since=second(-60))
    assert now_asked(caller(), [anne, bea]) == ["op-bea"]


def test_the_holder_of_the_sites_incident_comes_first_even_while_writing_up() -> None:
    bea = replace(agent("bea", Presence.WRAP_UP), idle_since=second(60))
    assert now_asked(caller(holder="bea"), [agent("anne"), bea]) == ["op-bea"]


@pytest.mark.parametrize(
    "presence", [Presence.BREAK, Presence.AWAY, Presence.IN_CALL, Presence.WRAP_UP]
)
def test_nobody_else_is_asked_while(presence: Presence) -> None:
    assert now_asked(caller(), [agent("bea", presence)]) in ([], ["+33639989901"])
    assert now_asked(caller(), [agent("bea", presence), agent("anne")]) == ["op-anne"]


def test_a_vital_caller_interrupts_a_wrap_up_and_rings_the_desk_as_well() -> None:
    assert now_asked(caller(urgent=True), [agent("bea", Presence.WRAP_UP)]) == [
        "op-bea",
        "+33639989901",
    ]


def test_the_language_is_waited_for_and_then_anybody_answers() -> None:
    agents = [agent("anne"), agent("bob", Presence.IN_CALL, languages="fr en")]
    english = caller(language="en")
    assert now_asked(english, agents, 0) == []
    assert now_asked(english, agents, 19) == []
    assert now_asked(english, agents, 20) == ["op-anne"]
    agents[1] = agent("bob", languages="fr en")
    assert now_asked(english, agents, 0) == ["op-bob"]


def test_who_knows_the_subject_is_waited_for_a_shorter_while() -> None:
    agents = [agent("anne"), agent("bob", Presence.IN_CALL, skills="lift")]
    stuck = caller(skill="lift")
    assert now_asked(stuck, agents, 9) == []
    assert now_asked(stuck, agents, 10) == ["op-anne"]


def test_nobody_waits_for_a_language_or_skill_that_nobody_on_duty_has() -> None:
    agents = [agent("anne"), agent("bob", Presence.BREAK, languages="de")]
    assert now_asked(caller(language="de", skill="lift"), agents) == ["op-anne"]


def test_who_let_it_ring_is_asked_again_after_the_others() -> None:
    agents = [agent("anne"), agent("bea")]
    one = caller(rings=(ring("op-anne", 0, 12),))
    assert now_asked(one, agents, 12) == ["op-bea"]
    both = caller(rings=(*one.rings, ring("op-bea", 12, 24)))
    assert now_asked(both, agents, 25) == ["+33639989901"]  # everybody was asked: the chain
    again = 12 + ASK_AGAIN.total_seconds()
    assert "op-anne" in now_asked(both, agents, again)


# --- in which order -------------------------------------------------------------------------------


def test_vital_callers_then_those_in_alarm_then_the_oldest() -> None:
    callers = [
        caller("late", since=second(9)),
        caller("early", since=second(1)),
        caller("alarm", since=second(20), in_alarm=True),
        caller("vital", since=second(30), urgent=True, in_alarm=True),
        caller("spoken", with_human=True),
    ]
    assert [one.room for one in in_order(callers)] == ["vital", "alarm", "early", "late"]


def test_one_operator_is_asked_for_one_caller() -> None:
    callers = [caller("a"), caller("b", since=second(1))]
    decision = distribute(callers, [agent("anne")], DESK, RULES, second(2))
    assert decision.rings == (Ask(room="a", to="op-anne", attempt=1, agent="anne"),)


def test_a_vital_caller_gets_the_phone_that_rings_for_another() -> None:
    busy = ("+33639989901", "+33639989902", DUTY)
    callers = [
        caller("plain", rings=(ring("op-anne"),)),
        caller("vital", since=second(5), urgent=True),
    ]
    decision = distribute(callers, [agent("anne")], DESK, RULES, second(5), busy=busy)
    assert decision.withdrawn == ("op-anne 0",)
    freed = [caller("plain", rings=(ring("op-anne", 0, 6),)), callers[1]]
    decision = distribute(freed, [agent("anne")], DESK, RULES, second(6), busy=busy)
    assert [(ask.room, ask.to) for ask in decision.rings] == [("vital", "op-anne")]


def rung_for_work(name: str, **fields: object) -> Agent:
    return replace(agent(name), phone="", work=f"work-{name}", **fields)  # type: ignore[arg-type]


def test_unclaimed_work_gives_its_phone_to_a_vital_caller_whom_no_operator_is_free_for() -> None:
    agents = [rung_for_work("anne"), rung_for_work("bea", idle_since=second(-60))]
    lift = caller(urgent=True)
    decision = distribute([lift], agents, DESK, RULES, NIGHT)
    assert decision.withdrawn == ("work-bea",)
    assert asked(decision) == ["+33639989901"]  # the chain rings meanwhile
    freed = [agents[0], agent("bea")]
    lift = replace(lift, rings=(ring("+33639989901"),))
    decision = distribute([lift], freed, DESK, RULES, second(1))
    assert (decision.withdrawn, asked(decision)) == ((), ["op-bea"])


def test_two_vital_callers_get_the_phones_of_two_rings_for_work() -> None:
    agents = [rung_for_work("anne"), rung_for_work("bea"), rung_for_work("carl")]
    callers = [caller("a", urgent=True), caller("b", since=second(1), urgent=True)]
    decision = distribute(callers, agents, DESK, RULES, second(2))
    assert decision.withdrawn == ("work-anne", "work-bea")


@pytest.mark.parametrize(
    ("waits", "there"),
    [
        (caller(), [rung_for_work("anne")]),  # not in need
        (caller(urgent=True), [rung_for_work("anne"), agent("bea")]),  # bea is free
        (caller(urgent=True, rings=(ring("op-bea"),)), [rung_for_work("anne")]),  # bea rings
        (caller(urgent=True, rings=(ring("op-anne", -9, -1),)), [rung_for_work("anne")]),
        (caller(urgent=True), [rung_for_work("anne", presence=Presence.BREAK)]),
        (caller(urgent=True), [agent("anne", Presence.IN_CALL)]),
    ],
)
def test_work_rings_on_where_nobody_in_need_would_gain_by_its_end(
    waits: Caller, there: list[Agent]
) -> None:
    assert distribute([waits], there, DESK, RULES, NIGHT).withdrawn == ()


# --- the chain ------------------------------------------------------------------------------------


def test_the_chain_begins_after_its_wait_at_night_or_where_nobody_is() -> None:
    busy = [agent("bob", Presence.IN_CALL)]
    assert now_asked(caller(), busy, 29) == []
    assert now_asked(caller(), busy, 30) == ["+33639989901"]
    assert now_asked(caller(), busy, 0, replace(RULES, night=True)) == ["+33639989901"]
    assert now_asked(caller(), [agent("bob", Presence.BREAK)]) == ["+33639989901"]
    assert now_asked(caller(), []) == ["+33639989901"]


def test_a_phone_that_speaks_with_somebody_else_is_passed_over() -> None:
    step, _ = bridge_step(DESK, [], NIGHT, busy={"+33639989901"})
    assert step is not None
    assert step.to == "+33639989902"
    assert bridge_step(DESK, [], NIGHT, busy=set(DESK.numbers)) == (None, second(5))


def test_supervisors_come_between_the_desks_and_the_duty_numbers() -> None:
    assert chain(DESK, ["op-chef"]).numbers == (*DESK.desk_phones, "op-chef", DUTY)
    tried = (ring("+33639989901", 0, 25), ring("+33639989902", 25, 50))
    one = caller(rings=tried)
    with_chief = chain(DESK, ["op-chef"])
    assert asked(distribute([one], [], with_chief, RULES, second(50))) == ["op-chef"]
    one = caller(rings=(*tried, ring("op-chef", 50, 62)))
    assert asked(distribute([one], [], with_chief, RULES, second(62))) == [DUTY]


@pytest.mark.parametrize(
    ("hours", "at", "night"),
    [
        ("", "03:00", False),
        ("22:00-06:00", "21:59", False),
        ("22:00-06:00", "22:00", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("12:00-14:00", "13:00", True),
        ("12:00-14:00", "14:00", False),
    ],
)
def test_the_nights_hours(hours: str, at: str, night: bool) -> None:
    assert is_night(hours, datetime.fromisoformat(f"2026-11-25T{at}:00+01:00")) is night


# --- whatever happens -----------------------------------------------------------------------------

NAMES = ("anne", "bea", "carl")


@st.composite
def somebody(draw: st.DrawFn, name: str) -> Agent:
    presence = draw(st.sampled_from(Presence))
    made = agent(
        name,
        presence,
        languages=draw(st.sampled_from(["fr", "en", "fr en"])),
        skills=draw(st.sampled_from(["", "lift"])),
    )
    idle = second(-draw(st.integers(0, 600)))
    return replace(made, phone=draw(st.sampled_from([made.phone, ""])), idle_since=idle)


@st.composite
def some_callers(draw: st.DrawFn) -> list[Caller]:
    rooms = draw(st.lists(st.sampled_from("abcde"), unique=True, min_size=1))
    return [
        caller(
            room,
            since=second(-draw(st.integers(0, 90))),
            urgent=draw(st.booleans()),
            in_alarm=draw(st.booleans()),
            language=draw(st.sampled_from(["", "fr", "en", "de"])),
            skill=draw(st.sampled_from(["", "lift", "medical"])),
            holder=draw(st.sampled_from(["", *NAMES])),
        )
        for room in rooms
    ]


class World:
    """Callers who wait while nobody ever answers: each ring ends after its time."""

    def __init__(self, callers: list[Caller], agents: list[Agent], rules: Rules) -> None:
        self.callers, self.agents, self.rules = callers, agents, rules
        self.at = 0.0
        self.asked: dict[str, list[str]] = {one.room: [] for one in callers}

    def step(self, seconds: float = 1.0) -> Decision:
        """One second: rings that rang long enough end, then it is decided."""
        self.callers = [self._rung(one) for one in self.callers]
        before = self.callers
        busy = {r.to for one in before for r in one.rings if r.live}
        agents = [replace(a, phone="" if a.phones & busy else a.phone) for a in self.agents]
        decision = distribute(before, agents, DESK, self.rules, second(self.at))
        for ask in decision.rings:
            assert ask.to not in busy, "a phone rings for two"
            busy.add(ask.to)
            self.asked[ask.room].append(ask.to)
        self.callers = [
            replace(
                one,
                rings=(
                    *(
                        replace(r, live=False, ended_at=second(self.at))
                        if r.id in decision.withdrawn
                        else r
                        for r in one.rings
                    ),
                    *(ring(ask.to, self.at) for ask in decision.rings if ask.room == one.room),
                ),
            )
            for one in before
        ]
        self.at += seconds
        return decision

    def _rung(self, one: Caller) -> Caller:
        def after(r: Ring) -> Ring:
            lasts = 12 if r.to.startswith("op-") else 25
            over = r.live and second(self.at) - r.requested_at >= timedelta(seconds=lasts)
            return replace(r, live=False, ended_at=second(self.at)) if over else r

        return replace(one, rings=tuple(after(r) for r in one.rings))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    agents = [draw(somebody(name)) for name in NAMES[: draw(st.integers(0, 3))]]
    rules = replace(RULES, night=draw(st.booleans()))
    return World(draw(some_callers()), agents, rules)


@settings(max_examples=15, deadline=None)
@given(worlds())
def test_nobody_waits_for_ever_and_every_way_ends_at_the_duty_number(world: World) -> None:
    first = in_order(world.callers)[0]
    for _ in range(200):
        world.step(2)
    # Who is first in the queue is rung for, again and again, at every phone of the chain.
    assert set(DESK.numbers) <= set(world.asked[first.room])
    assert world.asked[first.room].count(DUTY) >= 2
    # And so is everybody else, where there are phones for them beside those before them.
    if len(world.callers) <= 2:
        assert all(world.asked[one.room] for one in world.callers)


@settings(max_examples=80, deadline=None)
@given(worlds(), st.integers(1, 60))
def test_a_vital_caller_is_never_behind_another(world: World, seconds: int) -> None:
    for _ in range(seconds):
        world.step()
    decision = world.step()
    ringing = {one.room: [r.to for r in one.rings if r.live] for one in world.callers}
    vital = [one.room for one in world.callers if one.urgent]
    others = [one for one in world.callers if not one.urgent]
    if all(ringing[room] for room in vital):
        return
    # Nothing rings for a vital caller: nothing begins to ring for another, and unless a phone is
    # free for the vital one (a pause of its chain), one that rings for another is given up.
    assert not {ask.room for ask in decision.rings} & {one.room for one in others}
    for_others = {to for one in others for to in ringing[one.room]}
    usable = {p for a in world.agents for p in a.phones} | set(DESK.numbers)
    all_ring = {to for found in ringing.values() for to in found}
    if set(DESK.numbers) <= all_ring and not decision.withdrawn:
        assert not for_others & usable


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_deciding_twice_asks_nobody_twice(world: World) -> None:
    world.step(0)
    assert world.step(0).rings == ()
