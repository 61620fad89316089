from kernel.errors import Conflict, DomainError, Forbidden, Kind, NotFound


class OrderNotFound(NotFound):
    """The scope has no such order."""

    code = "order_not_found"
    title = "There is no such order"


class NotYourOrder(Forbidden):
    """The order belongs to another customer."""

    code = "not_your_order"
    title = "This order belongs to another customer"


class IllegalTransition(Conflict):
    """The state table has no such step."""

    code = "illegal_transition"
    title = "The order's status does not allow this"


class ChangedMeanwhile(Conflict):
    """Another caller changed the order between the read and the write."""

    code = "changed_meanwhile"
    title = "The order was changed by somebody else at the same time"


class AnonymousOrderLimit(DomainError):
    """The caller's network holds the most unpaid orders that it may without a token."""

    kind = Kind.TOO_MANY
    code = "anonymous_order_limit"
    title = "Too many unpaid orders from this address"
    retry_after = 60
