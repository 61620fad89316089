from django.apps import AppConfig


class RateLimitConfig(AppConfig):
    name = "ratelimit"
    default_auto_field = "django.db.models.BigAutoField"
