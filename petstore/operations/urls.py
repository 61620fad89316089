from django.urls import path

from petstore.operations.health import healthz, readyz
from petstore.operations.metrics import metrics

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
