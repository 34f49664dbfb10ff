"""Every action of the pages, taken from their live DOM, is done once by keyboard alone."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.integration.web.walks import keyboard_people
from tests.integration.web.walks.keyboard_scenes import SCENES, Scene, at
from tests.integration.web.walks.keyboard_world import CHIEF, World
from tests.support.outside import cameras
from tests.support.pages.keyboard_walk import SCRIPT, Control, Keyboard, patterns
from tests.support.pages.looking import shell
from tests.support.pages.oidc_provider import CLIENT, SECRET, Provider
from tests.support.pages.routes import Route, all_routes
from tests.support.stations.web_station import PASSWORD, WebProcess, WebStation
from web.access import cookies
from web.app import create_app
from web.kit.i18n import catalogue
from web.kit.keys import ACTIONS
from web.pages.alarms import incident
from web.pages.calls import telephone
from web.pages.interventions import firms, measures, service_lines
from web.pages.messages import subscriptions
from web.pages.plans import at_site, edit
from web.pages.sites import drawings, faults, files, on_test, parts, person
from web.pages.sites import edit as site_edit

#: What is typed into fields, by their names; other fields take any word.
ACCEPTANCE = Path(__file__).parents[3] / "acceptance"
_NAMES = itertools.count()
VALUES: dict[str, str | Callable[[], str]] = {
    "password": PASSWORD,
    "current": PASSWORD,
    "again": PASSWORD,
    "supervisor": CHIEF,
    "supervisor_password": PASSWORD,
    "languages": "fr",
    "keys": "12#",
    "phone": "+33639980101",
    "fax": "+33299000102",
    "secret": "un secret de seize lettres",
    "minutes": "5",
    "normal_minutes": "45",
    "weeks": "1",
    "account": "6",
    "name": lambda: f"zoe{next(_NAMES)}",
    "code": lambda: keyboard_people.CODE[0],
    "heard": "été",
    "rate": "32,50",
}
#: What an action changes on its page, where it asks nothing of the server.
LOCAL: dict[str, str] = {
    "button play": "e => e.getAttribute('aria-pressed')",
    "button show-all": "e => e.getAttribute('aria-selected')",
    **dict.fromkeys(
        ("fold view-plan", "fold view-messages", "fold view-log"),
        "() => [...document.querySelectorAll('.view')].map((view) => view.open)",
    ),
    "button mute": "e => e.getAttribute('aria-pressed')",
    "button find": "() => document.querySelector('#palette').open",
    "button chooseAll": "e => e.form.querySelectorAll('input[name=one]:checked').length",
    "button phone-test": "() => document.querySelector('#phone-level').value > 0",
    "button sound-tone": "e => e.getAttribute('aria-pressed')",
    "button sound-listen": "() => document.querySelector('.sound output').textContent",
    "phone own-keys": "e => e.form.elements.keys.value",  # sent by the browser's telephone itself
    "POST /scheme scheme=dark": "() => document.documentElement.dataset.scheme",
    "POST /scheme scheme=dim": "() => document.documentElement.dataset.scheme",
    "POST /scheme scheme=light": "() => document.documentElement.dataset.scheme",
    "dialog help": "() => document.querySelector('#help').open",
}
#: What needs a real call: the key leads to it here, and there it is pressed.
PRESSED_IN_A_CALL = {
    "phone answer": "telephone/test_a_ringing_telephone_is_answered_by_its_button.py"
}
#: What has no control, and why.
WITHOUT_CONTROL = {
    "POST /account/passkeys/options": "asked by the passkey's form before it is sent",
    "POST /plans/{plan_id}/edit/order": "a step is dragged: its buttons do the same",
    "POST /incidents/{incident_id}/go-on": "its button is there for half a minute, its key always",
    "POST /telephone/softphone": "asked by the page itself",
    "POST /beat": "said by the page itself",
    "POST /telephone/rejoin": "asked by the page itself",
    "POST /telephone/contact": "for other pages: an incident's has its own, .../call",
    "POST /telephone/number": "for other pages: a missed call's has its own, .../call",
}
#: What no page is: parts of one, files, the stream.
NO_PAGE = {
    "/events",
    "/events/canary",
    "/undo",
    "/search",
    "/healthz",
    "/readyz",
    "/metrics",
    "/shift/presence",
}
NO_PAGE |= {"/login/directory", "/login/directory/back", "/telephone/softphone"}
NO_PAGE |= {"/faults/list.csv", "/wallboard/screen", "/map/tiles.pmtiles", "/map/sites.json"}
NO_PAGE |= {"/evidence/key.txt", "/.well-known/webauthn", "/charges/file", "/measures.ics"}
#: The telephone's pane shows these calls and rooms, and no other.
CALLS_ARE = """(live) => [...document.querySelectorAll("#calls [data-leg], #calls [data-call], " +
  "#calls [data-room]")].every((e) => [e.dataset.leg, e.dataset.call, e.dataset.room]
    .every((id) => !id || live.includes(id)))"""
#: Whoever answers sees the call's alarm, once it is fetched.
PANE_IS_THE_CALLS = """() => {
  const up = document.querySelector('.leg[data-state="answered"] a[href^="/incidents/"]');
  const shown = document.getElementById("incident")?.dataset.incident;
  return !up || !document.getElementById("pane")
    || shown === decodeURIComponent(up.pathname.split("/")[2]);
}"""
#: Another tab has the telephone: here is no Asterisk that it would ask for again and again.
ELSEWHERE = "if (navigator.locks) navigator.locks.request = () => new Promise(() => {});"
#: What leaves the page's rows as they are.
_KEEPING = ("field", "fold", "link")
_ABSENCE = "/sites/{site_id}/people/{contact_id}/absence"
#: What is refused as things stand, and the reason that is then on the page.
REFUSED: dict[str, str] = {
    # The same moment is typed into both fields.
    f"POST {_ABSENCE} role=keyholder": "doit être après le début (À)",
    # What protects people is ended by two.
    **{
        f"POST /incidents/{{incident_id}}/sign-end what={what}": (
            "il faut un superviseur à côté de l'opérateur : votre demande est notée, l'autre"
            " personne la valide avec un motif écrit"
        )
        for what in ("zone", "guard")
    },
    # The file that every form is given.
    "POST /settings/shadow/compare": "la liste n’a pas de colonne de ce nom : account",
    # A signature is chosen, and bounds are typed.
    "POST /station/checks/new": "seul un chiffre a des limites",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, WebProcess]]:
    station = WebStation(tmp_path_factory.mktemp("keyboard"), demo=True)
    with ThreadPoolExecutor(1) as thread:
        jpeg = thread.submit(lambda: asyncio.run(cameras.jpeg())).result()
    made = World(station, jpeg)
    provider = Provider()
    directory = {
        "CALLFLOW_OIDC_ISSUER": provider.issuer,
        "CALLFLOW_OIDC_CLIENT_ID": CLIENT,
        "CALLFLOW_OIDC_CLIENT_SECRET": SECRET,
        "CALLFLOW_OIDC_ROLES": '{"operators": "operator"}',
    }
    process = WebProcess(station, directory)
    process.start()
    yield made, process
    process.kill()
    provider.close()
    station.close()


class Walker:
    """Goes from scene to scene, and remembers what was done."""

    def __init__(
        self, world: World, url: str, browser: Browser, found: list[Route], *, all_acts: bool = True
    ) -> None:
        self.world, self.url, self._browser, self.routes = world, url, browser, found
        self._all_acts = all_acts
        self._patterns = patterns(found)
        self._contexts: dict[str | None, BrowserContext] = {}
        self.done: set[str] = set()
        self.played: set[str] = set()
        self.paths: dict[str, str] = {}
        self.seen: set[str] = set()
        self.faults: list[str] = []
        self._around: set[str] = set()

    def _context(self, visitor: str | None) -> BrowserContext:
        if visitor not in self._contexts:
            made = self._browser.new_context(
                base_url=self.url, locale="fr-FR", permissions=["microphone"]
            )
            routes = f"globalThis.byKeyboardRoutes = {json.dumps(self._patterns)};"
            made.add_init_script(f"{routes}\n{ELSEWHERE}\n{SCRIPT}")
            self._contexts[visitor] = made
        return self._contexts[visitor]

    def _page(self, visitor: str | None) -> Page:
        context = self._context(visitor)
        page = context.pages[0] if context.pages else context.new_page()
        if visitor is None:
            keyboard_people.leaves(page)
        elif context.request.get("/undo", max_redirects=0).status != 200:
            form: keyboard_people.Form = {"name": visitor, "password": PASSWORD}
            assert context.request.post("/login", form=form).ok
        return page

    def open(self, scene: Scene) -> Keyboard:
        """The scene anew."""
        self.world.clear()
        page = self._page(scene.visitor)
        page.context.clear_cookies(name=cookies.LANGUAGE)
        path = scene.prepare(self.world, page)
        self.world.lets_undo()
        if path:
            _go(page, path)
        self.seen.add(urlsplit(page.url).path)
        if page.locator("[data-clock]").count():
            expect(page.locator("[data-clock]").first).not_to_have_text("--:--:--")
            page.wait_for_load_state()
        if scene.keys:
            page.keyboard.press(scene.keys)
        for part in (scene.ready, *(f"{one}-box" for one in ("#standing", "#call-backs"))):
            if part == scene.ready or page.locator(part.removesuffix("-box")).count():
                page.locator(part).first.wait_for(state="attached", timeout=0)
        page.wait_for_function(
            CALLS_ARE, arg=self.world.live_calls()
        )  # those of now, not of before
        page.wait_for_function(PANE_IS_THE_CALLS)
        return Keyboard(page, VALUES | scene.values, LOCAL, REFUSED)

    def play(self, scene: Scene) -> None:
        """Tab comes to everything on it; what was not done yet is done, or one of each kind."""
        self.played.add(scene.name)
        keys = self.open(scene)
        found = keys.controls()
        walk = keys.walk(without=self._known_around(keys.page))
        for name in walk.missed:
            self.faults.append(f"{scene.name}: {name} is not reached by Tab")
        self.faults += [f"{scene.name}: {name} shows no focus" for name in walk.ringless]
        there, fresh = found, True
        for name in self._to_do(found.values()):
            if not fresh or not keys.is_there(name):
                keys = self.open(scene)
                there = keys.controls()
            if name not in there:
                self.faults.append(f"{scene.name}: {name} is not there every time")
                continue
            self._do(scene, keys, there[name])
            fresh = found[name].kind in _KEEPING

    def _known_around(self, page: Page) -> list[str]:
        """Parts around the main one that a fast run has walked, made as they are here."""
        around = shell(page)
        known = [part for part, made in around.items() if made in self._around]
        self._around.update(around.values())
        return [] if self._all_acts else known

    def _to_do(self, found: Iterable[Control]) -> list[str]:
        new = [one for one in sorted(found, key=_last) if one.name not in self.done]
        if not self._all_acts:
            one_each = {one.kind: one for one in reversed(new)}.values()
            new = [one for one in new if one.kind == "button" or one in one_each]
        return [one.name for one in new]

    def _do(self, scene: Scene, keys: Keyboard, control: Control) -> None:
        self.done.add(control.name)
        self.paths[control.name] = control.path
        asked = self.world.asked_for()
        try:
            if control.name in PRESSED_IN_A_CALL:
                assert (ACCEPTANCE / PRESSED_IN_A_CALL[control.name]).exists()
                return keys.reach(control.name)
            keys.do(control)
            if control.kind == "phone" and control.name not in LOCAL:
                assert self.world.asked_for() > asked, f"{control.name}: no row was written"
        except (AssertionError, Error) as error:  # all faults are told together
            self.faults.append(f"{scene.name}: {control.name} ({control.label}): {error}")


def _go(page: Page, path: str) -> None:
    """There, though the act before may still be on its way to a page of its own."""
    for _ in range(5):
        try:
            page.goto(path)
        except Error as error:
            if "interrupted" not in error.message:
                raise
            page.wait_for_load_state()
        else:
            return
    pytest.fail(f"{path} is never come to")


def _last(control: Control) -> tuple[bool, int, str]:
    """Logging out comes last, acts after what leaves the page as it is."""
    order = ("field", "fold", "button", "player", "link", "phone", "submit")
    return control.path == "/logout", order.index(control.kind), control.name


@pytest.fixture(scope="module")
def walker(browser: Browser, world: tuple[World, WebProcess], deep_run: bool) -> Walker:
    """Who goes through all scenes, one after the other. In a fast run they do one new link, one new
    field, one new form of each scene."""
    made, process = world
    routes = all_routes(create_app(made.station.settings, made.station.store, made.station.vault))
    url = process.url.replace("127.0.0.1", "localhost")
    return Walker(made, url, browser, routes, all_acts=deep_run)


def _no_faults(walker: Walker) -> None:
    faults, walker.faults = walker.faults, []
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


#: What a fast run leaves out: another state of a page that it walks; a page of the same kind (form,
#: list, table, an alarm's pane) as one that it walks, whose keys are the browser's own.
OTHER_STATES = """second factor; passkey at the door; enrolling; authenticator; passkey; before
the shift; leaving it alone; not on shift; alone; somebody has a factor; somebody is disabled;
lines, many; a plan that nobody follows; a withdrawn plan; a draft that is behind; a closed firm;
on a break; a walk: a deed; a walk: the last words; unclaimed; held; verified; the machine is
stopped; recorded; several of a site; parked; promised; filed; a guard; a guard on site; a
measure; a bank's opening; somebody waits on a break; two persons; muted; a colleague is asked; a
colleague talks; a machine speaks; nowhere; storm; a plan simulated; desks"""
SAME_KIND = """leaving the shift; the roster's year; first start; test alarm; sessions; the
station's organs; the station's wall; an organ; no probes yet; probes; no checks yet; a check;
the auditor's report; a site's tables; a site's hours; somebody who is known; a site's tests;
plans; whom a plan calls; a plan replayed; a plan's sites; a plan at a site; clients; a client;
charges; prices; measures; faults; firms; services; entry of the logbook; retention; letters;
tokens; monthly reports; webhooks; event table; dial policy; audit; personal data; a client's
data; a person's data; evidence; evidence files; configuration; backups; restored from a backup;
beside another system; to countersign; a file of sites; another system's list; roster; holidays;
people; lines; the wallboard; checks; sites; a plan's versions; a firm; logbook; coded texts;
trunks; an evidence file; call-backs; dictated; files of sites; an announcement"""
DEEP_SCENES = {" ".join(name.split()) for name in f"{OTHER_STATES};{SAME_KIND}".split(";")}
assert {scene.name for scene in SCENES} >= DEEP_SCENES


def _scene(scene: Scene) -> ParameterSet:
    marks = [pytest.mark.deep] if scene.name in DEEP_SCENES else []
    return pytest.param(scene, marks=marks, id=scene.name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", [_scene(scene) for scene in SCENES])
def test_every_action_of_a_scene_is_done_by_keyboard(walker: Walker, scene: Scene) -> None:
    walker.play(scene)
    _no_faults(walker)


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_every_action_of_every_page_is_done_by_keyboard(walker: Walker) -> None:
    for scene in SCENES:
        if scene.name not in walker.played:
            walker.play(scene)
    for path in _pages_beside(walker, walker.routes):
        walker.play(Scene(name=path, prepare=at(path)))
    walker.faults += [
        f"nothing does {name}" for name in sorted(_acts(walker.routes) - _did(walker))
    ]
    print(f"{len(walker.done)} actions")
    _no_faults(walker)


def _pages_beside(walker: Walker, found: list[Route]) -> list[str]:
    """The pages of no scene: those without an id, and those that a link led to."""
    gets = {r.path for r in found if r.method == "GET" and not r.path.startswith("/api/")} - NO_PAGE
    plain = {path for path in gets if "{" not in path}
    led = {
        name.removeprefix("link ").split("?")[0]: path
        for name, path in walker.paths.items()
        if name.startswith("link /")
    }
    wanted = plain | {led[path] for path in gets - plain if path in led and path not in FILES}
    return sorted(wanted - walker.seen)


#: What a link shows that is no page; a page of its own that scenes show.
FILES = {
    "/images/{image_id}",
    "/recordings/{call_id}",
    "/incidents/{incident_id}",
    "/documents/{document_id}",
    "/incidents/{incident_id}/report.pdf",
    "/site-files/{which}/report.csv",
    "/sites/{site_id}/people/{contact_id}/calendar/{which}",
}


def _acts(found: list[Route]) -> set[str]:
    """Everything that the pages may send, an address that does several things by each of them."""
    several: dict[str, Iterable[str]] = {
        "/incidents/{incident_id}/{act}": incident.ACTS,
        "/telephone/{act}": telephone.ACTS,
        "/call-backs/{call_back_id}/{act}": ("call", "take", "done"),
        "/sites/{site_id}/contacts/{contact_id}/{act}": site_edit.ACTS,
        "/site-files/{which}/{act}": files.ACTS,
        "/faults/{fault_id}/{act}": faults.ACTS,
        "/measures/{measure_id}/{act}": measures.ACTS,
        "/settings/webhooks/{subscription_id}/{act}": subscriptions.ACTS,
        "/sites/{site_id}/tests/{test_id}/{act}": on_test.ACTS,
        "/firms/{firm_id}/{act}": firms.ACTS,
        "/firms/{firm_id}/members/{act}": firms.MEMBER_ACTS,
        "/services/{act}": service_lines.ACTS,
        "/sites/{site_id}/people/{contact_id}/{act}": person.ACTS,
        "/sites/{site_id}/tables/{part}/{act}": parts.ACTS,
        "/sites/{site_id}/drawings/{drawing_id}/{act}": drawings.ACTS,
        "/plans/{plan_id}/edit/steps/{place}/{act}": edit.ACTS,
        "/plans/{plan_id}/sites/{site_id}/steps/{place}/{act}": at_site.ACTS,
    }
    posts = {r.path for r in found if r.method == "POST" and not r.path.startswith("/api/")}
    named = {
        f"POST {path.replace('{act}', act)}" for path in posts for act in several.get(path, ("",))
    }
    return named - set(WITHOUT_CONTROL)


def _did(walker: Walker) -> set[str]:
    """What was sent, without the values that it was sent with."""
    posts = {name[name.index("POST") :] for name in walker.done if "POST" in name}
    calls = {name.split()[1] for name in walker.done if name.startswith("phone ")}
    return {" ".join(name.split()[:2]) for name in posts} | {f"POST /telephone/{c}" for c in calls}


# --- the shortcuts -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shortcut:
    """Where an action of web/kit/keys.py is tried, and what comes of it: something on the page, or
    an act asked of the server. ``first``: keys before it."""

    scene: str
    there: str = ""
    sent: str = ""
    first: tuple[str, ...] = ()


FORM = "#incident form[data-act={}] "
SHORTCUTS: dict[str, Shortcut] = {
    "answer": Shortcut("somebody waits on a break", sent="/telephone/join"),
    "hang-up": Shortcut("a conversation", sent="/telephone/hang-up"),
    "next-alarm": Shortcut("queue", ".row.unclaimed a.title:focus"),
    "down": Shortcut("queue", ".row + .row a.title:focus", first=("F8",)),
    "up": Shortcut("queue", ".row:first-child a.title:focus", first=("F8", "j")),
    "claim": Shortcut("unclaimed", sent="/claim"),
    "park": Shortcut("just taken", sent="/park"),
    "release": Shortcut("just taken", sent="/release"),
    "go-on": Shortcut("just taken", sent="/go-on"),
    "resume-plan": Shortcut("the machine is stopped", sent="/resume-plan"),
    "undo": Shortcut("just taken", sent="/undo/"),
    "note": Shortcut("just taken", FORM.format("note") + "textarea:focus"),
    "close": Shortcut("just taken", FORM.format("close") + "[name=code]:focus"),
    "transfer": Shortcut("just taken", FORM.format("transfer") + "[name=to]:focus"),
    "password": Shortcut("just taken", FORM.format("password") + "[name=heard]:focus"),
    "call": Shortcut("just taken", FORM.format("call") + "button:focus"),
    "verify": Shortcut("just taken", FORM.format("verify") + "[name=means]:focus"),
    "service": Shortcut("just taken", FORM.format("call-service") + "[name=text]:focus"),
    "report": Shortcut("just taken", FORM.format("report-service") + "[name=service]:focus"),
    "next": Shortcut("just taken", sent="/call"),
    "send-guard": Shortcut("just taken", sent="/send-guard"),
    "technician": Shortcut("just taken", sent="/call-technician"),
    "measure": Shortcut("just taken", FORM.format("measure") + "[name=text]:focus"),
    "lift": Shortcut("a measure", sent="/lift-measure"),
    "phone": Shortcut("a conversation", "#calls :focus"),
    "leave": Shortcut("just taken", "#h-incident:focus", first=("n",)),
    "pane": Shortcut("just taken", "#h-incident:focus"),
    "queue": Shortcut("queue", ".row a.title:focus"),
    "zone": Shortcut("unclaimed", "#h-incident:focus", first=("l",)),
    "contact": Shortcut("just taken", sent="/call"),
    "mute": Shortcut("queue", "#mute[aria-pressed=true]"),
    "log": Shortcut("queue", ".logline[open]"),
    "palette": Shortcut("queue", "#palette[open] #palette-text:focus"),
    "help": Shortcut("queue", "#help[open]"),
}


def test_every_action_has_its_shortcut_tried() -> None:
    assert list(SHORTCUTS) == [name for name, _, _ in ACTIONS]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "key", "said"), ACTIONS, ids=[name for name, *_ in ACTIONS])
def test_a_shortcut_does_what_it_says(walker: Walker, name: str, key: str, said: str) -> None:
    wanted = SHORTCUTS[name]
    page = walker.open(next(scene for scene in SCENES if scene.name == wanted.scene)).page
    for before in wanted.first:
        page.keyboard.press(before)
    if wanted.sent:
        assert _sent(page, wanted.sent, key, said) < 400
    else:
        _press(page, key, said)
        expect(page.locator(wanted.there)).to_have_count(1)


def _sent(page: Page, where: str, key: str, said: str) -> int:
    """The action asks this of the server; the answer's status."""
    with page.expect_response(lambda r: r.request.method == "POST" and where in r.url) as asked:
        _press(page, key, said)
    return asked.value.status


def _press(page: Page, key: str, said: str) -> None:
    """The action's key; without one, its words in the palette."""
    if key:
        page.keyboard.press(
            {"Ctrl+K": "Control+k", "Alt+1…9": "Alt+1"}.get(
                key, key if len(key) > 1 else key.lower()
            )
        )
        return
    page.keyboard.press("Control+k")
    page.keyboard.type(catalogue("fr").gettext(said))
    page.keyboard.press("Enter")
