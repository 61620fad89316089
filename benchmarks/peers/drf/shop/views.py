"""The one viewset."""

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import status, viewsets
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from shop.models import SHARED_POOL, Event, Order, OrderTransition, Pet, PendingEvent, User
from shop.serializers import OrderSerializer


class PetNotAvailable(APIException):
    """Somebody else has bought it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "The pet is not available."


class OrderPermission(BasePermission):
    """Reading one anonymous order needs no token; another's order is its owner's and the staff's."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Only the list demands a token."""
        return request.user.is_authenticated or "pk" in view.kwargs or request.method not in SAFE_METHODS

    def has_object_permission(self, request: Request, view: APIView, order: Order) -> bool:
        """An anonymous order is for whoever knows its id."""
        return order.user_id is None or request.user.is_staff or order.user_id == request.user.pk


class OrderViewSet(viewsets.ModelViewSet[Order]):
    """Orders of the caller's scope."""

    serializer_class = OrderSerializer
    permission_classes = [OrderPermission]
    filterset_fields = ["status"]

    def get_queryset(self) -> QuerySet[Order]:
        """The scope's orders, newest first; a customer lists only one's own."""
        scope = self.request.headers.get("X-Tenant-ID", SHARED_POOL)
        orders = Order.objects.filter(tenant_id=scope).order_by("-created_at", "-id")
        user = self.request.user
        if self.action == "list" and isinstance(user, User) and not user.is_staff:
            return orders.filter(user=user)
        return orders

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[Order]) -> None:
        """Take the pet, place the order, write its history and its event."""
        pet = Pet.objects.select_for_update().get(pk=serializer.validated_data["pet"].pk)
        if pet.status != Pet.Status.AVAILABLE:
            raise PetNotAvailable
        pet.status = Pet.Status.PENDING
        pet.save()
        user = self.request.user if isinstance(self.request.user, User) else None
        order = serializer.save(
            pet=pet, user=user, tenant_id=pet.tenant_id, total_amount=pet.price, currency=pet.currency
        )
        OrderTransition.objects.create(order=order, to_status=order.status, actor=user)
        event = Event.objects.create(
            tenant_id=order.tenant_id,
            name="order.statusChanged",
            subject_id=order.pk,
            actor=user,
            data={"order": OrderSerializer(order).data, "previousStatus": None, "newStatus": order.status},
        )
        PendingEvent.objects.create(event=event)
