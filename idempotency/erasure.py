"""Erase personal data from the responses stored for idempotency keys (guarantees, G22)."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import orjson

from idempotency.models import IdempotencyRecord
from tenants.scoping import all_tenants

JSON = dict[str, Any]


def erase_stored_responses(user_id: UUID) -> None:
    """Delete the responses that a person got, in every tenant, and those to requests about the person's account."""
    with all_tenants(reason="staff get answers in every tenant"):
        records = IdempotencyRecord.objects.all()
        records.filter(principal=str(user_id)).delete()
        records.filter(target=str(user_id)).delete()
        records.filter(headers__Location__endswith=str(user_id)).delete()


def redact_stored_responses(targets: Collection[UUID], redact: Callable[[JSON], JSON]) -> None:
    """Rewrite the stored responses of the scope to requests about these targets; a repeated request gets what is left.

    Args:
        redact: reduces a response's JSON object to what may stay.
    """
    records = IdempotencyRecord.objects.filter(target__in=[str(target) for target in targets]).exclude(status=0)
    for record in records:
        record.body = _redact_response_body(bytes(record.body), redact)
        record.save(update_fields=["body"])


def _redact_response_body(body: bytes, redact: Callable[[JSON], JSON]) -> bytes:
    """Reduce a body to what names nobody; of one that is no JSON object nothing stays."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return b""
    return orjson.dumps(redact(read)) if isinstance(read, dict) else b""
