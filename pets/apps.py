from django.apps import AppConfig


class PetsConfig(AppConfig):
    name = "pets"
    default_auto_field = "django.db.models.BigAutoField"
