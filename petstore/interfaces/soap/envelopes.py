"""Read an envelope of SOAP 1.1 as WS-I Basic Profile 1.1 wants it: one Body with one element (contract, SOAP)."""

import threading
from collections.abc import Iterable
from typing import Final

from lxml import etree
from rest_framework.exceptions import ParseError

from petstore.interfaces.soap.elements import ENVELOPE_NAMESPACE
from petstore.interfaces.soap.faults import EnvelopeRefused

Element = etree._Element  # noqa: SLF001  # the class has no other name

_ENVELOPE: Final = f"{{{ENVELOPE_NAMESPACE}}}Envelope"
_HEADER: Final = f"{{{ENVELOPE_NAMESPACE}}}Header"
_BODY: Final = f"{{{ENVELOPE_NAMESPACE}}}Body"
_ENCODING_STYLE: Final = f"{{{ENVELOPE_NAMESPACE}}}encodingStyle"
_MUST_UNDERSTAND: Final = f"{{{ENVELOPE_NAMESPACE}}}mustUnderstand"
_ACTOR: Final = f"{{{ENVELOPE_NAMESPACE}}}actor"
_BLANKS: Final = " \t\r\n"
_OURSELVES: Final = (None, "", "http://schemas.xmlsoap.org/soap/actor/next")
"""The actors that mean whoever reads the message (SOAP 1.1, 4.2.2)."""


class _Parser(threading.local):
    """The parser of a thread: threads that share one wait for one another."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
        )


_of_thread: Final = _Parser()


def read_body_element(text: str) -> Element:
    """Return the element that the Body of a message has.

    Args:
        text: that `check_message_walls` has let through.

    Raises:
        EnvelopeRefused: it is of another version, or a header block has to be understood.
        ParseError: it is no envelope.
    """
    envelope = _parse_tree(text)
    if envelope.tag != _ENVELOPE:
        raise _refuse_root(envelope)
    _check_frame(envelope)
    match list(envelope):
        case [body] if body.tag == _BODY:
            pass
        case [header, body] if (header.tag, body.tag) == (_HEADER, _BODY):
            _check_frame(header)
            _check_header_blocks(header)
        case _:
            raise ParseError("An Envelope has a Header, which may be left out, one Body, and nothing else.")
    _check_frame(body)
    if len(body) != 1:
        raise ParseError("The Body has one element.")
    return body[0]


def _parse_tree(text: str) -> Element:
    try:
        return etree.fromstring(text.encode(), _of_thread.parser)
    except etree.XMLSyntaxError as error:
        raise ParseError("The message is no well-formed XML with namespaces.") from error


def _refuse_root(root: Element) -> Exception:
    if etree.QName(root).localname == "Envelope":
        return EnvelopeRefused("VersionMismatch", "The envelope is none of SOAP 1.1.")
    return ParseError("The message is no Envelope.")


def _check_frame(element: Element) -> None:
    """Check what Envelope, Header and Body have in common: no text, no encoding style, no attributes of their own."""
    if any(text and text.strip(_BLANKS) for text in (element.text, *(child.tail for child in element))):
        raise ParseError("An Envelope, a Header and a Body have no text of their own.")
    for name in element.attrib:
        if name == _ENCODING_STYLE:
            raise ParseError("A literal message has no encodingStyle.")
        if not str(name).startswith("{"):
            raise ParseError("An attribute of an Envelope, a Header or a Body has a namespace.")


def _check_header_blocks(blocks: Iterable[Element]) -> None:
    """Refuse blocks that we have to understand: we know none. Those for others, and optional ones, are ignored."""
    for block in blocks:
        if etree.QName(block).namespace is None:
            raise ParseError("A header block has a namespace.")
        must = block.get(_MUST_UNDERSTAND, "0")
        if must not in ("0", "1"):
            raise ParseError("mustUnderstand is 0 or 1.")
        if must == "1" and block.get(_ACTOR) in _OURSELVES:
            raise EnvelopeRefused("MustUnderstand", "A header block has to be understood, and is not known here.")
