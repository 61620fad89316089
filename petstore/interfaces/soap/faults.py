"""Refusals as SOAP has them: a fault with the problem as its detail (contract, SOAP; SOAP 1.1, 4.4)."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from petstore.interfaces.entry.request_heads import check_request_head
from petstore.interfaces.http.problems import (
    Problem,
    build_problem_body,
    build_problem_response,
    set_problem_headers,
)
from petstore.interfaces.soap.elements import CONTENT_TYPE, write_element, write_envelope, write_root_element

MEDIA_TYPE: Final = "text/xml"
FAULT_STATUS: Final = 500
"""Of every fault, also of one that the caller made (WS-I Basic Profile 1.1, R1126)."""
_BEFORE_ENVELOPE: Final = frozenset((405, 411, 413, 415))
"""Statuses of refusals before an envelope is read."""


class EnvelopeRefused(Exception):
    """The envelope itself cannot be read as one of SOAP 1.1, or asks for what we do not know.

    Attributes:
        code: VersionMismatch or MustUnderstand.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class CallersFault(HttpResponse):
    """A fault that the caller made.

    Attributes:
        _has_been_logged: Django logs every other response of 500 as a defect of ours.
    """

    _has_been_logged = True


def build_fault_response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Build the fault for a problem; where no envelope was to be read, the problem itself (setting REFUSAL_FORMS)."""
    if problem.status in _BEFORE_ENVELOPE or not carries_envelope(request) or check_request_head(request) is not None:
        return build_problem_response(problem, request)
    is_ours = problem.status >= FAULT_STATUS
    fault = _write_fault("Server" if is_ours else "Client", problem.title, _describe_problem(problem, request))
    kind = HttpResponse if is_ours else CallersFault
    response = kind(fault, status=FAULT_STATUS, content_type=CONTENT_TYPE)
    set_problem_headers(problem, response)
    return response


def build_envelope_fault(error: EnvelopeRefused) -> HttpResponse:
    """Build the fault for an envelope whose Body is not looked at; it has no detail (SOAP 1.1, 4.4)."""
    return CallersFault(_write_fault(error.code, str(error)), status=FAULT_STATUS, content_type=CONTENT_TYPE)


def carries_envelope(request: HttpRequest) -> bool:
    """Return whether the request's body is an envelope, as its head says."""
    return request.method == "POST" and request.content_type == MEDIA_TYPE


def _write_fault(code: str, sentence: str, detail: Mapping[str, Any] | None = None) -> bytes:
    """Write a fault, whose own elements have no namespace (WS-I Basic Profile 1.1, R1001)."""
    told = write_element("faultcode", f"soap:{code}") + write_element("faultstring", sentence)
    if detail is not None:
        told += f"<detail>{write_root_element('Problem', detail)}</detail>"
    return write_envelope(f"<soap:Fault>{told}</soap:Fault>")


def _describe_problem(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    """Return the members of a problem in the order of the WSDL."""
    request_id = getattr(request, "request_id", "")
    body = build_problem_body(problem, request.path, request_id)
    errors = body.pop("errors", None)
    return body | {"requestId": request_id, "errors": errors and {"error": errors}}
