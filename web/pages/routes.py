"""The pages, one module each."""

from fastapi import APIRouter

from web.pages.alarms import (
    console,
    ends,
    images,
    incident,
    passwords,
    places,
    reports,
    tiles,
    together,
    undo,
)
from web.pages.callers import call_backs
from web.pages.calls import dial_policy, dialogues, recordings, telephone, trunk_tests
from web.pages.desks import presence, roster, shift
from web.pages.interventions import firms, measures, service_lines
from web.pages.messages import letters, subscriptions
from web.pages.people import client_data, login, oidc, own, personal, tokens, users
from web.pages.plans import at_site, edit, plan, plans, standing, trial
from web.pages.records import (
    audit,
    charges,
    evidence,
    letter_texts,
    logbook,
    monthly,
    retention,
    statistics,
)
from web.pages.sites import (
    clients,
    drawings,
    event_table,
    faults,
    files,
    holidays,
    hours,
    on_test,
    parts,
    person,
    site,
    sites,
)
from web.pages.sites import edit as site_edit
from web.pages.station import (
    backup,
    configuration,
    manual,
    mnemonics,
    scheme,
    search,
    settings,
    shadow,
    start,
)
from web.pages.watch import checks, lines, probes, report, wallboard
from web.pages.watch import station as organs

router = APIRouter()
for module in (
    *(login, oidc, own, users, console, search, undo, scheme),
    *(sites, files, drawings, faults, site_edit, hours, person, parts, on_test, site),
    *(clients, client_data, firms, service_lines, measures, charges),
    *(plans, plan, edit, trial, at_site, standing),
    *(passwords, together, ends, reports, evidence, incident),  # the last one takes any act
    *(
        lines,
        organs,
        wallboard,
        places,
        tiles,
        probes,
        checks,
        report,
        logbook,
        monthly,
        statistics,
        recordings,
        images,
    ),
    *(
        settings,
        tokens,
        subscriptions,
        letters,
        trunk_tests,
        event_table,
        mnemonics,
        dial_policy,
        retention,
        letter_texts,
        audit,
        personal,
        configuration,
        backup,
        shadow,
    ),
    *(shift, roster, holidays, telephone),
    *(presence, call_backs, dialogues, start, manual),
):
    router.include_router(module.router)
