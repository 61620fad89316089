"""One attempt: sign, send, and see what comes of it. The database is asked only where the lease has grown old."""

from functools import partial

from kernel import clock
from outbound import client
from webhooks.delivery.claims import ClaimedDelivery, renew_old_lease
from webhooks.delivery.results import AttemptResult
from webhooks.signatures import build_signed_headers

UNSIGNED = "secret_unreadable"
"""The error of an attempt whose endpoint's secret SECRET_KEY does not open."""


def send_claimed_delivery(claimed: ClaimedDelivery) -> AttemptResult:
    """Send a claimed delivery once; it takes a few seconds at most. What cannot be signed is not sent.

    Raises:
        ClaimLost: nothing was sent, for another worker may have sent it already, and what comes after it, too.
    """
    at, body = clock.now(), claimed.body.encode()
    if not claimed.secrets:
        return AttemptResult(claimed, at, client.Response(None, UNSIGNED, "", 0, None))
    signed = build_signed_headers(secrets=claimed.secrets, message_id=str(claimed.message_id), at=at, body=body)
    headers = {"Content-Type": "application/json", **signed}
    answer = client.post_once(
        claimed.url, body=body, headers=headers, before_connecting=partial(renew_old_lease, claimed)
    )
    return AttemptResult(claimed, at, answer)
