"""A browser's telephone on the rendered Asterisk: registered over ws and wss, rung and heard."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from callflow.core.calls.phones import PhoneKind
from callflow.handling.calls.phones import Endpoint
from ivr.ami import actions
from ivr.asterisk.configuration import UnsafeSetting
from ivr.asterisk.phones import render_phones
from tests.integration.asterisk.conftest import Pair
from tests.integration.asterisk.throwaway import Ami, until
from tests.support.pages.browser import FLAGS, NAMES

_JSSIP = Path(__file__).resolve().parents[3] / "web" / "static" / "jssip.min.js"
SOFTPHONE = Endpoint(name="op-ines", kind=PhoneKind.SOFTPHONE, secret="a-secret-of-the-session")
#: What the page does, at the least: registers, answers, plays.
_PAGE = """([server, name, secret]) => {
  window.told = [];
  const ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(server)],
    uri: `sip:${name}@127.0.0.1`, password: secret, register_expires: 60, session_timers: false });
  ua.on("registered", () => told.push("registered"));
  ua.on("registrationFailed", (e) => told.push(`refused ${e.cause}`));
  ua.on("newRTCSession", ({ session, request }) => {
    told.push(`rings ${request.from.display_name}`);
    session.on("confirmed", () => told.push("talks"));
    session.on("ended", () => told.push("ended"));
    session.answer({ mediaConstraints: { audio: true, video: false } });
  });
  ua.start();
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(path for name in NAMES if (path := shutil.which(name)))
    flags = [*FLAGS, "--ignore-certificate-errors"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=flags)
        yield started
        started.close()


class _Empty(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>telephone</title>")

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def page(browser: Browser, pair: Pair) -> Iterator[Page]:
    """A page of loopback: what a browser gives its microphone to."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", pair.web_port), _Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(permissions=["microphone"])
    opened = context.new_page()
    opened.goto(f"http://127.0.0.1:{server.server_port}/")
    opened.add_script_tag(content=_JSSIP.read_text(encoding="utf-8"))
    yield opened
    context.close()
    server.shutdown()
    server.server_close()


def _registers(page: Page, server: str, secret: str) -> None:
    page.evaluate(_PAGE, [server, SOFTPHONE.name, secret])


def _is_told(page: Page, what: str) -> None:
    page.wait_for_function("what => told.some((t) => t.startsWith(what))", arg=what, timeout=60_000)


def _load(pair: Pair, *phones: Endpoint) -> None:
    render_phones(pair.station.instance, phones)
    assert "reloaded" in pair.station.rx("module reload res_pjsip.so")


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_it_registers_rings_and_is_heard_both_ways(
    pair: Pair, ami: Ami, page: Page, scheme: str
) -> None:
    _load(pair, SOFTPHONE)
    port = pair.wss_port if scheme == "wss" else pair.http_port
    _registers(page, f"{scheme}://127.0.0.1:{port}/ws", SOFTPHONE.secret)
    _is_told(page, "registered")
    call_id = "0f6a6bd1-1111-4000-8000-00000000000" + ("1" if scheme == "ws" else "2")
    order = actions.ring(call_id, SOFTPHONE.name, "+33123456789", 20, context="callflow-held")
    assert ami.send(**order)["Response"] == "Success"
    _is_told(page, f"rings {call_id}")  # the page knows the call by the caller's name
    _is_told(page, "talks")

    def packets() -> tuple[int, int]:
        line = next(x for x in pair.station.rx("pjsip show channelstats").split("\n") if "op-" in x)
        after = line.split()[line.split().index("alaw") :]
        return int(after[1]), int(after[5])  # codec, count, lost, percent, jitter, count

    until(lambda: min(packets()) > 100)  # two seconds of sound each way
    ami.send(**actions.hangup(call_id, 16))
    _is_told(page, "ended")


def test_who_registers_anew_is_there_before_their_old_connection_is_gone(
    pair: Pair, ami: Ami, page: Page
) -> None:
    """So that its end is none of the new one's: ivr/telephony/phones.py."""
    _load(pair, SOFTPHONE)
    for _ in range(2):
        _registers(page, f"ws://127.0.0.1:{pair.http_port}/ws", SOFTPHONE.secret)
        _is_told(page, "registered")

    def told() -> list[tuple[str, bool]]:
        ours = [e for e in ami.events if e["Event"] == "ContactStatus"]
        ours = [e for e in ours if e["AOR"] == SOFTPHONE.name]
        return list(dict.fromkeys((e["URI"], e["ContactStatus"] != "Removed") for e in ours))

    until(lambda: False in dict(told()).values())
    first, second = (address for address, connected in told() if connected)
    assert told() == [(first, True), (second, True), (first, False)]


def test_a_wrong_secret_and_an_ended_phone_are_refused(pair: Pair, page: Page) -> None:
    _load(pair, SOFTPHONE)
    server = f"ws://127.0.0.1:{pair.http_port}/ws"
    _registers(page, server, "another-secret-than-its")
    _is_told(page, "refused")
    _load(pair)
    _registers(page, server, SOFTPHONE.secret)
    _is_told(page, "refused")


@pytest.mark.parametrize("name", ["201", "op-", "op-x]\n[evil", "trunk"])
def test_what_is_no_phones_name_is_never_written(pair: Pair, name: str) -> None:
    _load(pair)
    evil = Endpoint(name=name, kind=PhoneKind.DESK, secret="x" * 20)
    with pytest.raises(UnsafeSetting):
        render_phones(pair.station.instance, [evil])
    assert pair.station.instance.operators.read_text() == ""
