"""The pages, one module each."""

from fastapi import APIRouter

from web.pages import console, images, incident, lines, login, recordings

router = APIRouter()
for module in (login, console, incident, lines, recordings, images):
    router.include_router(module.router)
