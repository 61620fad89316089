"""Have one effect for each `idempotencyKey` (contract, Idempotency)."""

from typing import Any, Final
from uuid import UUID

from idempotency.errors import BadIdempotencyKey
from idempotency.requests import IdempotentRequest, identify_principal
from kernel.actor import Actor
from kernel.errors import Invalid
from petstore.interfaces.representation.json_text import render_json_bytes

KEY: Final = "idempotencyKey"


def build_idempotent_request(
    given: dict[str, Any], *, operation: str, actor: Actor, target: UUID | None = None
) -> IdempotentRequest | None:
    """Build what must have one effect only from a mutation's input; None where it has no key.

    Raises:
        Invalid: the key is not 1 to 255 printable characters.
    """
    key = given.get(KEY)
    if key is None:
        return None
    content = {name: value for name, value in given.items() if name != KEY}
    try:
        return IdempotentRequest(
            principal=identify_principal(actor),
            operation=operation,
            target=target,
            key=key,
            content=render_json_bytes(content),
        )
    except BadIdempotencyKey as error:
        raise Invalid.for_field(KEY, f"{error.detail}.".replace("Idempotency-Key", "This key")) from error
