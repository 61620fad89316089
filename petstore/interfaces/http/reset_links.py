"""The address of the page on which somebody sets a new password."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse


def build_reset_link(user_id: UUID, token: str, *, site: str) -> str:
    """Build the address that the user opens to set a new password.

    Args:
        site: the service's address where PUBLIC_URL does not say it.
    """
    return (settings.PUBLIC_URL or site) + reverse("new_password", args=(user_id, token))
