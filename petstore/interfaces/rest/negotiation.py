"""Choose what to answer with (contract, Errors and Browsers): refuse an Accept only where there is a body to send."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from petstore.interfaces.http.problems import CONTENT_TYPE, Problem, build_problem_response

WITHOUT_BODY = ("HEAD", "OPTIONS", "DELETE")
_OK = 200


class Negotiation(DefaultContentNegotiation):
    """Match Accept as DRF does, but for three things.

    A caller who takes only `application/problem+json` gets a success in its usual form; a
    parameter such as `charset` is no reason to refuse; and where an answer may have no body, it is made first.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        try:
            found: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            found = _choose_usual_renderer(request, list(renderers))
        return found


def _choose_usual_renderer(request: Request, renderers: list[BaseRenderer]) -> tuple[BaseRenderer, str]:
    """Return the view's first renderer; raises NotAcceptable where the request must not be tried at all."""
    if not _accepts_media_type(request, {CONTENT_TYPE, *(renderer.media_type for renderer in renderers)}):
        if request.method != "GET" and not _answers_without_body(request):
            raise NotAcceptable
        vars(request._request)["takes_no_body"] = True
    return renderers[0], renderers[0].media_type


def _accepts_media_type(request: Request, media_types: set[str]) -> bool:
    accepted = request._request.META.get("HTTP_ACCEPT", "").split(",")
    return not media_types.isdisjoint(one.partition(";")[0].strip().lower() for one in accepted)


def _answers_without_body(request: Request) -> bool:
    view = (request.parser_context or {}).get("view")
    return request.method in WITHOUT_BODY or getattr(view, "action", None) in getattr(view, "without_body", ())


class NegotiatedView(APIView):
    """Answer 406 to a GET only when there is a body that Accept does not take."""

    content_negotiation_class = Negotiation

    def finalize_response(  # type: ignore[override]  # ours are HttpResponses, which is all that dispatch asks for
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        asked: HttpRequest = request._request
        if response.status_code == _OK and request.method == "GET" and "takes_no_body" in vars(asked):
            response.close()
            response = build_problem_response(Problem.of_status(406), asked)
        final: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        return final
