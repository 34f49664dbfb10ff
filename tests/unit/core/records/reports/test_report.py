"""A report's value: what it counts from, its order, and what it leaves to a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from callflow.core.alarms.filing import Open, What
from callflow.core.records.reports import report as reports
from callflow.core.records.reports.facts import Facts
from callflow.core.records.reports.lines import Milestone, Report
from callflow.core.records.reports.widths import Width
from callflow.core.sites.fault import Fault
from tests.support.rows.alarm_facts import NIGHT, after, fire, forty_calls, intrusion


def made(facts: Facts, width: Width = Width.FULL) -> Report:
    return reports.report(facts, width, language="fr", timezone="Europe/Paris")


def test_response_times_count_from_the_receipt_and_stand_in_their_order() -> None:
    figures = made(intrusion()).figures
    assert [(one.what, round(one.seconds)) for one in figures] == [
        (Milestone.FIRST_CALL, 1),
        (Milestone.REACHED, 37),
        (Milestone.SHOWN, 70),
        (Milestone.CLAIMED, 82),
        (Milestone.ON_SITE, 1290),
        (Milestone.VERIFIED, 1712),
        (Milestone.SERVICE, 1782),
        (Milestone.CLOSED, 3700),
    ]
    (claimed,) = [one for one in figures if one.target]
    assert (claimed.what, claimed.target, claimed.late) == (Milestone.CLAIMED, 90.0, False)
    late = replace(intrusion(), target=timedelta(seconds=30))
    assert [one.what for one in made(late).figures if one.late] == [Milestone.CLAIMED]


def test_who_only_picked_up_counts_for_nobody_reached() -> None:
    facts = forty_calls()
    picked_up = replace(facts.calls[0], answered_at=after(5))
    figures = made(replace(facts, calls=(picked_up, *facts.calls[1:]))).figures
    (reached,) = [one for one in figures if one.what is Milestone.REACHED]
    assert reached.at == facts.calls[-1].answered_at


def test_the_timeline_is_in_order_and_many_vain_calls_are_one_line() -> None:
    of = made(forty_calls(), Width.CLIENT)
    assert [one.at for one in of.moments] == sorted(one.at for one in of.moments)
    (many,) = [one for one in of.moments if one.others]
    assert len(many.others) == 39
    assert len(of.calls) == 41
    assert [one.call.attempt for one in of.moments if one.call and not one.others] == [21]


def test_a_call_says_how_long_it_rang_and_was_spoken() -> None:
    counter, gerant = made(intrusion()).calls
    assert (counter.rang, counter.talked) == (25.0, None)
    assert (gerant.rang, gerant.talked) == (9.0, 31.0)
    assert gerant.recording == "02" * 32


def test_what_happened_to_the_report_is_not_in_it() -> None:
    of = made(intrusion())
    assert of.as_of == after(3760)
    assert of.head == f"{len(intrusion().entries) - 1:064x}"


def test_a_runaway_panels_signals_are_counted_not_printed() -> None:
    facts = intrusion()
    one = facts.signals[0]
    many = tuple(replace(one, received_at=NIGHT + timedelta(seconds=n)) for n in range(500))
    of = made(replace(facts, signals=many, signal_count=9000))
    assert (len(of.signals), of.more_signals) == (200, 8800)


def test_the_zones_that_alarmed_are_named_once() -> None:
    assert made(intrusion()).zones == ("Vitrine", "Réserve")
    assert made(fire()).zones == ("Fournil",)


def test_faults_and_what_is_still_open_are_told_to_each_reader_as_it_is_theirs() -> None:
    facts = intrusion()
    site = facts.site.id if facts.site else ""
    fault = Fault(
        id="f",
        site_id=site,
        account=facts.incident.account,
        zone="99",
        text="détecteur muet",
        opened_by="essai",
        began_at=after(60),
        incident_id=facts.incident.id,
        cause="pile vide",
    )
    lines = (
        Open(what=What.ZONE, name="99", since=NIGHT, due=after(1800)),
        Open(what=What.ARMING, name="", since=NIGHT),
        Open(what=What.PROMISE, name="rappeler le 06 39 98 12 34", since=NIGHT),
    )
    facts = replace(facts, faults=(fault,), open=lines)
    open_to = {width: [one.what for one in made(facts, width).open] for width in Width}
    assert open_to == {
        Width.CLIENT: [What.ZONE, What.ARMING],
        Width.FIRM: [What.ZONE],
        Width.FULL: [What.ZONE, What.ARMING, What.PROMISE],
    }
    for width in Width:
        (told,) = made(facts, width).faults
        assert (told.zone, told.text, told.cause) == ("99", "détecteur muet", "pile vide")
