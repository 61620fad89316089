from importlib import import_module

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in

PAGES = (
    "journal",
    "tenants",
    "users",
    "pets",
    "payments",
    "endpoints",
    "deliveries",
    "orders",
    "tenant_secrets",
    "user_erasure",
)
"""The modules of this package that register pages."""


class BackOfficeConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "petstore.interfaces.backoffice.site.BackOffice"

    def ready(self) -> None:
        """Register all pages. At a log-in Django would save the user outside any tenant's scope; `authenticate_staff`
        writes `last_login` itself."""
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        super().ready()
        for pages in PAGES:
            import_module(f"petstore.interfaces.backoffice.{pages}")
