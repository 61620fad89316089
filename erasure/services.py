"""The right to be forgotten: one use case over accounts, orders, payments, webhooks, rooms and the journal (G22).

A person's data is erased when the use case returns, except for what a request under way writes afterwards. So the
daily purge repeats the erasures of the last days.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.services import registration
from accounts.services.account_closure import erase_mentions_of_user
from applications.services.erasure import erase_user_grants
from chat.services.room_erasure import erase_user_from_rooms
from events.erasure import erase_actor_origins, erase_free_text
from events.models import Action, AuditEvent, EntityType
from events.services import record_event
from idempotency.erasure import erase_stored_responses, redact_stored_responses
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import SYSTEM, Actor
from orders.models import Order
from orders.queries import get_order
from orders.services.account_closure import erase_reasons
from payments.errors import PayerHasAccount
from payments.services.payer_erasure import erase_payers, strip_payer_from_answer
from tenants.scoping import all_tenants, tenant_scope
from tenants.transactions import begin_wide_transaction
from webhooks.services.erasure import erase_callbacks

ORDERS_PER_STATEMENT: Final = 500


@requires_access(TokenScope.WRITE_USER)
def erase_user(*, user_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Close an account of the scope and erase the person's data everywhere; their orders and amounts stay.

    Their open support rooms are closed by the actor.

    Args:
        expected_version: the account's version that the caller saw, from If-Match.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, NotFound, StaleVersion
    """
    with begin_wide_transaction(reason="a person is erased in every tenant"):
        erase_mentions_of_user(user_id)
        registration.close_account(user_id=user_id, actor=actor, expected_version=expected_version)
        _erase_user_traces(user_id, actor)


def erase_payer(*, order_id: UUID, actor: Actor) -> None:
    """Erase whoever paid an order of the scope without an account, or tried to; the erasure is journaled.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, OrderNotFound
        PayerHasAccount: the order belongs to an account, which has to be erased instead.
    """
    actor.require_admin()
    at = clock.now()
    actor.require_fresh_proof(at)
    if get_order(order_id, actor=actor).user_id is not None:
        raise PayerHasAccount
    with transaction.atomic():
        record_event(Action.PAYER_ERASED, entity_type=EntityType.ORDERS, entity_id=order_id, actor=actor, at=at)
        _erase_order_traces([order_id])


def repeat_erasures(*, older_than: timedelta, dry_run: bool) -> int:
    """Erase once more the people of all tenants who were erased within that time, and return their number.

    Args:
        older_than: the age of the oldest erasure that is repeated.
        dry_run: only count them.
    """
    since = clock.now() - older_than
    with all_tenants(reason="people of every tenant are erased"):
        closed = User.objects.filter(status=User.Status.CLOSED, updated_at__gte=since)
        users = list(closed.values_list("tenant_id", "pk"))
        erased = AuditEvent.objects.filter(action=Action.PAYER_ERASED, created_at__gte=since)
        orders = list(erased.values_list("tenant_id", "entity_id"))
    if not dry_run:
        for tenant_id, user_id in users:
            with tenant_scope(tenant_id), begin_wide_transaction(reason="a person is erased in every tenant"):
                _erase_user_traces(user_id, SYSTEM)
        for tenant_id, order_id in orders:
            with tenant_scope(tenant_id), transaction.atomic():
                _erase_order_traces([order_id])
    return len(users) + len(orders)


def _erase_user_traces(user_id: UUID, actor: Actor) -> None:
    """Erase what names the former user of a closed account; a second time changes nothing."""
    order_ids = list(Order.objects.for_customer(user_id).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(order_ids), ORDERS_PER_STATEMENT):
        _erase_order_traces(order_ids[start : start + ORDERS_PER_STATEMENT])
    erase_user_from_rooms(user_id, actor=actor)
    erase_free_text([user_id])
    erase_actor_origins(user_id)
    erase_stored_responses(user_id)
    erase_user_grants(user_id)


def _erase_order_traces(order_ids: Collection[UUID]) -> None:
    """Erase what names the payers of orders: in payments, histories, stored answers, the journal and callbacks."""
    payment_ids = erase_payers(order_ids)
    erase_reasons(order_ids)
    redact_stored_responses([*order_ids, *payment_ids], strip_payer_from_answer)
    erase_free_text([*order_ids, *payment_ids])
    erase_callbacks(order_ids)
