from kernel.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """No such endpoint in this scope."""

    code = "webhook_not_found"
    title = "There is no such webhook"


class DeliveryNotFound(NotFound):
    """No such delivery in this scope, or not of this endpoint."""

    code = "delivery_not_found"
    title = "There is no such delivery"


class DeliveryUnderWay(Conflict):
    """It is being sent at this moment, or waits behind an older one of the same order."""

    code = "delivery_under_way"
    title = "This delivery is under way"


class TooManyCallbackHosts(Conflict):
    """An order's callbacks go to as many hosts as they may."""

    code = "too_many_callback_hosts"
    title = "The callbacks of this order go to too many hosts"


class TooManyEndpoints(Conflict):
    """Every event would be sent to each of them."""

    code = "too_many_webhooks"
    title = "This store has as many webhooks as it may have"
