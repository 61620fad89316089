"""One attempt: sign, send, and see what comes of it. The database is asked only where the lease has grown old."""

from functools import partial

from kernel import clock
from outbound import client
from webhooks.delivery.claims import Claimed, renew_lease
from webhooks.delivery.results import Outcome
from webhooks.signatures import headers_for

UNSIGNED = "secret_unreadable"
"""The error of an attempt whose endpoint's secret SECRET_KEY does not open."""


def send(claimed: Claimed) -> Outcome:
    """Send a claimed delivery once; it takes a few seconds at most. What cannot be signed is not sent.

    Raises:
        ClaimLost: nothing was sent, for another worker may have sent it already, and what comes after it, too.
    """
    at, body = clock.now(), claimed.body.encode()
    if not claimed.secrets:
        return Outcome(claimed, at, client.Answer(None, UNSIGNED, "", 0, None))
    signed = headers_for(secrets=claimed.secrets, message_id=str(claimed.message_id), at=at, body=body)
    headers = {"Content-Type": "application/json", **signed}
    answer = client.post(claimed.url, body=body, headers=headers, before_connecting=partial(renew_lease, claimed))
    return Outcome(claimed, at, answer)
