"""The base classes of the API's viewsets."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.viewsets import ViewSetMixin

from kernel.access import UseCase
from kernel.actor import Actor
from petstore.interfaces.entry.replicas import reads_replica
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.json_text import parse_strict_json
from petstore.interfaces.rest.dispatch import shorten_view
from petstore.interfaces.rest.negotiation import NegotiatedView
from petstore.interfaces.rest.parsers import StrictJSONParser
from petstore.interfaces.rest.permissions import actor_of_request
from petstore.interfaces.rest.renderers import Response

REPLICA_ACTIONS = ("list", "search_pets", "show_pet_inventory", "count_by_status", "show_statistics")
"""Actions that list or sum up; what they read may come from a replica. One row by its id never does."""
_JSON_PARSERS = [StrictJSONParser]


class ApiRequest(Request):
    """DRF's request, which skips the search for a parser where the body is JSON and the view takes JSON."""

    @property
    def data(self) -> Any:
        notes = vars(self._request)
        if "data" not in notes:
            notes["data"] = parse_strict_json(self._request.read()) if self._is_plain_json() else super().data
        return notes["data"]

    def _is_plain_json(self) -> bool:
        meta = self._request.META
        is_json = meta.get("CONTENT_TYPE") == StrictJSONParser.media_type and meta.get("CONTENT_LENGTH", "0") != "0"
        return is_json and [type(parser) for parser in self.parsers or ()] == _JSON_PARSERS


class ApiView(NegotiatedView, GenericAPIView[Any]):
    """Make requests of class `ApiRequest`."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return ApiRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )


class ApiViewSet(ViewSetMixin, ApiView):
    """Explicit actions over use cases.

    Attributes:
        use_cases: the use case of each action, whose Access says which token the action asks for.
        without_location: actions whose 201 makes nothing with an address of its own.
        without_body: actions, besides those of DELETE, whose success has no body.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options", "query"]  # noqa: RUF012  # as View has it
    use_cases: ClassVar[dict[str, UseCase]] = {}
    without_location: ClassVar[frozenset[str]] = frozenset()
    without_body: ClassVar[frozenset[str]] = frozenset()
    resource = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for action in vars(cls).keys() & set(REPLICA_ACTIONS):
            setattr(cls, action, reads_replica(vars(cls)[action]))

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """Return the view of a route, by the short way (`petstore.interfaces.rest.dispatch`) where it can."""
        plain = super().as_view(actions, **initkwargs)
        return plain if initkwargs else shorten_view(cls, plain, base=ApiViewSet, request_class=ApiRequest)

    @property
    def actor(self) -> Actor:
        return actor_of_request(self.request)

    def options(  # type: ignore[override]  # ours is an HttpResponse, which is all that dispatch asks for
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Response:
        """Answer 204 with Allow (RFC 9110, 9.3.7)."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


def build_location(request: Request, collection: str, row_id: UUID) -> dict[str, str]:
    """Build the Location header of a new row."""
    return {"Location": f"{build_site_url(request._request)}{settings.API_PREFIX}{collection}/{row_id}"}
