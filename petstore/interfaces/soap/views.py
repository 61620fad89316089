"""Serve /soap: envelopes of SOAP 1.1, and the WSDL (contract, SOAP)."""

from collections.abc import Callable
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework.exceptions import UnsupportedMediaType

from petstore.interfaces.calls import find_scoped_caller
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request
from petstore.interfaces.http.problems import Problem, build_problem_response, translate_exception
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.etags import find_held_etag
from petstore.interfaces.soap.elements import CONTENT_TYPE
from petstore.interfaces.soap.faults import (
    MEDIA_TYPE,
    EnvelopeRefused,
    build_envelope_fault,
    build_fault_response,
    carries_envelope,
)
from petstore.interfaces.soap.wsdl import render_wsdl

_EXCHANGE: Final = "petstore.interfaces.soap.exchange.answer_envelope"
_WSDL_QUERIES: Final = frozenset(("wsdl", "WSDL"))


def serve_soap(request: HttpRequest) -> HttpResponse:
    """Answer an envelope, or a question for the WSDL."""
    asks_for_wsdl = not _WSDL_QUERIES.isdisjoint(request.GET)
    allowed = "GET, HEAD, POST, OPTIONS" if asks_for_wsdl else "POST, OPTIONS"
    if request.method == "OPTIONS":
        return _build_bare_response(204, Allow=allowed)
    if request.method not in allowed.split(", "):
        return build_problem_response(Problem.of_status(405, headers=(("Allow", allowed),)), request)
    try:
        return _answer_post(request) if request.method == "POST" else _show_wsdl(request)
    except EnvelopeRefused as error:
        return build_envelope_fault(error)
    except Exception as error:
        problem = translate_exception(error)
        if problem is None:
            raise
        return build_fault_response(problem, request)


def _answer_post(request: HttpRequest) -> HttpResponse:
    if not carries_envelope(request):
        raise UnsupportedMediaType(request.content_type or "", f"Only {MEDIA_TYPE} is taken here.")
    return _load_exchange()(request)


@cache
def _load_exchange() -> Callable[[HttpRequest], HttpResponse]:
    """Import lxml, in the request thread of a process's first envelope: stores without SOAP never load it."""
    answer_envelope: Callable[[HttpRequest], HttpResponse] = import_string(_EXCHANGE)
    return answer_envelope


def _show_wsdl(request: HttpRequest) -> HttpResponse:
    """Return the WSDL, or 304 where the caller has it already; whoever has a token has a good one."""
    find_scoped_caller(credentials_of_request(request), vars(request)["entrance"], peer_of_request(request))
    document = render_wsdl(build_site_url(request))
    held = find_held_etag(request.META.get("HTTP_IF_NONE_MATCH"), document.etag)
    if held:
        return _build_bare_response(304, ETag=held)
    return HttpResponse(document.text, content_type=CONTENT_TYPE, headers={"ETag": document.etag})


def _build_bare_response(status: int, **headers: str) -> HttpResponse:
    response = HttpResponse(status=status, headers=headers)
    del response["Content-Type"]
    return response
