"""Every key that was typed counts once, however AMI and the commands overtake each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.agi.keys import Keys


def told(keys: Keys, text: str) -> None:
    for key in text:
        keys.told(key)


def test_what_a_command_read_waits_no_more_whoever_is_first() -> None:
    keys = Keys()
    told(keys, "2580#")
    assert keys.read("2580#") == "2580#"
    assert keys.read("1") == "1"
    told(keys, "1")
    assert keys.waiting == ""


def test_a_key_between_two_commands_waits() -> None:
    keys = Keys()
    told(keys, "2580")
    keys.read("2580#")
    told(keys, "#9")
    assert keys.waiting == "9"
    keys.take(1)
    assert keys.waiting == ""


def test_a_code_that_began_between_two_commands_is_whole() -> None:
    keys = Keys()
    told(keys, "25")
    assert keys.read("80#", after=len(keys.waiting)) == "2580#"  # AMI is late with three
    told(keys, "80#")
    assert keys.waiting == ""
    told(keys, "99")
    told(keys, "88#")
    assert keys.read("88#", after=2) == "9988#"


def test_a_link_that_tells_nothing_changes_nothing() -> None:
    keys = Keys()
    for read in ("2580#", "1", "#", ""):
        assert keys.read(read) == read
        assert keys.waiting == ""


@given(
    st.lists(st.tuples(st.text("0123456789*#", max_size=4), st.booleans()), max_size=12),
    st.data(),
)
def test_each_key_is_read_or_waits_in_its_order(
    typed: list[tuple[str, bool]], data: st.DataObject
) -> None:
    """Stretches of keys, each read by a command or typed between two; AMI lags by some keys."""
    keys, heeded, late = Keys(), "", ""

    def tell(count: int) -> None:
        nonlocal late
        told(keys, late[:count])
        late = late[count:]

    for text, by_a_command in typed:
        late += text
        if by_a_command:
            tell(data.draw(st.integers(0, len(late))))
            heeded += keys.read(text)
        tell(len(late))  # nothing is sent before AMI has caught up: a commit lies in between
        if not by_a_command:
            heeded += keys.waiting
            keys.take(len(keys.waiting))
    assert heeded == "".join(text for text, _ in typed)
    assert keys.waiting == ""
