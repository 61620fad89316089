"""One attempt: sign, send, and see what comes of it. Nothing here asks the database."""

from kernel import clock
from webhooks import outbound
from webhooks.services.claiming import Claimed
from webhooks.services.settling import Outcome
from webhooks.signing import headers_for


def send(claimed: Claimed) -> Outcome:
    """Send a claimed delivery once; it takes a few seconds at most."""
    at, body = clock.now(), claimed.body.encode()
    signed = headers_for(secrets=claimed.secrets, message_id=str(claimed.message_id), at=at, body=body)
    headers = {"Content-Type": "application/json", **signed}
    return Outcome(claimed, at, outbound.post(claimed.url, body=body, headers=headers))
