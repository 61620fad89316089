"""Refuse what no honest message has, before a tree of it is built (contract, SOAP; guarantees, G9 and G18).

Two patterns look at the text first: expat reads a whole tag before it calls a handler, and reads on where one raises.
"""

import re
from typing import Final
from xml.parsers import expat

from rest_framework.exceptions import ParseError

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 1000
MAX_ATTRIBUTES: Final = 100
"""Of one element, declarations of namespaces included."""

_PROLOG: Final = re.compile(r"(?:[ \t\r\n]++|<!--.*?-->)*+", re.DOTALL)
_CROWDED_TAG: Final = re.compile(
    rf"""<[^\s<>"'=/]++(?:\s++[^\s<>"'=]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+')){{{MAX_ATTRIBUTES + 1}}}"""
)
"""A match ends before the next `<`, so that a search takes time in proportion to the text."""
_BLANKS: Final = re.compile(r">([ \t\r\n]{8,})<")
"""White space between tags, which libxml2 keeps as it keeps names; shorter texts stand in their nodes."""


class Walls:
    """The counters of one message while expat reads it."""

    def __init__(self) -> None:
        self.depth = 0
        self.elements = 0
        self.names: set[str] = set()

    def enter_element(self, name: str, attributes: list[str]) -> None:
        """Count an element that begins, and note its names and those of its attributes."""
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"The message has more than {MAX_DEPTH} levels.")
        if self.elements > MAX_ELEMENTS:
            raise ParseError(f"The message has more than {MAX_ELEMENTS} elements.")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise _refuse_attributes()
        self.names.add(name)
        self.names.update(attributes[::2])
        self.names.update(value for key, value in zip(attributes[::2], attributes[1::2], strict=True) if _declares(key))

    def leave_element(self, _name: str) -> None:
        """Count an element that ends."""
        self.depth -= 1


def check_message_walls(text: str) -> set[str]:
    """Check a message, and return the names in it: of elements, attributes and namespaces, and long white space.

    Raises:
        ParseError: it is no XML 1.0, has what SOAP forbids, or has too much of anything.
    """
    start = _PROLOG.match(text)
    if start is not None and text.startswith("<!DOCTYPE", start.end()):
        refuse_doctype()
    if _CROWDED_TAG.search(text):
        raise _refuse_attributes()
    walls, parser = Walls(), expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.StartElementHandler = walls.enter_element
    parser.EndElementHandler = walls.leave_element
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.ProcessingInstructionHandler = _refuse_instruction
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise ParseError(f"The message is no well-formed XML ({place}).") from error
    return walls.names.union(_BLANKS.findall(text))


def _declares(name: str) -> bool:
    """Return whether an attribute declares a namespace."""
    return name == "xmlns" or name.startswith("xmlns:")


def refuse_doctype(*_declaration: object) -> None:
    """Refuse a document type: its entities may grow without end, or name files and other hosts (SOAP 1.1, 3)."""
    raise ParseError("A message has no document type declaration.")


def _refuse_instruction(*_instruction: object) -> None:
    raise ParseError("A message has no processing instructions.")


def _refuse_attributes() -> ParseError:
    return ParseError(f"An element has more than {MAX_ATTRIBUTES} attributes.")
