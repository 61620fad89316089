"""Seeds of the demo store's applications: one in each shop, to log in with from anywhere."""

from typing import Final

from applications.models import Application
from applications.services.registration import register_application
from kernel.access import TokenScope
from kernel.actor import SYSTEM
from petstore.demo.seeds.accounts import Shop

NAME: Final = "Demo"
REDIRECT_URIS: Final = (
    "http://127.0.0.1/callback",
    "http://[::1]/callback",
    "http://127.0.0.1/oauth/callback",
    "http://127.0.0.1/",
)
"""Where programs on one's own machine listen, at any port."""


def seed_application(shop: Shop) -> Application:
    """Return the demo application of the shop, whose scope is open; it is made where it is missing."""
    client_id = f"demo-application-{shop.tenant.slug}"
    existing: Application | None = Application.objects.filter(client_id=client_id).first()
    if existing is not None:
        return existing
    return register_application(
        name=NAME,
        redirect_uris=REDIRECT_URIS,
        scopes=[scope.value for scope in TokenScope],
        is_public=True,
        is_device=True,
        actor=SYSTEM,
        client_id=client_id,
    ).application
