"""What the pages can do without a mouse: the names that static/console/actions.js acts on; and the
pages that the header and the palette lead to."""

from dataclasses import dataclass
from enum import StrEnum

from web.kit.words import N_, SETTINGS, SETTINGS_PAGES

#: (name, key as it is printed on it or "", what it does): the palette, the help and the keys.
ACTIONS = (
    ("answer", "F2", N_("Answer the call")),
    ("hang-up", "F4", N_("Hang up")),
    ("next-alarm", "F8", N_("Go to the next alarm")),
    ("down", "J", N_("Next row")),
    ("up", "K", N_("Row before")),
    ("claim", "A", N_("Take the alarm")),
    ("park", "P", N_("Park it for five minutes")),
    ("release", "", N_("Give it back to the queue")),
    ("go-on", "B", N_("Go on with an alarm that is about to go back to the queue")),
    ("resume-plan", "", N_("Hand the plan back to the machine")),
    ("undo", "U", N_("Undo the last act")),
    ("note", "N", N_("Write a note")),
    ("close", "C", N_("Close the alarm with a resolution code")),
    ("transfer", "T", N_("Transfer to a colleague")),
    ("password", "V", N_("Check a password")),
    ("call", "E", N_("Call a person of the site")),
    ("verify", "D", N_("Go to the verification")),
    ("service", "S", N_("Call a service")),
    ("report", "R", N_("Go to the report of a service")),
    ("next", "G", N_("Do what comes next")),
    ("send-guard", "W", N_("Send a guard")),
    ("technician", "Y", N_("Call the technician")),
    ("measure", "O", N_("Open a protective measure")),
    ("lift", "X", N_("Lift the protective measure")),
    ("phone", "H", N_("Go to the telephone")),
    ("leave", "Escape", N_("Leave what is being typed")),
    ("pane", "I", N_("Go to the incident")),
    ("queue", "L", N_("Go to the queue")),
    ("zone", "F6", N_("Go round the zones: queue, alarm, what is about it")),
    ("contact", "Alt+1…9", N_("Call the first to the ninth person of the site")),
    ("mute", "M", N_("Mute the alarms for 60 seconds")),
    ("log", "", N_("Show or hide the log")),
    ("palette", "Ctrl+K", N_("Commands and search")),
    ("help", "?", N_("Keyboard help")),
)
#: A key's name as it stands on the keyboards of a language, where it is another one.
_PRINTED = {"fr": {"Escape": "Échap"}, "en": {"Escape": "Esc"}}


def printed(key: str, language: str) -> str:
    """The key as people find it."""
    return _PRINTED[language].get(key, key)


class At(StrEnum):
    """Where a page is led to from: the header's line, its menu, or the palette alone."""

    LINE = "line"
    MENU = "menu"
    PALETTE = "palette"


@dataclass(frozen=True, slots=True)
class Page:
    """A page without an id; ``right``: what it asks for; ``name``: as its pages say ``here``."""

    address: str
    label: str
    right: str = "read"
    at: At = At.PALETTE
    name: str = ""

    @property
    def of_settings(self) -> bool:
        """True for a page of the settings, which the palette says beside its name."""
        return self.address in SETTINGS_PAGES.values()


PAGES = (
    Page("/sites", N_("Sites"), at=At.LINE, name="sites"),
    Page("/plans", N_("Plans"), at=At.LINE, name="plans"),
    Page("/logbook", N_("Logbook"), at=At.LINE, name="logbook"),
    Page("/shift", N_("Shift"), at=At.LINE, name="shift"),
    Page("/desk", N_("Desks"), at=At.MENU, name="desk"),
    Page("/roster", N_("Roster"), at=At.MENU, name="roster"),
    Page("/statistics", N_("Statistics"), at=At.MENU, name="statistics"),
    Page("/station", N_("Station"), at=At.MENU, name="station"),
    Page("/lines", N_("Lines"), at=At.MENU, name="lines"),
    Page("/wallboard", N_("Wallboard"), at=At.MENU),
    Page("/map", N_("Map"), at=At.MENU, name="map"),
    Page("/dialogues", N_("Dialogues"), "configure", At.MENU, "dialogues"),
    Page("/people", N_("People"), "supervise", At.MENU, "people"),
    Page("/settings", N_("Settings"), "administer", At.MENU, "settings"),
    Page("/", N_("Console")),
    Page("/queue", N_("Operators' queue")),
    Page("/call-backs", N_("Missed calls"), "handle"),
    Page("/presence", N_("My presence"), "handle"),
    Page("/shift/end", N_("End of shift"), "handle"),
    Page("/clients", N_("Clients")),
    Page("/firms", N_("Firms"), "configure"),
    Page("/services", N_("Services"), "configure"),
    Page("/measures", N_("Measures")),
    Page("/faults", N_("Faults")),
    Page("/charges", N_("Charges")),
    Page("/site-files", N_("Files of sites and contacts"), "configure"),
    Page("/post", N_("Letters")),
    Page("/station/checks", N_("Checks and drills")),
    Page("/station/probes", N_("Probes"), "administer"),
    Page("/station/report", N_("Yearly report"), "supervise"),
    Page("/people/sessions", N_("Open sessions"), "supervise"),
    Page("/account", N_("My account"), ""),
    *(
        Page(address, SETTINGS[name], "administer")
        for name, address in SETTINGS_PAGES.items()
        if address != "/settings"
    ),
)
