from django.urls import path

from petstore.interfaces.monitoring.health import show_health, show_readiness
from petstore.interfaces.monitoring.metrics import show_metrics

urlpatterns = [
    path("healthz", show_health),
    path("readyz", show_readiness),
    path("metrics", show_metrics),
]
