"""The addresses of the pages that the browser tests visit."""

from django.db.models import Model
from django.urls import reverse

from accounts.models import User
from chat.models import Room
from chat.rooms.participants import find_participant
from chat.services.room_messages import send_room_message
from orders.models import Order
from payments.models import Payment
from tenants.scoping import tenant_scope
from tests.applications.registering import connect, register
from tests.factories import acting
from webhooks.models import Delivery

LISTS = {
    "orders": "orders_order",
    "payments": "payments_payment",
    "pets": "pets_pet",
    "users": "accounts_user",
    "tenants": "tenants_tenant",
    "applications": "applications_application",
    "endpoints": "webhooks_endpoint",
    "deliveries": "webhooks_delivery",
    "journal": "events_auditevent",
    "rooms": "chat_room",
}


def list_page_addresses(payment: Payment, delivery: Delivery, unpaid: Order) -> dict[str, str]:
    """Return the address of a page of each kind, by its name: lists, rows, and pages about a row."""
    order = payment.order
    application = register(order.tenant).application
    if order.user is not None:
        connect(application, order.user)
    rows: list[Model | None] = [
        order,
        order.pet,
        order.user,
        order.tenant,
        payment,
        delivery,
        delivery.endpoint,
        application,
        _open_support_room(order.user),
    ]
    return {
        "dashboard": reverse("admin:index"),
        **{name: reverse(f"admin:{model}_changelist") for name, model in LISTS.items()},
        **{str(row._meta.verbose_name): reverse(_page_name(row, "change"), args=(row.pk,)) for row in rows if row},
        "filter to be saved": f"{reverse('admin:orders_order_filters')}?status__exact=PLACED",
        "new order": reverse("admin:orders_order_add"),
        "new application": reverse("admin:applications_application_add"),
        "deletion of an application": reverse(
            "admin:applications_application_command", args=(application.pk, "remove")
        ),
        "confirmation": reverse("admin:orders_order_command", args=(order.pk, "cancel")),
        "confirmation of an unpaid order": reverse("admin:orders_order_command", args=(unpaid.pk, "approve")),
        "receipt": reverse("admin:payments_payment_receipt", args=(payment.pk,)),
        "password": reverse("admin:password_change"),
    }


def _open_support_room(customer: User | None) -> Room | None:
    """A room in which a customer has asked something."""
    if customer is None:
        return None
    actor = acting(customer)
    with tenant_scope(customer.tenant_id):
        person = find_participant(actor=actor).person
        text = "Is Rex still there? " * 20
        message = send_room_message(text=text, client_id="c-1", sender=person, actor=actor).message
        return Room.objects.get(pk=message.room_id)


def _page_name(row: Model, name: str) -> str:
    return f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}"
