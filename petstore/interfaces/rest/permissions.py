"""Let a caller into an action by the Access of its use case (contract, Who may do what)."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.queries import Principal
from kernel.access import access_of
from kernel.actor import Actor
from petstore.interfaces.calls import admit_caller
from petstore.interfaces.http.callers import peer_of_request


class AccessPermission(BasePermission):
    """Admit the caller and remember the actor; an action without a use case cannot be called."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action, notes = view.action, vars(request._request)
        if action not in (None, "metadata"):
            principal: Principal | None = request.user  # type: ignore[assignment]  # our authentication put it there
            access = access_of(view.use_cases[action])
            notes["actor"] = admit_caller(principal, access, notes["tenant"], peer_of_request(request._request))
        return True


def actor_of_request(request: Request) -> Actor:
    """Return the actor of an admitted request, whom use cases take and the journal records."""
    actor: Actor = vars(request._request)["actor"]
    return actor
