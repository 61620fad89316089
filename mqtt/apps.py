from django.apps import AppConfig


class MqttConfig(AppConfig):
    name = "mqtt"
    default_auto_field = "django.db.models.BigAutoField"
