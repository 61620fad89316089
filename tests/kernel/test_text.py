"""What people type has no character that a terminal obeys or that turns text round."""

import pytest

from kernel.errors import Invalid
from kernel.text import (
    MAX_REASON,
    check_multiline_text,
    check_reason_text,
    check_single_line,
    escape_control_characters,
    escape_single_line,
)

CONTROLS = ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\ud800"]
DIRECTIONS = [*map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))]
BREAKS = ["\n", "\r", "\t"]
HONEST = [
    "", "Rex", "Zoë O'Brien-Łuk", "Ж. Иванов", "محمد", "דוד", "जय", "王小明", "می‌خواهم", "👩‍👩‍👧",
]  # fmt: skip


@pytest.mark.parametrize("character", [*CONTROLS, *DIRECTIONS])
def test_neither_a_line_nor_a_text_has_it(character: str) -> None:
    for check in (check_single_line, check_multiline_text):
        with pytest.raises(Invalid) as refusal:
            check("name", f"Re{character}x")
        assert [(fault.field, fault.code) for fault in refusal.value.faults] == [("name", "control_characters")]


@pytest.mark.parametrize("character", BREAKS)
def test_only_a_text_has_breaks(character: str) -> None:
    check_multiline_text("description", f"Re{character}x")
    with pytest.raises(Invalid):
        check_single_line("name", f"Re{character}x")


@pytest.mark.parametrize("name", HONEST)
def test_names_in_all_scripts_are_taken(name: str) -> None:
    check_single_line("name", name)
    assert escape_control_characters(name) == escape_single_line(name) == name


def test_a_reason_has_a_bound() -> None:
    check_reason_text("x" * MAX_REASON)
    with pytest.raises(Invalid):
        check_reason_text("x" * (MAX_REASON + 1))


@pytest.mark.parametrize("character", [*CONTROLS, *DIRECTIONS])
def test_a_terminal_is_shown_an_escape_instead(character: str) -> None:
    for escape in (escape_control_characters, escape_single_line):
        shown = escape(f"Re{character}x")
        assert shown.isascii()
        assert shown.isprintable()
        assert shown.startswith("Re\\")


def test_line_breaks_stay_where_there_may_be_several_lines() -> None:
    assert escape_control_characters("a\r\nb\nc\td") == "a\r\nb\nc\td"
    assert escape_control_characters("paid\rnot") == "paid\\rnot"
    assert escape_single_line("a\nb") == "a\\nb"
