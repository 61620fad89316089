from kernel.errors import Conflict, DomainError, Invalid, Kind


class BadIdempotencyKey(Invalid):
    """The key is not 1 to 255 printable characters."""

    code = "bad_idempotency_key"
    title = "Idempotency-Key must be 1 to 255 printable characters"


class KeyInUse(Conflict):
    """The first request with this key is still running."""

    code = "idempotency_key_in_use"
    title = "The first request with this Idempotency-Key is still running"
    retry_after = 1


class KeyReused(DomainError):
    """The key came with another request before."""

    kind = Kind.KEY_REUSED
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used with another request"
