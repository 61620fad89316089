"""Attempts: sign a delivery, send it once, and report the result. The database is read only for an old lease."""

from functools import partial

from kernel import clock
from outbound import client
from webhooks.delivery.claims import ClaimedDelivery, renew_old_lease
from webhooks.delivery.results import AttemptResult
from webhooks.signatures import build_signed_headers

UNSIGNED = "secret_unreadable"
"""The error of an attempt whose endpoint's secret cannot be decrypted."""


def send_claimed_delivery(claimed: ClaimedDelivery) -> AttemptResult:
    """Send a claimed delivery once; it takes 5 seconds at most. A delivery that cannot be signed is not sent.

    Raises:
        ClaimLost: nothing was sent: another worker may have sent it already, and the deliveries after it, too.
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
