"""The pages, one module each."""

from fastapi import APIRouter

from web.pages import console, incident, lines, login, recordings

router = APIRouter()
for module in (login, console, incident, lines, recordings):
    router.include_router(module.router)
