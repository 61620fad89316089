"""The steps that want a fresh proof of who is there, each ready to be taken by somebody."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.groups import StaffGroup
from accounts.models import User
from accounts.services.groups import assign_staff_group
from accounts.services.passwords import make_reset_token
from accounts.services.registration import Profile, register_user
from accounts.services.tenants import add_tenant_member, create_staff_account, create_tenant, remove_tenant_member
from applications.services.lifecycle import delete_application
from applications.services.registration import change_application, rotate_client_secret
from erasure.services import erase_payer, erase_user
from kernel.actor import Actor, Role
from orders.states import Command
from payments.gateways.ledger import DatabaseLedger
from payments.gateways.port import Outcome, Refund
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment
from payments.services.order_transitions import refund_payment, transition_order
from payments.services.refunds import record_manual_refund, retry_refused_refund
from tenants.models import Tenant
from tests.applications.registering import CALLBACK, register
from tests.factories import PASSWORD, CustomerFactory, OrderFactory, StaffFactory
from tests.payments.paying import pay
from tests.webhooks.conftest import subscribe_endpoint
from webhooks.services.endpoints import rotate_secret

Step = Callable[[Actor], object]
NEWCOMER = Profile(email="nora@example.com", first_name="Nora", last_name="Miller")


class Refusing(SandboxGateway):
    """A gateway that refuses every refund for good."""

    def __init__(self) -> None:
        super().__init__(DatabaseLedger())

    def refund_charge(self, *, key: str, reference: str, amount: object, currency: str) -> Refund:
        return Refund(Outcome.DECLINED, code="charge_disputed")


@dataclass(frozen=True)
class Ground:
    """What the steps are about; the scope of the tenant is open.

    Attributes:
        refuses: makes the gateway refuse every refund.
    """

    tenant: Tenant
    other_tenant: Tenant
    refuses: Callable[[], object]

    def customer(self) -> User:
        return CustomerFactory.create(tenant=self.tenant)

    def staff(self) -> User:
        return StaffFactory.create(tenant=self.tenant)

    def payment(self) -> Payment:
        return pay(OrderFactory.create(tenant=self.tenant))

    def refused_payment(self, admin: Actor) -> Payment:
        payment = self.payment()
        self.refuses()
        return refund_payment(payment_id=payment.id, actor=admin)


def register_an_admin(ground: Ground, admin: Actor) -> Step:
    return lambda actor: register_user(
        username="nora", password=PASSWORD, profile=NEWCOMER, actor=actor, role=Role.ADMIN
    )


def employ_somebody(ground: Ground, admin: Actor) -> Step:
    tenant_id = ground.tenant.id
    return lambda actor: create_staff_account(
        tenant_id=tenant_id, username="nora", password=PASSWORD, profile=NEWCOMER, actor=actor
    )


def change_a_group(ground: Ground, admin: Actor) -> Step:
    user_id = ground.staff().id
    return lambda actor: assign_staff_group(user_id=user_id, group=StaffGroup.CLERK, actor=actor)


def add_a_member(ground: Ground, admin: Actor) -> Step:
    username, tenant_id = ground.staff().username, ground.other_tenant.id
    return lambda actor: add_tenant_member(tenant_id=tenant_id, username=username, actor=actor)


def open_a_tenant_with_a_member(ground: Ground, admin: Actor) -> Step:
    username = ground.staff().username
    return lambda actor: create_tenant(name="New shop", access="OPEN", actor=actor, staff_username=username)


def remove_a_member(ground: Ground, admin: Actor) -> Step:
    staff, tenant_id = ground.staff(), ground.tenant.id
    return lambda actor: remove_tenant_member(tenant_id=tenant_id, user=staff, actor=actor)


def make_a_reset_link(ground: Ground, admin: Actor) -> Step:
    user_id = ground.customer().id
    return lambda actor: make_reset_token(user_id=user_id, actor=actor)


def close_an_account(ground: Ground, admin: Actor) -> Step:
    user_id = ground.customer().id
    return lambda actor: erase_user(user_id=user_id, actor=actor)


def erase_a_payer(ground: Ground, admin: Actor) -> Step:
    order_id = ground.payment().order_id
    return lambda actor: erase_payer(order_id=order_id, actor=actor)


def rotate_a_secret(ground: Ground, admin: Actor) -> Step:
    endpoint_id = subscribe_endpoint(ground.tenant, "https://shop.example/hooks", "order.statusChanged").id
    return lambda actor: rotate_secret(endpoint_id=endpoint_id, actor=actor)


def register_a_program(ground: Ground, admin: Actor) -> Step:
    return lambda actor: register(actor=actor)


def change_a_program(ground: Ground, admin: Actor) -> Step:
    program_id = register().application.id
    return lambda actor: change_application(
        application_id=program_id,
        name="Other",
        redirect_uris=[CALLBACK],
        scopes=["read:pets"],
        is_device=False,
        actor=actor,
    )


def rotate_a_programs_secret(ground: Ground, admin: Actor) -> Step:
    program_id = register().application.id
    return lambda actor: rotate_client_secret(application_id=program_id, actor=actor)


def delete_a_program(ground: Ground, admin: Actor) -> Step:
    program_id = register().application.id
    return lambda actor: delete_application(application_id=program_id, actor=actor)


def refund(ground: Ground, admin: Actor) -> Step:
    payment_id = ground.payment().id
    return lambda actor: refund_payment(payment_id=payment_id, actor=actor)


def refund_once_more(ground: Ground, admin: Actor) -> Step:
    payment_id = ground.refused_payment(admin).id
    return lambda actor: retry_refused_refund(payment_id=payment_id, actor=actor)


def note_a_refund(ground: Ground, admin: Actor) -> Step:
    payment_id = ground.refused_payment(admin).id
    return lambda actor: record_manual_refund(payment_id=payment_id, reason="Transfer 4711", actor=actor)


def cancel_by_force(ground: Ground, admin: Actor) -> Step:
    order_id = OrderFactory.create(tenant=ground.tenant).id
    return lambda actor: transition_order(order_id=order_id, command=Command.FORCE_CANCEL, actor=actor)


STEPS: tuple[Callable[[Ground, Actor], Step], ...] = (
    register_an_admin,
    employ_somebody,
    change_a_group,
    add_a_member,
    open_a_tenant_with_a_member,
    remove_a_member,
    make_a_reset_link,
    close_an_account,
    erase_a_payer,
    rotate_a_secret,
    register_a_program,
    change_a_program,
    rotate_a_programs_secret,
    delete_a_program,
    refund,
    refund_once_more,
    note_a_refund,
    cancel_by_force,
)
