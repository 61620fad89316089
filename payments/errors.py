"""Errors of payments that callers can understand."""

from kernel.errors import Conflict, DomainError, Kind, NotFound


class GatewayError(DomainError):
    """The gateway refused to work, and nothing was charged or refunded."""

    kind = Kind.UNAVAILABLE
    code = "gateway_error"
    title = "The payment gateway could not process this; nothing was charged"


class GatewayTimeout(DomainError):
    """The outcome is unknown: the gateway may have done it. Ask it later, under the same key, before anything else."""

    kind = Kind.UNAVAILABLE
    code = "gateway_timeout"
    title = "The payment gateway did not answer in time"


class PaymentNotFound(NotFound):
    """No such payment in this scope."""

    code = "payment_not_found"
    title = "There is no such payment"


class ReceiptNotFound(NotFound):
    """No such receipt in this scope: there is no such payment, or it did not go through."""

    code = "receipt_not_found"
    title = "There is no such receipt"


class OrderNotPayable(Conflict):
    """The order is not PLACED."""

    code = "order_not_payable"
    title = "The order's status does not allow a payment"


class UnpaidOrderNeedsReason(Conflict):
    """No payment covers the order, and no reason was given to go on without one."""

    code = "unpaid_order_needs_reason"
    title = "No payment covers this order: give a reason to go on without one"


class PaymentUnderWay(Conflict):
    """The order has an open payment, which may still charge the customer."""

    code = "payment_under_way"
    title = "A payment of this order is under way"


class PaymentNotRefundable(Conflict):
    """The payment did not go through, or its refund is requested already."""

    code = "payment_not_refundable"
    title = "This payment cannot be refunded"


class PayerHasAccount(Conflict):
    """The order belongs to an account; its customer is erased with the account."""

    code = "payer_has_account"
    title = "This order belongs to an account: erase the user instead"
