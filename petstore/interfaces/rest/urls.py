"""The routes of /v1. No path ends in a slash (contract, Base)."""

from django.urls import path, register_converter

from petstore.interfaces.rest.identifiers import IdConverter
from petstore.interfaces.rest.openapi.views import DocsView, OpenApiJsonView, OpenApiYamlView
from petstore.interfaces.rest.resources.admin.audit_logs import AuditLogViewSet
from petstore.interfaces.rest.resources.admin.orders import AdminOrderViewSet
from petstore.interfaces.rest.resources.admin.statistics import StatisticsViewSet
from petstore.interfaces.rest.resources.admin.users import AdminUserViewSet
from petstore.interfaces.rest.resources.callbacks import CallbackViewSet
from petstore.interfaces.rest.resources.chat import CompletionViewSet, ModelViewSet
from petstore.interfaces.rest.resources.deliveries import DeliveryViewSet
from petstore.interfaces.rest.resources.inventory import InventoryViewSet
from petstore.interfaces.rest.resources.order_events import OrderEventsViewSet
from petstore.interfaces.rest.resources.orders import OrderViewSet
from petstore.interfaces.rest.resources.payments import PaymentViewSet
from petstore.interfaces.rest.resources.pet_images import PetImageViewSet
from petstore.interfaces.rest.resources.pets import PetViewSet
from petstore.interfaces.rest.resources.receipts import ReceiptViewSet
from petstore.interfaces.rest.resources.tokens import AuthViewSet
from petstore.interfaces.rest.resources.users import UserViewSet
from petstore.interfaces.rest.resources.webhooks import WebhookViewSet

register_converter(IdConverter, "id")

urlpatterns = [
    path("orders", OrderViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "orders/<id:order_id>",
        CallbackViewSet.as_view({"get": "retrieve", "post": "call_back", "delete": "cancel_order"}),
    ),
    path("orders/<id:order_id>/history", OrderViewSet.as_view({"get": "list_order_history"})),
    path("orders/<id:order_id>/events", OrderEventsViewSet.as_view({"get": "stream_events"})),
    path("orders/<id:order_id>/payment", PaymentViewSet.as_view({"post": "pay"})),
    path("orders/<id:order_id>/payments", PaymentViewSet.as_view({"get": "list"})),
    path("auth/tokens", AuthViewSet.as_view({"post": "log_in"})),
    path("auth/tokens/refresh", AuthViewSet.as_view({"post": "refresh_tokens"})),
    path("auth/tokens/revoke", AuthViewSet.as_view({"post": "revoke_token"})),
    path("users", UserViewSet.as_view({"post": "create"})),
    path("users/<id:user_id>", UserViewSet.as_view({"get": "retrieve", "put": "update", "delete": "close_account"})),
    path("openapi.json", OpenApiJsonView.as_view(), name="openapi-json"),
    path("openapi.yaml", OpenApiYamlView.as_view(), name="openapi-yaml"),
    path("docs", DocsView.as_view(), name="docs"),
    path("pets", PetViewSet.as_view({"get": "list", "post": "create", "query": "search_pets"})),
    path("pets/search", PetViewSet.as_view({"post": "search_pets"})),
    path("pets/<id:pet_id>", PetViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("pets/<id:pet_id>/images", PetImageViewSet.as_view({"post": "upload_pet_image"})),
    path("inventory", InventoryViewSet.as_view({"get": "show_pet_inventory"})),
    path("inventories", InventoryViewSet.as_view({"get": "count_by_status"})),
    path("receipts/<id:receipt_id>", ReceiptViewSet.as_view({"get": "retrieve"})),
    path("webhooks", WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "webhooks/<id:webhook_id>",
        WebhookViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("webhooks/<id:webhook_id>/secret", WebhookViewSet.as_view({"post": "rotate_secret"})),
    path("webhooks/<id:webhook_id>/test", DeliveryViewSet.as_view({"post": "send_test"})),
    path("webhooks/<id:webhook_id>/deliveries", DeliveryViewSet.as_view({"get": "list"})),
    path(
        "webhooks/<id:webhook_id>/deliveries/<id:delivery_id>/redeliver",
        DeliveryViewSet.as_view({"post": "redeliver"}),
    ),
    path("chat/completions", CompletionViewSet.as_view({"post": "complete_chat"})),
    path("models", ModelViewSet.as_view({"get": "list_models"})),
    path("models/<str:model_id>", ModelViewSet.as_view({"get": "retrieve"})),
    path("admin/dashboard/stats", StatisticsViewSet.as_view({"get": "show_statistics"})),
    path("admin/users", AdminUserViewSet.as_view({"get": "list"})),
    path("admin/users/<id:user_id>", AdminUserViewSet.as_view({"get": "retrieve"})),
    path("admin/users/<id:user_id>/status", AdminUserViewSet.as_view({"patch": "change_status"})),
    path("admin/orders", AdminOrderViewSet.as_view({"get": "list"})),
    path("admin/orders/<id:order_id>/status", AdminOrderViewSet.as_view({"patch": "change_status"})),
    path("admin/orders/<id:order_id>/cancel", AdminOrderViewSet.as_view({"post": "force_cancel"})),
    path("admin/audit-logs", AuditLogViewSet.as_view({"get": "list"})),
    path("admin/audit-logs/<id:entry_id>", AuditLogViewSet.as_view({"get": "retrieve"})),
]
