"""The routes of /v1. No path ends in a slash (contract, Base)."""

from django.urls import path

from petstore.api.orders import OrderViewSet

urlpatterns = [
    path("orders", OrderViewSet.as_view({"get": "list", "post": "create"})),
    path("orders/<uuid:order_id>", OrderViewSet.as_view({"get": "retrieve", "delete": "cancel"})),
    path("orders/<uuid:order_id>/history", OrderViewSet.as_view({"get": "history"})),
]
