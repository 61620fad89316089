"""The metadata of a call: its caller, tenant, id and idempotency key (contract, gRPC)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from kernel.caller import Credentials, Peer
from kernel.errors import DomainError
from petstore.interfaces.http.client_ip import find_client_address
from petstore.interfaces.http.request_ids import choose_request_id
from petstore.server.early_connections import find_relayed_peer

REQUEST_ID: Final = "x-request-id"
REPLAYED: Final = ("idempotent-replayed", "true")
OURS: Final = frozenset(("authorization", "x-tenant-id", "idempotency-key", REQUEST_ID))
FORWARDED: Final = "x-forwarded-for"

Metadata = Iterable[tuple[str, str | bytes]]


class RepeatedMetadata(DomainError):
    """A key that says who calls, or what, stands there twice."""

    code = "repeated_metadata"
    title = "A metadata key is repeated"

    def __init__(self, key: str) -> None:
        super().__init__(f"The metadata key {key} may stand once only.")


@dataclass(frozen=True, slots=True)
class CallHead:
    """The caller, tenant and keys that a call's metadata names.

    Attributes:
        tenant: `x-tenant-id`, as the caller wrote it.
        repeated: a key of ours that stands there twice.
    """

    credentials: Credentials
    tenant: str | None
    peer: Peer
    idempotency_key: str | None = None
    repeated: str | None = None

    def require_single_keys(self) -> None:
        """Raise RepeatedMetadata where a key stands twice: nobody can say which of the two is meant."""
        if self.repeated is not None:
            raise RepeatedMetadata(self.repeated)


def read_call_head(metadata: Metadata | None, peer: str) -> CallHead:
    """Read the head of a call.

    Args:
        peer: the other end as grpcio names it, such as `ipv4:127.0.0.1:4711`.
    """
    found: dict[str, str] = {}
    hops: list[str] = []
    repeated: str | None = None
    for key, value in metadata or ():
        if key in OURS:
            repeated = key if key in found else repeated
            found.setdefault(key, _as_text(value))
        elif key == FORWARDED:
            hops.append(_as_text(value))
    address = find_client_address(_find_peer_address(peer), ",".join(hops))
    return CallHead(
        credentials=Credentials.from_authorization_header(found.get("authorization")),
        tenant=found.get("x-tenant-id"),
        peer=Peer(address, choose_request_id(found.get(REQUEST_ID, ""))),
        idempotency_key=found.get("idempotency-key"),
        repeated=repeated,
    )


def _as_text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _find_peer_address(peer: str) -> str:
    """Return the address in a peer's name; empty for a peer that has none."""
    kind, _, place = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return ""
    address, _, port = unquote(place).rpartition(":")
    return find_relayed_peer(int(port)) or address.strip("[]")


def find_network(context: Any) -> str:
    """Return the network of a call's caller."""
    return read_call_head(context.invocation_metadata(), context.peer()).peer.network
