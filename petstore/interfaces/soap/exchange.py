"""Answer one envelope: let its caller in, read it, run its operation (contract, SOAP).

It loads lxml, and is loaded by a process's first envelope itself (`petstore.interfaces.soap.views`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from lxml import etree
from rest_framework.exceptions import ParseError

from kernel.errors import Invalid
from petstore.interfaces.calls import find_scoped_caller
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.soap.elements import CONTENT_TYPE, NAMESPACE
from petstore.interfaces.soap.encodings import decode_message, read_charset
from petstore.interfaces.soap.envelopes import Element, read_body_element
from petstore.interfaces.soap.names import read_with_names
from petstore.interfaces.soap.operations import OPERATIONS, Call
from petstore.interfaces.soap.schema import Value, read_request_fields
from petstore.interfaces.soap.walls import check_message_walls


@dataclass(frozen=True, slots=True)
class Asked:
    """The operation and the fields of a message, read from its tree.

    Attributes:
        name: of the operation.
        error: why its fields cannot be read; whoever may not call the operation is not told.
    """

    name: str
    fields: Mapping[str, Value]
    error: Exception | None = None

    def require_fields(self) -> Mapping[str, Value]:
        """Return the fields; raises Invalid, ParseError."""
        if self.error is not None:
            raise self.error
        return self.fields


def answer_envelope(request: HttpRequest) -> HttpResponse:
    """Return the response to an envelope.

    Raises:
        EnvelopeRefused, ParseError, UnsupportedMediaType
        BadToken, ForeignToken, MembersOnly, LoginRequired, Forbidden: the operation's Access does not let them in.
        DomainError: the use case refuses.
    """
    charset = read_charset((request.content_params or {}).get("charset"))
    credentials, peer, entrance = credentials_of_request(request), peer_of_request(request), vars(request)["entrance"]
    caller = find_scoped_caller(credentials, entrance, peer)
    text = decode_message(request.read(), charset)
    asked = read_with_names(check_message_walls(text), partial(_read_asked, text, request.META.get("HTTP_SOAPACTION")))
    operation = OPERATIONS[asked.name]
    call = Call(
        actor=caller.admit_to(operation.use_case),
        fields=asked.require_fields(),
        site=build_site_url(request),
        idempotency_key=request.META.get("HTTP_IDEMPOTENCY_KEY"),
    )
    answer = operation.run(call)
    response = HttpResponse(answer.body, status=answer.status, content_type=CONTENT_TYPE)
    if answer.is_replay:
        response["Idempotent-Replayed"] = "true"
    return response


def _read_asked(text: str, action: str | None) -> Asked:
    element = read_body_element(text)
    name = _find_operation_name(element, action)
    try:
        return Asked(name, read_request_fields(element))
    except (Invalid, ParseError) as error:
        return Asked(name, {}, error)


def _find_operation_name(asked: Element, action: str | None) -> str:
    """Return the operation that the element names, and that SOAPAction does not contradict (SOAP 1.1, 6.1.1)."""
    tag = etree.QName(asked)
    name = tag.localname
    if tag.namespace != NAMESPACE or name not in OPERATIONS:
        raise ParseError("The Body asks for none of the operations.")
    own = f"{NAMESPACE}/{name}"
    if action not in (None, "", '""', own, f'"{own}"'):
        raise ParseError("SOAPAction names another operation than the Body.")
    return name
