"""Which page of a list a request asks for (contract, Collections; gRPC)."""

from typing import Protocol

from petstore.interfaces.grpc.requests.values import keep_given_values
from petstore.interfaces.representation.page_requests import PageRequest, read_page_request


class PagedRequest(Protocol):
    """A request for a page of a list."""

    page: int
    limit: int
    page_token: str


def read_asked_page(request: PagedRequest) -> PageRequest:
    """Read the page, its size and the token; 0 and the empty text are not given. Raises what REST's page does."""
    asked = {
        "page": str(request.page) if request.page else None,
        "limit": str(request.limit) if request.limit else None,
        "cursor": request.page_token or None,
    }
    return read_page_request(keep_given_values(asked))


def name_list_field(name: str) -> str:
    """Name a field of a request for a list: what REST calls a cursor is a page's token."""
    return "page_token" if name == "cursor" else name
