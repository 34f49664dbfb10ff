"""The list of actions: what the script does and what the pages say of it are the same."""

from __future__ import annotations

import re
from pathlib import Path

import web
from web.kit.keys import ACTIONS

SCRIPT = (Path(web.__file__).parent / "static/console/actions.js").read_text("utf-8")
#: The browser's own, or hard to type on AZERTY (docs/explanation/ux.md, 4).
FORBIDDEN = {"F1", "F3", "F5", "F11", "F12", "[", "]", "{", "}", "\\", "|", "~", "@", "#", "`"}


def test_each_action_has_words_and_each_word_an_action() -> None:
    table = SCRIPT.split("Object.entries({")[1].split("}));")[0]
    assert re.findall(r'^  "([a-z-]+)":', table, re.MULTILINE) == [name for name, _, _ in ACTIONS]


def test_no_two_actions_share_a_key_and_none_is_taken_from_the_browser() -> None:
    keys = [key for _, key, _ in ACTIONS if key]
    assert len(keys) == len(set(keys))
    assert not FORBIDDEN & set(keys)
    assert {"F2", "F4", "F8", "J", "K", "A", "P", "Ctrl+K", "?"} <= set(keys)
