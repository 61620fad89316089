"""The viewsets."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from shop.models import SHARED_POOL, Event, Order, OrderTransition, Pet, PendingEvent, User
from shop.serializers import OrderSerializer, PetSerializer, SearchSerializer


class PetNotAvailable(APIException):
    """Somebody else has bought it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "The pet is not available."


def get_scope(request: Request) -> UUID | str:
    """The tenant that the caller names, else the shared pool."""
    return request.headers.get("X-Tenant-ID", SHARED_POOL)


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
        orders = Order.objects.filter(tenant_id=get_scope(self.request)).order_by("-created_at", "-id")
        user = self.request.user
        if self.action == "list" and isinstance(user, User) and not user.is_staff:
            return orders.filter(user=user)
        return orders

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[Order]) -> None:
        """Take the pet, place the order, write its history and its event."""
        pets = Pet.objects.select_for_update().filter(tenant_id=get_scope(self.request))
        pet = get_object_or_404(pets, pk=serializer.validated_data["pet"].pk)
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


class PetViewSet(viewsets.ReadOnlyModelViewSet[Pet]):
    """Pets of the caller's scope, for everybody."""

    serializer_class = PetSerializer
    filterset_fields = ["species", "status"]

    def get_queryset(self) -> QuerySet[Pet]:
        """The scope's pets, oldest first; a list shows those that are available unless a status is asked for."""
        pets = Pet.objects.filter(tenant_id=get_scope(self.request)).prefetch_related("photos")
        if self.action != "retrieve" and "status" not in self.request.query_params:
            pets = pets.filter(status=Pet.Status.AVAILABLE)
        return pets.order_by("created_at", "id")

    @action(detail=False, methods=["post"])
    def search(self, request: Request) -> Response:
        """Find available pets by criteria in the body."""
        wanted = SearchSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        pets = self.get_queryset().filter(**wanted.validated_data.get("criteria", {}))
        if sort := wanted.validated_data.get("sort"):
            column = {"ageMonths": "age_months", "price": "price"}[sort["field"]]
            sign = "-" if sort["order"] == "DESC" else ""
            pets = pets.order_by(f"{sign}{column}", f"{sign}id")
        asked = wanted.validated_data.get("pagination", {"page": 1, "limit": 20})
        page = Paginator(pets, asked["limit"]).get_page(asked["page"])
        return Response(
            {
                "data": self.get_serializer(page.object_list, many=True).data,
                "pagination": {
                    "page": page.number,
                    "limit": asked["limit"],
                    "totalItems": page.paginator.count,
                    "totalPages": page.paginator.num_pages,
                },
                "links": {
                    "self": request.build_absolute_uri(),
                    "next": None,
                    "prev": None,
                    "first": None,
                    "last": None,
                },
            }
        )
