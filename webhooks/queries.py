"""Reads of webhooks for staff of the scope: endpoints, deliveries and attempts."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Role
from tenants.scoping import TenantQuerySet, all_tenants
from webhooks.errors import DeliveryNotFound, EndpointNotFound
from webhooks.models import Attempt, Delivery, DeliveryQuerySet, Endpoint

REASON = "the worker serves all tenants"


@requires_access(TokenScope.READ_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def list_webhook_endpoints(actor: Actor) -> TenantQuerySet[Endpoint]:
    """Return the subscribed endpoints of this scope, oldest first; raises LoginRequired, Forbidden."""
    actor.require_staff()
    rows: TenantQuerySet[Endpoint] = Endpoint.objects.filter(kind=Endpoint.Kind.SUBSCRIPTION)
    return rows.order_by("created_at", "id")


@requires_access(TokenScope.READ_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def get_webhook_endpoint(endpoint_id: UUID, *, actor: Actor) -> Endpoint:
    """Return one endpoint of the scope.

    Raises:
        EndpointNotFound, LoginRequired, Forbidden
    """
    endpoint = list_webhook_endpoints(actor).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


@requires_access(TokenScope.READ_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def list_endpoint_deliveries(endpoint_id: UUID, *, actor: Actor) -> DeliveryQuerySet:
    """Return the deliveries to one endpoint, newest first, with messages; raises what `get_webhook_endpoint` raises."""
    endpoint = get_webhook_endpoint(endpoint_id, actor=actor)
    rows: DeliveryQuerySet = Delivery.objects.filter(endpoint=endpoint).select_related("message")
    return rows.order_by("-created_at", "-id")


def get_webhook_delivery(delivery_id: UUID, *, actor: Actor, endpoint_id: UUID | None = None) -> Delivery:
    """Return one delivery of the scope, with its message.

    Args:
        endpoint_id: it must be this endpoint's.

    Raises:
        DeliveryNotFound, LoginRequired, Forbidden
    """
    actor.require_staff()
    rows = Delivery.objects.select_related("message", "endpoint").filter(pk=delivery_id)
    delivery: Delivery | None = (rows.filter(endpoint_id=endpoint_id) if endpoint_id else rows).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def list_deliveries_about(ordering_key: UUID) -> DeliveryQuerySet:
    """Return the deliveries about an order or a pet of the scope, callbacks too, oldest first."""
    rows: DeliveryQuerySet = Delivery.objects.filter(ordering_key=ordering_key).select_related("message", "endpoint")
    return rows.order_by("created_at", "id")


def list_delivery_attempts(delivery: Delivery) -> TenantQuerySet[Attempt]:
    """Return the attempts of one delivery, first to last."""
    rows: TenantQuerySet[Attempt] = Attempt.objects.filter(delivery=delivery)
    return rows.order_by("pk")


def read_oldest_due_time() -> datetime | None:
    """Return since when the delivery, of all tenants, that has waited longest is due; None if none waits.

    Endpoints that are paused, that fail, whose tenant is SUSPENDED, or that a delivery is in flight to at this moment
    do not count: their deliveries do not wait for the worker. Callbacks do not either, for anybody can ask for any
    number of them.
    """
    with all_tenants(reason=REASON):
        own = Delivery.objects.filter(endpoint=OuterRef("pk"))
        under_way = own.filter(due_at__gt=clock.now(), claim__isnull=False)
        due = Subquery(own.filter(due_at__isnull=False).order_by("due_at").values("due_at")[:1])
        well = Endpoint.objects.reachable().filter(failures=0, kind=Endpoint.Kind.SUBSCRIPTION)
        waits = well.annotate(due_at=due).filter(~Exists(under_way), due_at__isnull=False).order_by("due_at")
        at: datetime | None = waits.values_list("due_at", flat=True).first()
    return at


def count_pending_deliveries() -> int:
    """Count the unfinished deliveries of all tenants."""
    with all_tenants(reason=REASON):
        return int(Delivery.objects.filter(settled_at__isnull=True).count())


def count_failed_deliveries() -> int:
    """Count the deliveries of all tenants whose last attempt failed, and that staff can send again."""
    with all_tenants(reason=REASON):
        return int(Delivery.objects.filter(status=Delivery.Status.FAILED).count())
