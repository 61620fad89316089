from importlib import import_module

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in

PAGES = ("petstore.backoffice.orders", "petstore.backoffice.tenants", "petstore.backoffice.users")
"""Pages over more than one package: Django finds by itself only those that stand in a package's `admin`."""


class BackOfficeConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "petstore.backoffice.site.BackOffice"

    def ready(self) -> None:
        """Register all pages. At a log-in Django would save the user outside any tenant's scope; `enter_back_office`
        writes `last_login` itself."""
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        super().ready()
        for pages in PAGES:
            import_module(pages)
