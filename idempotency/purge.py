"""Delete idempotency records that have expired."""

from datetime import timedelta

from idempotency.models import IdempotencyRecord
from kernel import clock
from tenants.scoping import all_tenants


def purge_idempotency_records(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete the records that are older than that, in every tenant; return how many.

    Args:
        dry_run: count them and delete none.
    """
    with all_tenants(reason="stored answers of every tenant grow old"):
        rows = IdempotencyRecord.objects.filter(created_at__lt=clock.now() - older_than)
        return int(rows.count() if dry_run else rows.delete()[0])
