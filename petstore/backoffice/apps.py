from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in


class BackOfficeConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "petstore.backoffice.site.BackOffice"

    def ready(self) -> None:
        """Django would save the user outside any tenant's scope; `enter_back_office` writes `last_login` itself."""
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        super().ready()
