"""Decode a message: UTF-8 or UTF-16, of which its header, its byte order mark and its declaration say the same
(contract, SOAP; RFC 7303; XML 1.0, 4.3.3)."""

import codecs
import re
from typing import Final

from rest_framework.exceptions import ParseError, UnsupportedMediaType

ENCODINGS: Final = ("utf-8", "utf-16")
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARATION: Final = re.compile(
    r"""<\?xml\s+version\s*=\s*(?:'1\.0'|"1\.0")"""
    r"""(?:\s+encoding\s*=\s*(?P<quote>["'])(?P<encoding>[A-Za-z][A-Za-z0-9._-]{0,39})(?P=quote))?"""
    r"""(?:\s+standalone\s*=\s*(?:'(?:yes|no)'|"(?:yes|no)"))?\s*\?>"""
)


def read_charset(parameter: str | None) -> str | None:
    """Return the encoding that the Content-Type names, None where it names none; raises UnsupportedMediaType."""
    if parameter is None:
        return None
    charset = parameter.strip().lower()
    if charset not in ENCODINGS:
        raise UnsupportedMediaType(parameter, "XML is taken in UTF-8 and UTF-16 only.")
    return charset


def decode_message(body: bytes, charset: str | None) -> str:
    """Return the text of a message without its mark and its declaration.

    Args:
        charset: what the Content-Type says.

    Raises:
        ParseError: it is not in one of the two encodings, or two places say different things of it.
    """
    mark, encoding = next((found for found in _MARKS if body.startswith(found[0])), (b"", "utf-8"))
    if charset not in (None, encoding):
        raise ParseError("The Content-Type names another encoding than the one that the message is in.")
    try:
        text = body.decode(encoding).removeprefix("\N{BYTE ORDER MARK}") if mark else body.decode(encoding)
    except UnicodeDecodeError as error:
        raise ParseError(f"The message is not {encoding.upper()}.") from error
    return _drop_declaration(text, encoding)


def _drop_declaration(text: str, encoding: str) -> str:
    """Return what follows the XML declaration, which has to name the encoding that the text was in."""
    found = _DECLARATION.match(text)
    if found is None:
        return text
    if (found["encoding"] or encoding).lower() != encoding:
        raise ParseError("The XML declaration names another encoding than the one that the message is in.")
    return text[found.end() :]
