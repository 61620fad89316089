"""Texts that people type: the characters they may have, and their form on a terminal."""

import re
from typing import Final

from kernel.errors import FieldFault, Invalid

MAX_REASON: Final = 500

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Unicode's property Bidi_Control: characters nobody sees, which make a text look like another one."""
_NOT_IN_TEXTS = re.compile(f"[{_CONTROLS}{_DIRECTIONS}]")
_NOT_IN_LINES = re.compile(rf"[{_CONTROLS}{_DIRECTIONS}\t\n\r]")
_NOT_ON_TERMINALS = re.compile(rf"[{_CONTROLS}{_DIRECTIONS}]|\r(?!\n)")


def find_line_fault(field: str, text: str) -> FieldFault | None:
    """Return what is wrong with a name or another single line: a control character, or one that changes direction."""
    return (
        _build_control_fault(field, "one line without control or direction characters")
        if _NOT_IN_LINES.search(text)
        else None
    )


def find_text_fault(field: str, text: str) -> FieldFault | None:
    """Return what is wrong with a longer text, which may have several lines."""
    return (
        _build_control_fault(field, "a text without control or direction characters")
        if _NOT_IN_TEXTS.search(text)
        else None
    )


def check_single_line(field: str, text: str) -> None:
    """Raise Invalid for a name or another single line with a control character, or one that changes direction."""
    _raise_if_fault(find_line_fault(field, text))


def check_multiline_text(field: str, text: str) -> None:
    """Raise Invalid for a longer text with such a character; it may have several lines."""
    _raise_if_fault(find_text_fault(field, text))


def check_reason_text(reason: str) -> None:
    """Raise Invalid for a reason that is too long, or has control or direction characters."""
    if len(reason) > MAX_REASON:
        raise Invalid.for_field("reason", f"At most {MAX_REASON} characters.", "max_length")
    check_multiline_text("reason", reason)


def escape_control_characters(text: str) -> str:
    """Show control and direction characters as escapes such as `\\u202e`, for a terminal."""
    return _NOT_ON_TERMINALS.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode(), text)


def escape_single_line(text: str) -> str:
    """Show a text in one line of a terminal, with line breaks as escapes, too."""
    return _NOT_IN_LINES.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode(), text)


def _build_control_fault(field: str, wanted: str) -> FieldFault:
    return FieldFault(field, f"Give {wanted}.", "control_characters")


def _raise_if_fault(fault: FieldFault | None) -> None:
    if fault is not None:
        raise Invalid(fault.message, faults=(fault,))
