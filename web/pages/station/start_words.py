"""The names on screen of the first start's steps, and what is said of each: found, and to do."""

from collections.abc import Mapping

from callflow.core.station.first_start import Part
from web.kit.words import N_

TITLES: Mapping[Part, str] = {
    Part.RUNNING: N_("The station runs"),
    Part.TRUNK: N_("Its way to the telephone network"),
    Part.NUMBER: N_("The number that its calls show"),
    Part.OPERATOR: N_("A first operator"),
    Part.SITE: N_("A first site"),
    Part.CONTACT: N_("Somebody to call: you"),
    Part.PLAN: N_("The plan that calls"),
    Part.ALARM: N_("The test alarm"),
}

#: {(part, why): (what was found, what to do)}; whom or what it is about stands behind the first.
SAID: Mapping[tuple[Part, str], tuple[str, str]] = {
    (Part.RUNNING, "done"): (N_("its processes and its Asterisk answer"), ""),
    (Part.RUNNING, "missing"): (
        N_("processes that don't run:"),
        N_("They are begun again by themselves; if not, read their files in logs/."),
    ),
    (Part.RUNNING, "asterisk"): (
        N_("no link to Asterisk: nobody can be called"),
        N_(
            "Read logs/ and asterisk/ in the data folder; with a PBX of your own, compare the port,"
            " user and secret of its manager interface."
        ),
    ),
    (Part.TRUNK, "done"): (N_("reached:"), ""),
    (Part.TRUNK, "none"): (
        N_("no trunk leads out of this machine"),
        N_(
            "Set the address of your gateway or carrier (manual: trunks), and start the station"
            " again."
        ),
    ),
    (Part.TRUNK, "untold"): (
        N_("nobody knows yet whether it is reached:"),
        N_("See the step above: this is known some seconds after Asterisk answers."),
    ),
    (Part.TRUNK, "down"): (
        N_("its far end does not answer:"),
        N_(
            "Is the gateway on, is this its address, and does it let this machine in? It must"
            " answer OPTIONS."
        ),
    ),
    (Part.TRUNK, "unregistered"): (
        N_("the carrier takes no registration of ours, so nobody can call us by it:"),
        N_(
            "Compare user name, password and domain with the carrier's letter; its own pages say"
            " whether the account is blocked."
        ),
    ),
    (Part.TRUNK, "unanswered"): (
        N_("hardly anybody answers calls over it:"),
        N_("Ask the carrier whether the number that you show is blocked."),
    ),
    (Part.NUMBER, "done"): (N_("called people see"), ""),
    (Part.NUMBER, "made_up"): (
        N_("it is a made-up one:"),
        N_(
            "Set the station's number (manual: trunks): one of yours that the carrier lets you"
            " show, and start the station again."
        ),
    ),
    (Part.OPERATOR, "done"): (N_("may log in:"), ""),
    (Part.OPERATOR, "none"): (
        N_("nobody has the role of an operator"),
        N_("Add somebody on the page People: alarms that the machine can't settle are theirs."),
    ),
    (Part.SITE, "done"): (N_("alarms are known by its account:"), ""),
    (Part.SITE, "none"): (N_("there is none"), N_("Fill in the form below.")),
    (Part.SITE, "which"): (
        N_("there are several"),
        N_("Say below which one the test is about."),
    ),
    (Part.SITE, "no_account"): (
        N_("it has no account, so no panel can send for it:"),
        N_("Give it one, on its page."),
    ),
    (Part.SITE, "over"): (
        N_("by its contract nobody is called for it:"),
        N_("Set it up as active, on its page."),
    ),
    (Part.CONTACT, "done"): (N_("would be called first now:"), ""),
    (Part.CONTACT, "no_site"): (
        N_("depends on the site"),
        N_("Add yourself with your own telephone number."),
    ),
    (Part.CONTACT, "none"): (
        N_("the site has nobody to call"),
        N_("Add yourself with your own telephone number."),
    ),
    (Part.CONTACT, "no_number"): (
        N_("has no telephone number:"),
        N_("Give it, on the site's page."),
    ),
    (Part.CONTACT, "refused"): (
        N_("has a number that the machine never dials:"),
        N_("Emergency and short numbers are refused: give a full number, such as 06 … or +33 …"),
    ),
    (Part.CONTACT, "away"): (
        N_("can't be called at this hour:"),
        N_("Change their hours or their absence, or try again when they are there."),
    ),
    (Part.CONTACT, "not_called"): (
        N_("the site's plan doesn't call their role:"),
        N_("Change the role of the contact, or the plan of the site."),
    ),
    (Part.PLAN, "done"): (N_("an intrusion there follows"), ""),
    (Part.PLAN, "none"): (
        N_("depends on the site"),
        N_("Without one of your own, each kind of alarm has a standard plan."),
    ),
    (Part.PLAN, "calls_nobody"): (
        N_("it calls nobody:"),
        N_("Choose a plan that calls for intrusions, on the site's page."),
    ),
    (Part.ALARM, "done"): (N_("answered, and a key was understood:"), ""),
    (Part.ALARM, "none"): (
        N_("none was sent yet"),
        N_("Have your telephone at hand, and send it below."),
    ),
    (Part.ALARM, "begins"): (N_("the alarm is taken up"), ""),
    (Part.ALARM, "requested"): (N_("about to be dialled:"), ""),
    (Part.ALARM, "following"): (N_("told in another call to"), ""),
    (Part.ALARM, "started"): (N_("dialling"), ""),
    (Part.ALARM, "ringing"): (
        N_("it rings:"),
        N_("Answer, listen, type your code and #, then 1."),
    ),
    (Part.ALARM, "answered"): (
        N_("in conversation with"),
        N_("Type your code and #, then 1: false alarm."),
    ),
    (Part.ALARM, "waits"): (
        N_("a call waits to be dialled:"),
        N_("See the first two steps: without Asterisk, or a free channel, nothing is dialled."),
    ),
    (Part.ALARM, "no_call"): (
        N_("it called nobody"),
        N_("See the contact and the plan above, then send it again."),
    ),
    (Part.ALARM, "cancelled"): (
        N_("withdrawn before it was dialled:"),
        N_("Send it again."),
    ),
    (Part.ALARM, "no_answer"): (
        N_("it rang, and nobody answered:"),
        N_("Send it again, and answer. If it did not ring, the number is another one's."),
    ),
    (Part.ALARM, "busy"): (
        N_("the line was busy:"),
        N_("Hang up, then send it again."),
    ),
    (Part.ALARM, "refused"): (
        N_("the telephone or its network declined the call:"),
        N_("Ask the carrier whether it lets you call this number, showing yours."),
    ),
    (Part.ALARM, "unreachable"): (
        N_("no such number, or it can't be reached:"),
        N_("Compare the number, on the site's page."),
    ),
    (Part.ALARM, "no_key"): (
        N_("answered, but no key came:"),
        N_(
            "A voice mail counts as nobody. If you typed, the gateway must send keys as RFC 4733"
            " events."
        ),
    ),
    (Part.ALARM, "hung_up"): (
        N_("answered, and hung up before the end:"),
        N_("Send it again, type your code and #, then 1."),
    ),
    (Part.ALARM, "wrong_code"): (
        N_("two wrong codes were typed:"),
        N_("The code is the contact's: give another one on the site's page, then send it again."),
    ),
    (Part.ALARM, "no_number"): (
        N_("the number can't be dialled:"),
        N_("Correct it, on the site's page."),
    ),
    (Part.ALARM, "trunk_failure"): (
        N_("the trunk did not carry the call, no telephone was asked:"),
        N_("See the trunk above, and what the gateway's own log says of this call."),
    ),
    (Part.ALARM, "unknown"): (
        N_("telephony began again in the middle: whether it rang is not known:"),
        N_("Send it again."),
    ),
    (Part.ALARM, "error"): (
        N_("an error of ours:"),
        N_("It is in logs/telephony.log: report it, and send it again."),
    ),
}
