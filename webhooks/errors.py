"""Errors of webhooks' use cases."""

from kernel.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """There is no such endpoint in this scope."""

    code = "webhook_not_found"
    title = "There is no such webhook"


class DeliveryNotFound(NotFound):
    """There is no such delivery in this scope, or not of this endpoint."""

    code = "delivery_not_found"
    title = "There is no such delivery"


class DeliveryUnderWay(Conflict):
    """The delivery is being sent at this moment, or waits behind an older one of the same order."""

    code = "delivery_under_way"
    title = "This delivery is under way"


class TooManyCallbackHosts(Conflict):
    """The callbacks of this order already go to the largest number of hosts."""

    code = "too_many_callback_hosts"
    title = "The callbacks of this order go to too many hosts"


class TooManyEndpoints(Conflict):
    """The scope already has the largest number of endpoints: every event is sent to each of them."""

    code = "too_many_webhooks"
    title = "This store has as many webhooks as it may have"
