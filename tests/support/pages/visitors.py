"""People at their browsers, without one: each with cookies of their own."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import AsyncIterator, Mapping

import httpx
from fastapi import FastAPI

from callflow.storage.people import access
from tests.support.stations.web_station import PASSWORD, WebStation
from web.access.cookies import SESSION
from web.access.forgery import masked
from web.access.users import Role, digest

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"


async def headers_of(station: WebStation, app: FastAPI, name: str, role: Role) -> dict[str, str]:
    """The headers of somebody who logged in: the cookie, and what their forms carry."""
    station.user(name, role)
    person = Person(app, name)
    assert (await person.log_in()).status_code == 303
    found = station.store.read_now(lambda tx: access.session_of(tx, digest(person.token)))
    assert found is not None
    return {"Cookie": f"{SESSION}={person.token}", "X-CSRF-Token": masked(found.csrf)}


class Person:
    """Somebody with a browser; ``text`` is the page that they see."""

    def __init__(self, app: FastAPI, name: str = "", *, place: str = "192.0.2.7") -> None:
        transport = httpx.ASGITransport(app, client=(place, 4711))
        self.name = name
        self.client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers={"User-Agent": AGENT}
        )

    async def log_in(self, password: str = PASSWORD) -> httpx.Response:
        """Name and password."""
        return await self.client.post("/login", data={"name": self.name, "password": password})

    async def see(self, where: str) -> httpx.Response:
        """A page."""
        return await self.client.get(where)

    async def send(self, where: str, **fields: str) -> httpx.Response:
        """A form of their own account's page, or of one that shares its token."""
        return await self.client.post(where, data={"csrf": await self.csrf(), **fields})

    async def fill(self, at: str, where: str, **fields: str) -> httpx.Response:
        """The form of the page ``at`` that leads ``where``, sent with what the page put in it."""
        put = await self.hidden(at, where, fields)
        return await self.client.post(where, data={**put, **fields})

    async def hidden(
        self, at: str, where: str, fields: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """What the page ``at`` put into its form that leads ``where``; of several such forms, into
        the one that is about the same as ``fields``, else into the first."""
        shown = (await self.see(at)).text
        post = rf'<form[^>]* method="post" action="{re.escape(where)}".*?</form>'
        forms = re.findall(post, shown, re.DOTALL)
        found = [
            {
                html.unescape(name): html.unescape(value)
                for name, value in re.findall(
                    r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form
                )
            }
            for form in forms
        ]
        assert found, f"{at} has no form that leads {where}"
        typed = fields or {}
        same = (put for put in found if all(typed.get(k, v) == v for k, v in put.items()))
        return next(same, found[0])

    async def csrf(self) -> str:
        """What their forms carry."""
        found = re.search(r'name="csrf" value="([^"]+)"', (await self.see("/account")).text)
        assert found, "nobody is logged in here"
        return found[1]

    async def is_in(self) -> bool:
        """Whether their session counts."""
        return (await self.see("/account")).status_code == 200

    @property
    def token(self) -> str:
        """Their session's cookie."""
        return str(self.client.cookies.get(SESSION))


class FarPerson(Person):
    """Somebody at a station of its own process, at ``url``."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.client = httpx.AsyncClient(
            base_url=url, headers={"User-Agent": AGENT}, trust_env=False, timeout=30
        )


@contextlib.asynccontextmanager
async def somebody(
    station: WebStation, app: FastAPI, name: str, role: Role
) -> AsyncIterator[Person]:
    """A user of the station's, logged in."""
    station.user(name, role)
    person = Person(app, name)
    async with person.client:
        assert (await person.log_in()).status_code == 303
        yield person
