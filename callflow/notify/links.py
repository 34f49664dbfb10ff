"""A link in a signal, fetched by a person's act from networks that are allowed (D24).

Whoever sends a signal chooses the link: what comes is decoded and made anew before a page shows it.
"""

import asyncio

import httpx

from callflow.core.messages.outbox import Fault, Message, Still, Undelivered
from callflow.notify import ffmpeg, kept
from callflow.notify.http import accepted, exchange
from callflow.notify.reach import Reach
from callflow.settings.config import Settings

#: Bytes of what is fetched, and of what is made of it.
LARGEST = 40_000_000
_MP4_AT, _MP4 = 4, b"ftyp"


async def fetch(settings: Settings, client: httpx.AsyncClient, message: Message) -> Still:
    """Ask once, without redirects, and keep what it shows. Raises Undelivered."""
    if not settings.link_networks and not settings.link_hosts:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_LINK_NETWORKS, CALLFLOW_LINK_HOSTS")
    reach = Reach(
        networks=settings.link_networks,
        public=bool(settings.link_hosts),
        hosts=settings.link_hosts,
        named="CALLFLOW_LINK_HOSTS",
    )
    target = await reach.target(message.data["link"], attempt=message.attempts)
    request = client.build_request(
        "GET", target.url, headers=target.headers, extensions=target.extensions
    )
    answer = await exchange(client, request, most=LARGEST)
    accepted(answer)
    if len(answer.body) > LARGEST:
        raise Undelivered(Fault.TOO_LARGE, f"more than {LARGEST} bytes")
    content, ending = await _made_anew(bytes(answer.body))
    return await asyncio.to_thread(kept.keep, settings.images_dir, message, content, ending)


async def _made_anew(content: bytes) -> tuple[bytes, str]:
    if kept.picture_ending(content) is not None:
        return await ffmpeg.jpeg_of(content, most=LARGEST), ".jpg"
    if content[_MP4_AT : _MP4_AT + len(_MP4)] == _MP4:
        return await ffmpeg.mp4_of_file(content, most=LARGEST), ".mp4"
    raise Undelivered(Fault.NO_IMAGE)
