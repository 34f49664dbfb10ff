"""The pages, one module each."""

from fastapi import APIRouter

from web.pages import console, incident, login, recordings

router = APIRouter()
for module in (login, console, incident, recordings):
    router.include_router(module.router)
