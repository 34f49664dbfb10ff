"""What the pages can do without a mouse: the names that static/console/actions.js acts on."""

from __future__ import annotations

from web.kit.words import N_

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
    ("task", "G", N_("Do what the plan asks")),
    ("send-guard", "W", N_("Send a guard")),
    ("technician", "Y", N_("Call the technician")),
    ("measure", "O", N_("Open a protective measure")),
    ("lift", "X", N_("Lift the protective measure")),
    ("phone", "H", N_("Go to the telephone")),
    ("leave", "Escape", N_("Leave what is being typed")),
    ("pane", "I", N_("Go to the incident")),
    ("queue", "L", N_("Go to the queue")),
    ("mute", "M", N_("Mute the alarms for 60 seconds")),
    ("log", "", N_("Show or hide the log")),
    ("palette", "Ctrl+K", N_("Commands and search")),
    ("help", "?", N_("Keyboard help")),
)
