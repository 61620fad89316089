"""The back office as an app of Django."""

from importlib import import_module

from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.auth.signals import user_logged_in

PAGES = (
    "journal",
    "tenants",
    "users",
    "pets",
    "payments",
    "applications",
    "endpoints",
    "deliveries",
    "orders",
    "rooms",
)
"""The modules that register the pages of a model."""


class BackOfficeConfig(SimpleAdminConfig):
    """Django's admin with our site, and with no pages but ours: libraries bring some for their tables."""

    default_site = "petstore.interfaces.backoffice.site.BackOffice"

    def ready(self) -> None:
        """Register all pages, and leave `last_login` to `authenticate_staff`: Django would save the user at a log-in
        outside any tenant's scope."""
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        super().ready()
        for name in PAGES:
            import_module(f"petstore.interfaces.backoffice.{name}")
