from importlib import import_module

from django.apps import AppConfig


class PetstoreConfig(AppConfig):
    name = "petstore"

    def ready(self) -> None:
        """Register the system checks, which read models."""
        import_module("petstore.server.checks")
