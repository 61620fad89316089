"""Codes of devices as people type them, of which nobody may try many (RFC 8628, 5.1)."""

import time
from typing import Final
from uuid import UUID

from applications.models import DeviceAuthorization
from applications.services.devices import find_open_device
from kernel.caller import Peer
from petstore.interfaces.http.login_throttle import TooManyAttempts
from ratelimit.services import Quota, consume_quota, restore_quota

WRONG_CODES: Final[Quota] = (10, 60)
"""The wrong codes that an address or a user may try in a minute."""


def find_device(typed: str, peer: Peer, user_id: UUID | None) -> DeviceAuthorization | None:
    """Return the request that waits under a code; a code that nothing waits under is counted.

    Args:
        user_id: who is logged in, if anybody.

    Raises:
        TooManyAttempts: there were too many wrong codes from this address or by this user.
    """
    callers = [f"user code {peer.network}", *([f"user code of {user_id}"] if user_id else [])]
    allowances = [(caller, consume_quota(caller, WRONG_CODES)) for caller in callers]
    for _, allowance in allowances:
        if not allowance.is_granted:
            raise TooManyAttempts(max(1, allowance.resets_at - int(time.time())))
    device = find_open_device(typed)
    if device is not None:
        for caller, allowance in allowances:
            restore_quota(caller, WRONG_CODES, allowance)
    return device
