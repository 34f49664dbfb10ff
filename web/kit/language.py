"""The language that a page's address asks for (``?lang=en``) is the browser's from then on."""

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.access import cookies
from web.kit.words import LANGUAGES


class ChosenLanguage:
    """ASGI middleware: pages say it in a cookie; files and programs' answers don't."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = Request(scope).query_params.get("lang") if scope["type"] == "http" else None
        if chosen not in LANGUAGES:
            await self._app(scope, receive, send)
            return

        async def send_with_it(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    answer = Response()
                    cookies.put(
                        Request(scope), answer, cookies.LANGUAGE, chosen, cookies.CHOICE_LASTS
                    )
                    headers.append("set-cookie", answer.headers["set-cookie"])
            await send(message)

        await self._app(scope, receive, send_with_it)
