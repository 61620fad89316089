"""Peer and credentials of a call, before its caller is authenticated. The same for every protocol."""

from dataclasses import dataclass
from typing import Final

from kernel.networks import network_of_address

REQUEST_ID_PATTERN: Final = r"^[A-Za-z0-9._:-]{1,128}$"
"""The form of a call's id that is taken from the caller (contract, Request id)."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a call.

    Attributes:
        address: its IP address; behind trusted proxies the one that they report (guarantees, G15).
        request_id: the call's id, for the log and the journal.
    """

    address: str
    request_id: str = ""

    @property
    def network(self) -> str:
        """Return the network of the address, which quotas are counted for (guarantees, G20)."""
        return network_of_address(self.address)


@dataclass(frozen=True)
class Credentials:
    """The bearer token of a call. Interfaces verify it once, and remember the claims here.

    Attributes:
        token: None where the call has none; text that is no token, also the empty one, is a bad token.
    """

    token: str | None = None

    @classmethod
    def from_authorization_header(cls, header: str | None) -> "Credentials":
        """Take the token from an Authorization header (RFC 6750, 2.1); any other scheme counts as a bad token."""
        if header is None:
            return cls()
        scheme, _, token = header.partition(" ")
        return cls(token.strip() if scheme.lower() == "bearer" else "")


NO_CREDENTIALS = Credentials()
