"""Write XML: values as the WSDL's types have them, one message in its envelope (contract, SOAP).

It is text that is joined: a tree of each answer would cost more than reading its rows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kernel import clock

ENVELOPE_NAMESPACE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE: Final = "https://petstoreapi.com/soap/v1"
CONTENT_TYPE: Final = "text/xml; charset=utf-8"

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_UNWRITABLE: Final = (*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000))
"""Characters that no XML 1.0 document can hold, not even escaped (XML 1.0, 2.2); older rows may have them."""
_ESCAPES: Final = dict.fromkeys(_UNWRITABLE, _REPLACEMENT) | {
    ord("\t"): "\t",
    ord("\n"): "\n",
    ord("\r"): "&#13;",
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
"""A carriage return that is not escaped is read as a line feed (XML 1.0, 2.11)."""


def write_envelope(body: str) -> bytes:
    """Return a whole message around what its Body holds."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soap:Envelope xmlns:soap="{ENVELOPE_NAMESPACE}"><soap:Body>{body}</soap:Body></soap:Envelope>'
    ).encode()


def write_root_element(name: str, content: Mapping[str, object]) -> str:
    """Write an element of the WSDL's namespace with all that is in it."""
    return f'<{name} xmlns="{NAMESPACE}">{write_content(content)}</{name}>'


def write_content(content: Mapping[str, object]) -> str:
    """Write the elements of a mapping, in its order."""
    return "".join([write_element(name, value) for name, value in content.items()])


def write_element(name: str, value: object) -> str:
    """Write a value as an element, a list as one for each item; None is absent."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join([write_element(name, item) for item in value])
    text = write_content(value) if isinstance(value, Mapping) else write_text(_format_value(value))
    return f"<{name}>{text}</{name}>"


def write_text(text: str) -> str:
    """Write a text so that readers get the same characters; what XML cannot hold is replaced."""
    return text.translate(_ESCAPES)


def _format_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return clock.format_rfc3339(value) if isinstance(value, datetime) else str(value)
