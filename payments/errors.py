from kernel.errors import DomainError, Kind


class GatewayError(DomainError):
    """The gateway refused to work, and nothing was charged or refunded."""

    kind = Kind.UNAVAILABLE
    code = "gateway_error"
    title = "The payment gateway could not process this; nothing was charged"


class GatewayTimeout(DomainError):
    """Nobody knows yet whether the gateway did it: ask it later, under the same key, before anything else."""

    kind = Kind.UNAVAILABLE
    code = "gateway_timeout"
    title = "The payment gateway did not answer in time"
