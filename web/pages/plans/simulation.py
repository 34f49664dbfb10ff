"""A run of a plan as pages show it, and the draft's own beneath its steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from callflow.core import simulation
from callflow.core.calls.call import Outcome
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import CALLING, Plan, StepKind
from callflow.core.plans.picture.words import titles
from callflow.core.signals.signal import Kind
from callflow.core.simulation import BehaviourError, Worst, possible
from callflow.core.sites.site import Site
from callflow.handling.base.refusals import Refused
from callflow.handling.plans import preview
from callflow.handling.plans import simulation as plans_simulation
from callflow.storage import Tx
from callflow.texts.readable import readable
from web.kit import forms
from web.kit.problems import ProblemError
from web.kit.refusals import refusal
from web.pages.plans import views

#: Why a plan is not run.
UNSOUND = "this plan can't run as it is: what is wrong stands beside its steps"
#: The fields by which it is said at which site the draft is tried, for which alarm, and what
#: everybody does there.
FIELDS = ("sim_site", "sim_kind", "sim_others")


@dataclass(frozen=True, slots=True)
class Told:
    """A run drawn and in words, how it ends, and the worst that can be."""

    site: Site
    start: datetime
    picture: Markup
    entries: list[str]
    end: str
    closed: bool
    worst: Worst


def told(plan: Plan, done: plans_simulation.Simulated, language: str) -> Told:
    """A run of ``plan`` in the words of ``language``."""
    known = titles(plan, views.column_of(language))
    said = simulation.lines(done.timeline, done.site, language=language, titles=known)
    *entries, end = said
    drawn = simulation.draw(done.timeline, done.site, language, known)
    longest = tuple((known[step], seconds) for step, seconds in done.worst.path)
    return Told(
        site=done.site,
        start=done.timeline.opened_at,
        picture=Markup(readable(drawn)),  # noqa: S704 -- escaped where it is drawn
        entries=entries,
        end=end,
        closed=bool(done.timeline.closed) and done.timeline.human_at is None,
        worst=replace(done.worst, path=longest),
    )


def outcomes(plan: Plan) -> list[str]:
    """How a call of any step of the plan can end: what people say first, then what lines do."""
    steps = [s for s in plan.steps if s.kind in CALLING or s.kind is StepKind.SEND_GUARD]
    ends = {str(outcome) for step in steps for outcome in possible(step)}
    return [outcome.value for outcome in Outcome if outcome.value in ends]


@dataclass(frozen=True, slots=True)
class Tried:
    """The draft's run. ``asked`` is what was chosen, by ``FIELDS``; ``done`` is None where it can't
    run, and ``why`` says so."""

    asked: Mapping[str, str]
    outcomes: list[str]
    done: Told | None
    why: str


def tried(tx: Tx, plan: Plan, chosen: forms.Form, now: datetime, language: str) -> Tried:
    """The draft run at the site that was ``chosen``, or at one that is nobody's."""
    asked = {
        "sim_site": chosen.get("sim_site", "").replace("\0", "").strip()[:64],
        "sim_kind": chosen.get("sim_kind") or Kind.INTRUSION.value,
        "sim_others": chosen.get("sim_others") or Outcome.NO_ANSWER.value,
    }
    try:
        done, why = _run(tx, plan, asked, now, language), ""
    except (Refused, ProblemError) as wrong:
        done, why = None, refusal(wrong, language)
    return Tried(asked, outcomes(plan), done, why)


def _run(tx: Tx, plan: Plan, asked: Mapping[str, str], now: datetime, language: str) -> Told:
    if next(call_plan.problems(plan), None) is not None:
        raise ProblemError(422, UNSOUND)
    kind, script = forms.one_of(Kind, asked, "sim_kind"), {"others": asked["sim_others"]}
    try:
        if asked["sim_site"]:
            site = preview.site_named(tx, asked["sim_site"])
            done = plans_simulation.simulate(tx, plan, site, kind, now, script=script)
        else:
            column = views.column_of(language)
            done = plans_simulation.simulate_example(
                tx, plan, kind, now, script=script, column=column
            )
    except BehaviourError as error:
        raise ProblemError(422, f"nobody can do that in this plan: {error}") from error
    return told(plan, done, language)
