"""Calendars of duties and absences: read, written, and what hostile files come to."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.time import ical
from callflow.core.time.hours import CalendarError, Span

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def event(*lines: str, uid: str = "1") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def file(*events: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""]).encode()


def read(*events: str, absences: bool = False, matching: str = "") -> list[Span]:
    found = ical.read(file(*events), PARIS, NOW, absences=absences, matching=matching)
    return list(found.spans)


def refused(data: bytes) -> str:
    with pytest.raises(CalendarError) as error:
        ical.read(data, PARIS, NOW, absences=False)
    assert error.value.field == "calendar"
    return error.value.message


NIGHT = "DTSTART:20261201T180000Z", "DTEND:20261202T070000Z"
NIGHT_SPAN = Span(datetime(2026, 12, 1, 18, tzinfo=UTC), datetime(2026, 12, 2, 7, tzinfo=UTC))


def test_one_event_is_one_span() -> None:
    assert read(event(*NIGHT)) == [NIGHT_SPAN]


def test_times_without_a_zone_and_whole_days_are_the_sites() -> None:
    floating = event("DTSTART:20261201T180000", "DURATION:PT12H")
    assert read(floating) == [Span(paris("2026-12-01T18:00"), paris("2026-12-02T06:00"))]
    days = event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227")
    assert read(days) == [Span(paris("2026-12-24T00:00"), paris("2026-12-27T00:00"))]
    one = event("DTSTART;VALUE=DATE:20261224")
    assert read(one) == [Span(paris("2026-12-24T00:00"), paris("2026-12-25T00:00"))]


@pytest.mark.parametrize("name", ["America/Martinique", "SA Western Standard Time"])
def test_zones_are_known_by_ianas_and_windows_names(name: str) -> None:
    there = event(f"DTSTART;TZID={name}:20261201T080000", f"DTEND;TZID={name}:20261201T090000")
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert read(there) == [Span(noon, noon + timedelta(hours=1))]


def test_what_repeats_keeps_the_walls_hours_over_both_changes_of_the_clock() -> None:
    weekly = event(
        "DTSTART;TZID=Europe/Paris:20260104T200000",
        "DTEND;TZID=Europe/Paris:20260105T080000",
        "RRULE:FREQ=WEEKLY",
    )
    spans = read(weekly)
    assert spans[0] == Span(paris("2026-11-29T20:00"), paris("2026-11-30T08:00"))
    assert Span(paris("2027-03-28T20:00"), paris("2027-03-29T08:00")) in spans
    assert Span(paris("2027-10-31T20:00"), paris("2027-11-01T08:00")) in spans
    assert {span.start.astimezone(PARIS).hour for span in spans} == {20}
    assert spans[-1].end <= NOW + ical.AHEAD


def test_whole_days_that_repeat_are_days_of_23_24_and_25_hours() -> None:
    sundays = event("DTSTART;VALUE=DATE:20261129", "RRULE:FREQ=WEEKLY;UNTIL=20271201")
    hours = {(span.end - span.start) / timedelta(hours=1) for span in read(sundays)}
    assert hours == {23, 24, 25}


def test_exceptions_moved_ones_and_additions_are_followed() -> None:
    daily = event(
        "DTSTART:20261201T080000Z",
        "DTEND:20261201T090000Z",
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE:20261202T080000Z",
        "RDATE:20261220T080000Z",
    )
    moved = event(
        "RECURRENCE-ID:20261203T080000Z", "DTSTART:20261203T180000Z", "DTEND:20261203T190000Z"
    )
    starts = [(span.start.day, span.start.hour) for span in read(daily, moved)]
    assert starts == [(1, 8), (3, 18), (4, 8), (20, 8)]


def test_what_touches_or_overlaps_is_one_span() -> None:
    two = event("DTSTART:20261202T060000Z", "DTEND:20261202T120000Z", uid="2")
    assert read(event(*NIGHT), two) == [Span(NIGHT_SPAN.start, NIGHT_SPAN.end.replace(hour=12))]


def test_what_is_past_is_left_out_and_what_runs_stays() -> None:
    past = event("DTSTART:20261120T080000Z", "DTEND:20261125T120000Z")
    running = event("DTSTART:20261120T080000Z", "DTEND:20261125T120001Z", uid="2")
    assert read(past) == []
    assert read(running) == [
        Span(datetime(2026, 11, 20, 8, tzinfo=UTC), NOW + timedelta(seconds=1))
    ]


def test_what_was_cancelled_does_not_count_nor_an_absence_that_blocks_no_time() -> None:
    assert read(event(*NIGHT, "STATUS:CANCELLED")) == []
    free = event(*NIGHT, "TRANSP:TRANSPARENT")
    assert read(free, absences=True) == []
    assert read(free) == [NIGHT_SPAN]
    found = ical.read(file(free), PARIS, NOW, absences=True)
    assert (found.events, found.passed_over) == (1, 1)


def test_a_shared_calendars_events_are_picked_by_summary_or_category() -> None:
    mine = event(*NIGHT, "SUMMARY:Astreinte Anne")
    other = event(
        "DTSTART:20261203T080000Z", "DTEND:20261203T090000Z", "CATEGORIES:Astreinte,Yves", uid="2"
    )
    assert read(mine, other, matching="ANNE") == [NIGHT_SPAN]
    assert [span.start.day for span in read(mine, other, matching="yves")] == [3]
    assert len(read(mine, other, matching="astreinte")) == 2


def test_an_event_without_a_length_is_no_time() -> None:
    assert read(event("DTSTART:20261201T180000Z")) == []


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
    ],
)
def test_rules_that_would_never_end_are_refused(rule: str) -> None:
    said = refused(file(event(*NIGHT, f"RRULE:{rule}")))
    assert rule in said
    # Folded over two lines, with a parameter that says otherwise, in small letters.
    hidden = f'rrule;x="a:FREQ=DAILY":{rule[:7]}\r\n {rule[7:]}'
    assert rule in refused(file(event(*NIGHT, hidden)))


@pytest.mark.parametrize(
    "rule", ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "FREQ=MONTHLY;BYDAY=6MO"]
)
def test_a_rule_that_never_fits_a_day_ends_and_few_are_taken(rule: str) -> None:
    events = [event(*NIGHT, f"RRULE:{rule}", uid=str(n)) for n in range(11)]
    assert read(events[0]) == [NIGHT_SPAN]
    assert "10 by the month's or the year's days" in refused(file(*events))


def test_a_files_own_definition_of_a_zone_is_not_looked_at() -> None:
    lie = (
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE"
    )
    there = event(
        "DTSTART;TZID=Europe/Paris:20261201T080000", "DTEND;TZID=Europe/Paris:20261201T090000"
    )
    assert read(lie, there) == [Span(paris("2026-12-01T08:00"), paris("2026-12-01T09:00"))]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no iCalendar file"),
        (b"hello", "is no iCalendar file"),
        (b"\xff\xfe\x00", "is no iCalendar file"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "must be one VCALENDAR"),
        (file() * 2, "is no iCalendar file"),
        (b"x" * (ical.LARGEST + 1), "is larger than 256 KiB"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 20_000, "is no iCalendar file"),
        (file(event("SUMMARY:Anne")), "an event without DTSTART: 'Anne'"),
        (file(event("DTSTART:20261201T180000Z", "DTEND:99991201T180000Z")), "2000 to 2200: DTEND"),
        (file(event("DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY")), "2000 to 2200: DTSTART"),
        (
            file(event("DTSTART:20261201T180000Z", "DTSTART:20271201T180000Z")),
            "2000 to 2200: DTSTART",
        ),
        (file(event("DTSTART;TZID=Mars/Base:20261201T180000", "DURATION:PT1H")), "Mars/Base"),
        (file(event(*NIGHT, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY")), "more than one RRULE"),
        (file(event(*NIGHT, "EXRULE:FREQ=DAILY")), "EXRULE"),
        (file(*(event(*NIGHT, uid=str(n)) for n in range(2001))), "more than 2000 events: 2001"),
        (
            file(*(event(*NIGHT, "RRULE:FREQ=DAILY", uid=str(n)) for n in range(51))),
            "days: 51",
        ),
        (
            file(
                *(
                    event(
                        f"DTSTART:20261201T{n:02d}0000Z",
                        "DURATION:PT30M",
                        "RRULE:FREQ=DAILY",
                        uid=str(n),
                    )
                    for n in range(6)
                )
            ),
            "times in the coming year",
        ),
    ],
)
def test_a_file_that_is_no_calendar_or_too_much_is_refused(data: bytes, says: str) -> None:
    assert says in refused(data)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: file(event(*NIGHT, t))))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(CalendarError):
        assert ical.read(data, PARIS, NOW, absences=True).until > NOW


# --- written ------------------------------------------------------------------------------

_SPANS = st.lists(
    st.tuples(st.integers(1, 500_000), st.integers(1, 5_000)).map(
        lambda pair: Span(
            NOW + timedelta(minutes=pair[0]), NOW + timedelta(minutes=pair[0] + pair[1])
        )
    ),
    max_size=5,
)


@given(_SPANS)
def test_what_is_written_is_read_alike(spans: list[Span]) -> None:
    apart: list[Span] = []
    for span in sorted(spans):
        if not apart or span.start > apart[-1].end:
            apart.append(span)
    data = ical.write(apart, key="c1", summary="Astreinte", now=NOW)
    assert list(ical.read(data, PARIS, NOW, absences=False).spans) == apart


def test_the_same_time_has_the_same_id_and_a_name_cannot_break_out() -> None:
    name = "Anne\r\nEND:VEVENT"
    one, two = (ical.write([NIGHT_SPAN], key=key, summary=name, now=NOW) for key in "ab")
    assert one == ical.write([NIGHT_SPAN], key="a", summary=name, now=NOW)
    assert one != two
    assert one.count(b"\r\nEND:VEVENT\r\n") == 1
