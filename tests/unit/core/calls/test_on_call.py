"""Who is to be called, at the moment of the call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls.on_call import Who, nobody, on_call
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.core.time.availability import Availability

NIGHT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # 03:00 in Paris, a Wednesday
KEYHOLDERS = (Who(role=Role.KEYHOLDER),)


def person(
    name: str, role: Role = Role.KEYHOLDER, rank: int = 1, phone: str | None = "", **more: Any
) -> Contact:
    number = f"+336399801{sum(map(ord, name)):04d}" if phone == "" else phone
    return Contact(id=name, name=name, role=role, rank=rank, phone=number, **more)


def when(**body: Any) -> Availability:
    return Availability.from_json(body)


def span(hours: float, until: float) -> dict[str, str]:
    """From and until so many hours after NIGHT."""
    start, end = (NIGHT + timedelta(hours=each) for each in (hours, until))
    return {"from": start.isoformat(), "until": end.isoformat()}


def names(
    *contacts: Contact,
    who: tuple[Who, ...] = KEYHOLDERS,
    kind: Kind = Kind.INTRUSION,
    at: datetime = NIGHT,
    others: tuple[Contact, ...] = (),
) -> list[str]:
    site = Site(id="s", name="Shop", client="c", contacts=contacts, others=others)
    return [contact.id for contact in on_call(site, who, kind, at)]


def test_a_role_comes_in_its_ranks_order() -> None:
    people = person("b", rank=2), person("shop", Role.PREMISES), person("a", rank=1)
    assert names(*people) == ["a", "b"]


def test_selectors_come_one_after_the_other() -> None:
    people = person("a"), person("boss", Role.MANAGER), person("b", rank=2)
    who = Who(contact="b"), Who(role=Role.MANAGER), Who(role=Role.KEYHOLDER)
    assert names(*people, who=who) == ["b", "boss", "a"]


def test_an_authority_is_over_the_alarms_kind() -> None:
    guard = frozenset({Authority.SEND_GUARD})
    people = (
        person("anyone", rank=3, authorities={"*": guard}),
        person("fires only", rank=1, authorities={"fire": guard}),
        person("no intrusion", rank=2, authorities={"*": guard, "intrusion": frozenset()}),
    )
    who = (Who(authority=Authority.SEND_GUARD),)
    assert names(*people, who=who) == ["anyone"]
    assert names(*people, who=who, kind=Kind.FIRE) == ["fires only", "no intrusion", "anyone"]


def test_who_is_away_is_not_called_and_nobody_is_an_answer() -> None:
    away = person("a", availability=when(week={"wed": ["08:00-18:00"]}))
    assert names(away) == []
    assert names(away, at=NIGHT + timedelta(hours=6)) == ["a"]
    assert names(away, person("b")) == ["b"]


def test_hours_are_those_of_the_site() -> None:
    early = person("a", availability=when(week={"wed": ["03:00-04:00"]}))
    site = Site(id="s", name="Shop", client="c", contacts=(early,))
    assert on_call(site, KEYHOLDERS, Kind.INTRUSION, NIGHT)
    there = replace(site, timezone="America/Martinique")
    assert not on_call(there, KEYHOLDERS, Kind.INTRUSION, NIGHT)


def test_a_deleted_person_is_passed_over() -> None:
    assert names(person("a"), who=(Who(contact="gone"), Who(contact="a"))) == ["a"]


def test_a_person_without_a_number_is_kept() -> None:
    assert names(person("a", phone=None), person("b", phone=None, rank=2)) == ["a", "b"]


def test_the_same_person_and_the_same_number_come_once_at_their_first_place() -> None:
    people = person("a"), person("a", Role.MANAGER), person("b", rank=2, phone=person("a").phone)
    who = Who(role=Role.MANAGER), Who(role=Role.KEYHOLDER)
    assert names(*people, who=who) == ["a"]
    assert (
        on_call(Site(id="s", name="Shop", client="c", contacts=people), who, Kind.FIRE, NIGHT)[
            0
        ].role
        is Role.MANAGER
    )


# --- standing in --------------------------------------------------------------------------


def replaced(by: str, **more: Any) -> Contact:
    instead = [{"contact": by, **span(-24, 24)}]
    return person("a", availability=when(leaves=[span(-24, 24)], replacements=instead, **more))


def test_on_leave_another_stands_in_with_the_places_rank_and_authorities() -> None:
    granted = {"*": frozenset({Authority.CANCEL})}
    away = replace(replaced("x"), authorities=granted)
    site = Site(
        id="s",
        name="Shop",
        client="c",
        contacts=(person("b", rank=2), away),
        others=(person("x", Role.MANAGER, 9),),
    )
    first, second = on_call(site, KEYHOLDERS, Kind.FIRE, NIGHT)
    assert (first.id, first.rank, first.role) == ("x", 1, Role.KEYHOLDER)
    assert first.authorities == granted
    assert second.id == "b"


def test_after_the_leave_the_person_is_back() -> None:
    back = NIGHT + timedelta(hours=24)
    assert names(replaced("x"), others=(person("x"),), at=back) == ["a"]


def test_a_replacement_that_nobody_knows_or_who_is_away_calls_nobody_on_leave() -> None:
    assert names(replaced("gone")) == []
    away = person("x", availability=when(week={}))
    assert names(replaced("x"), others=(away,)) == []
    assert names(replaced("a")) == []


def test_one_who_is_replaced_but_not_on_leave_is_called_where_the_replacement_is_away() -> None:
    here = person("a", availability=when(replacements=[{"contact": "x", **span(-1, 1)}]))
    assert names(here, others=(person("x"),)) == ["x"]
    assert names(here, others=(person("x", availability=when(week={})),)) == ["a"]


def test_who_stands_in_does_so_in_the_others_hours() -> None:
    by_day = replaced("x", week={"wed": ["08:00-18:00"]})
    assert names(by_day, others=(person("x"),)) == []
    assert names(by_day, others=(person("x"),), at=NIGHT + timedelta(hours=6)) == ["x"]


def test_who_stands_in_and_has_a_place_comes_once() -> None:
    assert names(replaced("b"), person("b", rank=2), person("c", rank=3)) == ["b", "c"]


# --- nobody -------------------------------------------------------------------------------

_HOURS = st.integers(-50, 250)


@st.composite
def _contacts(draw: st.DrawFn) -> Contact:
    def spans() -> list[dict[str, Any]]:
        pairs = draw(st.lists(st.tuples(_HOURS, st.integers(1, 99)), max_size=2))
        return [span(start, start + length) for start, length in pairs]

    body: dict[str, Any] = {"leaves": spans(), "duties": spans()}
    body["replacements"] = [{"contact": draw(st.sampled_from("abcx")), **each} for each in spans()]
    if draw(st.booleans()):
        body["week"] = {"wed": ["08:00-18:00"], "thu": ["20:00-04:00"]}
    return person(draw(st.sampled_from("abc")), availability=when(**body))


@given(st.lists(_contacts(), max_size=3, unique_by=lambda c: c.id), _contacts(), st.data())
def test_nobody_is_told_of_exactly_where_nobody_is_on_call(
    contacts: list[Contact], other: Contact, data: st.DataObject
) -> None:
    site = Site(
        id="s",
        name="Shop",
        client="c",
        contacts=tuple(contacts),
        others=(replace(other, id="x"),),
    )
    found = nobody(site, KEYHOLDERS, Kind.FIRE, NIGHT, 7)
    for hours in data.draw(st.lists(st.floats(0, 7 * 24 - 0.1), min_size=10, max_size=30)):
        at = NIGHT + timedelta(hours=hours)
        empty = not on_call(site, KEYHOLDERS, Kind.FIRE, at)
        assert empty is any(gap.start <= at < gap.end for gap in found)


# --- as JSON ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [{"role": "guard"}, {"authority": "send_guard"}, {"contact": "c1"}]
)
def test_what_is_written_is_read_alike(body: dict[str, str]) -> None:
    assert Who.from_json(body).to_json() == body


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"role": "boss"}, "role: must be one of premises"),
        ({"authority": 3}, "authority: must be one of cancel"),
        ({"contact": ""}, "contact: must be a contact's id"),
        ({"site": "s"}, "'site' is none of role"),
        ({"role": "guard", "contact": "c"}, "must be"),
        ("guard", "must be"),
    ],
)
def test_what_is_wrong_is_said(body: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Who.from_json(body)


def test_exactly_one_way_to_say_who() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Who()
