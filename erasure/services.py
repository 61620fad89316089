"""The right to be forgotten, over all packages (guarantees, G22).

What names a person is gone when the use case has returned, but for what a request under way writes afterwards. So the
daily purge does it again for whoever was erased of late.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from events.models import Action, AuditEvent
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor
from payments.services import account_closure
from tenants.scoping import all_tenants, tenant_scope
from webhooks.services.erasure import erase_callbacks


@requires_access(TokenScope.WRITE_USER)
def erase_user(*, user_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Close an account of the scope and erase what names the person; the orders and the amounts stay.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, NotFound, StaleVersion
    """
    with transaction.atomic():
        order_ids = account_closure.close_account(user_id=user_id, actor=actor, expected_version=expected_version)
        erase_callbacks(order_ids)


def erase_payer(*, order_id: UUID, actor: Actor) -> None:
    """Erase who has paid an order of the scope without an account.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, OrderNotFound, PayerHasAccount
    """
    with transaction.atomic():
        account_closure.erase_payer(order_id=order_id, actor=actor)
        erase_callbacks([order_id])


def repeat_erasures(*, older_than: timedelta, dry_run: bool) -> int:
    """Erase once more what names whoever was erased since then; returns how many people.

    Args:
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
            with tenant_scope(tenant_id), transaction.atomic():
                erase_callbacks(account_closure.erase_person_traces(user_id))
        for tenant_id, order_id in orders:
            with tenant_scope(tenant_id), transaction.atomic():
                account_closure.erase_payer_traces(order_id)
                erase_callbacks([order_id])
    return len(users) + len(orders)
