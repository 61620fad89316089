"""The short way into an action: what DRF's dispatch does for an ordinary request, and nothing else.

DRF finds out anew for each request which parsers, authenticators, permissions, renderers and methods a view has. Here
it is found out once for a route, from the same declarations of the viewset. DRF's own way is taken by all that is out
of the ordinary: OPTIONS, a method that the route has not, an Accept that has to be weighed, a viewset with several
renderers or with a hook of its own. A test holds the two ways equal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from petstore.interfaces.rest.renderers import JSONRenderer
from petstore.server.response_headers import ReadyHeaders, add_ready_headers, prepare_headers

ANYTHING: Final = ("*/*", JSONRenderer.media_type)
"""The values of Accept that need no weighing where JSON is all there is."""
RENDERER: Final = JSONRenderer()
_HOOKS: Final = (
    "allowed_methods", "check_permissions", "check_throttles", "default_response_headers", "determine_version",
    "dispatch", "finalize_response", "get_authenticators", "get_content_negotiator", "get_parser_context",
    "get_parsers", "get_permissions", "get_renderers", "get_throttles", "http_method_names", "initial",
    "initialize_request", "perform_authentication", "perform_content_negotiation", "setup", "throttle_classes",
    "versioning_class",
)  # fmt: skip
"""What DRF lets a view change of its dispatch."""

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Route:
    """What DRF would find out for each request of a route.

    Attributes:
        actions: the name of the action for each method, as a request has it; `action_map` has them as DRF has it.
        make_request: DRF's request class.
        headers: those of every answer.
    """

    view_class: type[Any]
    actions: Mapping[str, str]
    action_map: Mapping[str, str]
    make_request: type[Request]
    parsers: tuple[BaseParser, ...]
    authenticators: tuple[BaseAuthentication, ...]
    permissions: tuple[BasePermission, ...]
    headers: ReadyHeaders

    def serve_action(
        self, action: str, request: HttpRequest, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase:
        """Run the action for a request that asks for JSON, or for anything."""
        view = self.view_class()
        view.action_map, view.action, view.format_kwarg = self.action_map, action, None
        view.args, view.kwargs = args, kwargs
        asked = view.request = self.make_request(
            request,
            parsers=self.parsers,
            authenticators=self.authenticators,
            parser_context={"view": view, "args": args, "kwargs": kwargs},
        )
        asked.accepted_renderer, asked.accepted_media_type = RENDERER, RENDERER.media_type
        asked.version = asked.versioning_scheme = None
        try:
            _authenticate_caller(asked)
            for permission in self.permissions:
                if not permission.has_permission(asked, view):
                    view.permission_denied(asked)
            response: HttpResponseBase = getattr(view, action)(asked, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # DRF's dispatch does so: its handler raises what is a defect of ours
            response = view.handle_exception(error)
        add_ready_headers(response, self.headers)
        return response


def _authenticate_caller(asked: Any) -> None:
    """Put the caller on the request, as reading `Request.user` does, by the attributes that it keeps."""
    for authenticator in asked.authenticators:
        found = authenticator.authenticate(asked)
        if found is not None:
            asked._authenticator = authenticator  # noqa: SLF001
            asked.user, asked.auth = found
            return
    asked._not_authenticated()  # noqa: SLF001


def shorten_view(view_class: type[Any], plain: View, *, base: type[Any], request_class: type[Request]) -> View:
    """Return a view that goes the short way where it can, or `plain`; its `__wrapped__` is `plain`.

    Args:
        plain: the view of a route as DRF makes it.
        base: the viewset of the ordinary, whose hooks `view_class` must not change.
        request_class: of what actions are handed.
    """
    if not _is_ordinary(view_class, base):
        return plain
    route = _find_route(view_class, plain.actions, request_class)  # type: ignore[attr-defined]  # DRF puts it there

    @wraps(plain, assigned=("__doc__", "__module__"))
    def serve_request(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        action = route.actions.get(request.method or "")
        if action is None or request.META.get("HTTP_ACCEPT", "*/*") not in ANYTHING:
            return plain(request, *args, **kwargs)
        return route.serve_action(action, request, args, kwargs)

    return serve_request


def _is_ordinary(view_class: type[Any], base: type[Any]) -> bool:
    """Return whether the viewset changes nothing of DRF's dispatch, and answers in JSON alone."""
    has_hook = any(getattr(view_class, name) is not getattr(base, name) for name in _HOOKS)
    return not has_hook and list(view_class.renderer_classes) == [JSONRenderer]


def _find_route(view_class: type[Any], actions: Mapping[str, str], request_class: type[Request]) -> Route:
    view, action_map = view_class(), dict(actions)
    if "get" in action_map:
        action_map.setdefault("head", action_map["get"])
    for method, action in action_map.items():
        setattr(view, method, getattr(view, action))
    return Route(
        view_class=view_class,
        actions={method.upper(): action for method, action in action_map.items()},
        action_map=action_map,
        make_request=request_class,
        parsers=tuple(view.get_parsers()),
        authenticators=tuple(view.get_authenticators()),
        permissions=tuple(view.get_permissions()),
        headers=prepare_headers(view.default_response_headers),
    )
