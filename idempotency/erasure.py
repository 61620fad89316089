"""Forgetting people in the answers that are stored for idempotency keys (guarantees, G22)."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import orjson
from django.db.models.functions import Right

from idempotency.models import IdempotencyRecord
from tenants.scoping import all_tenants

ID_LENGTH = 36
JSON = dict[str, Any]


def erase_records(user_id: UUID) -> None:
    """Delete the answers that a person got, wherever, and those to requests about the person's account."""
    with all_tenants(reason="staff get answers in every tenant"):
        answers = IdempotencyRecord.objects.alias(about=Right("route", ID_LENGTH))
        answers.filter(principal=str(user_id)).delete()
        answers.filter(about=str(user_id)).delete()
        answers.filter(headers__Location__endswith=str(user_id)).delete()


def redact_records(targets: Collection[UUID], redact: Callable[[JSON], JSON]) -> None:
    """Rewrite the answers of the scope to requests about these targets: a repeated request gets what is left.

    Args:
        redact: makes of an answer's JSON what may stay.
    """
    texts = [str(target) for target in targets]
    for answer in (
        IdempotencyRecord.objects.alias(about=Right("route", ID_LENGTH)).filter(about__in=texts).exclude(status=0)
    ):
        answer.body = _redact_body(bytes(answer.body), redact)
        answer.save(update_fields=["body"])


def _redact_body(body: bytes, redact: Callable[[JSON], JSON]) -> bytes:
    """Reduce an answer to what names nobody; of one that is no JSON object nothing stays."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return b""
    return orjson.dumps(redact(read)) if isinstance(read, dict) else b""
