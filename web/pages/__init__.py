"""The pages, one module each."""

from fastapi import APIRouter

from web.pages import (
    account,
    audit,
    call_backs,
    clients,
    configuration,
    console,
    dial_policy,
    dialogues,
    directory,
    event_table,
    firms,
    images,
    incident,
    lines,
    logbook,
    login,
    passwords,
    people,
    personal,
    plan,
    plan_edit,
    plan_list,
    plan_site,
    plan_trial,
    presence,
    recordings,
    retention,
    roster,
    scheme,
    search,
    service_lines,
    settings,
    shift,
    site_edit,
    site_hours,
    site_list,
    site_parts,
    site_person,
    sites,
    start,
    telephone,
    together,
    tokens,
    undo,
)

router = APIRouter()
for module in (
    *(login, directory, account, people, console, search, undo, scheme),
    *(site_list, site_edit, site_hours, site_person, site_parts, sites),
    *(clients, firms, service_lines),
    *(plan_list, plan, plan_edit, plan_trial, plan_site),
    *(passwords, together, incident),  # the last one takes any act
    *(lines, logbook, recordings, images),
    *(settings, tokens, event_table, dial_policy, retention, audit, personal, configuration),
    *(shift, roster, telephone),
    *(presence, call_backs, dialogues, start),
):
    router.include_router(module.router)
