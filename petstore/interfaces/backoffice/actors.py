"""The logged-in user of a page as an actor."""

from django.http import HttpRequest

from accounts.models import User
from accounts.queries import permissions_of_user
from kernel.actor import Actor, Role
from petstore.interfaces.backoffice import sudo
from petstore.interfaces.http.client_ip import read_client_address


def build_request_actor(request: HttpRequest) -> Actor:
    """Return the logged-in user, or an anonymous actor, with the address and id of the request for audit events."""
    user, address, request_id = request.user, read_client_address(request), getattr(request, "request_id", "")
    if isinstance(user, User):
        return Actor(
            user_id=user.pk,
            role=Role(user.role),
            ip_address=address,
            request_id=request_id,
            permissions=permissions_of_user(user),
            proved_at=sudo.read_proof_time(request),
        )
    return Actor(ip_address=address, request_id=request_id)
