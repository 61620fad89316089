from django.urls import path

from petstore.interfaces.monitoring.health import healthz, readyz
from petstore.interfaces.monitoring.metrics import metrics

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
