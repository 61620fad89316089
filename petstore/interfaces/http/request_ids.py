"""The id of a call, as its caller gives it or as it is made (contract, Request id)."""

import re
from typing import Final

from kernel import ids
from kernel.caller import REQUEST_ID_PATTERN
from kernel.cards import holds_card_number

_REQUEST_ID: Final = re.compile(REQUEST_ID_PATTERN.replace("$", r"\Z"))


def choose_request_id(given: str) -> str:
    """Return the caller's id if it is sane, else a new one."""
    return given if given and _is_valid_request_id(given) else ids.new_id_text()


def _is_valid_request_id(request_id: str) -> bool:
    """Check a caller's request id: the log and the journal keep it, and no card number may get there (G7).

    Parts of UUIDs look like card numbers, and are taken.
    """
    if not _REQUEST_ID.match(request_id):
        return False
    return ids.parse_id(request_id) is not None or not holds_card_number(request_id)
