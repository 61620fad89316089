"""The operations under load, and the proof that a server answers them before its speed counts."""

import json
from dataclasses import dataclass
from uuid import UUID

import httpx

from benchmarks.errors import BenchmarkError
from benchmarks.seeds import CUSTOMER, STAFF

WRITING_MODES = ("once", "pay")
ORDER_FIELDS = {
    "id", "petId", "userId", "status", "totalAmount", "currency", "createdAt", "updatedAt", "tenantId",
}  # fmt: skip
PAGINATION_FIELDS = {"page", "limit", "totalItems", "totalPages"}
PAGE = 20
LINK_FIELDS = {"self", "next", "prev", "first", "last"}


@dataclass(frozen=True)
class Operation:
    """One kind of request. `ids` names the file of ids that it draws from, `mode` how (see wrk/requests.lua).

    A page is asked for by one person, with a session's cookie in the place of a token. The mode `fill` posts the body,
    with an id in the place of `{id}`.
    """

    slug: str
    title: str
    method: str
    path: str
    ids: str | None = None
    mode: str = "plain"
    caller: str | None = None
    is_page: bool = False
    body: str = ""
    content_type: str = "application/json"

    @property
    def writes(self) -> bool:
        """Return whether the rows must be reset afterwards."""
        return self.mode in WRITING_MODES


GET = Operation("get", "GET order", "GET", "/v1/orders", ids="orders", mode="random")
LIST = Operation("staff-list", f"LIST {PAGE} orders, staff", "GET", f"/v1/orders?limit={PAGE}", caller=STAFF)
OWN = Operation("list", f"LIST {PAGE} orders", "GET", f"/v1/orders?limit={PAGE}", caller=CUSTOMER)
POST = Operation("post", "POST order", "POST", "/v1/orders", ids="pets", mode="once", caller=f"{CUSTOMER}1")
PET = Operation("pet", "GET pet", "GET", "/v1/pets", ids="catalogue", mode="random")
PETS = Operation("pets", f"LIST {PAGE} pets", "GET", f"/v1/pets?limit={PAGE}")
SEARCH = Operation(
    "search",
    "SEARCH pets",
    "POST",
    "/v1/pets/search",
    body=json.dumps(
        {
            "criteria": {"species": ["DOG", "CAT"], "ageRange": {"max": 60}, "medical": {"vaccinated": True}},
            "sort": {"field": "price", "order": "ASC"},
            "pagination": {"page": 1, "limit": PAGE},
        }
    ),
)
OPERATIONS = (GET, OWN, POST, PET, PETS, SEARCH)


def token_for(base_url: str, username: str, password: str, field: str, tenant: UUID | None = None) -> str:
    """Sign in, at a tenant or at the shared pool.

    Raises:
        BenchmarkError: when the server does not give a token.
    """
    answer = httpx.post(
        f"{base_url}/v1/auth/tokens",
        json={"username": username, "password": password},
        headers={"X-Tenant-ID": str(tenant)} if tenant else {},
        timeout=10,
    )
    if answer.status_code != httpx.codes.OK:
        raise BenchmarkError(f"{base_url} gave {username} no token: {answer.status_code} {answer.text[:300]}")
    return str(answer.json()[field])


def prove_all_operations(base_url: str, tokens: dict[str, str], order: UUID, pet: UUID) -> None:
    """Check that orders are read, listed and placed as the contract says, in the shared pool.

    Raises:
        BenchmarkError: when one does not.
    """
    with httpx.Client(base_url=base_url, timeout=10) as client:
        _require_status(client.get(f"/v1/orders/{order}"), 200, ORDER_FIELDS)
        listed = _require_status(
            client.get(LIST.path, headers=_build_bearer_header(tokens[STAFF])), 200, {"data", "pagination", "links"}
        )
        _expect_page(listed)
        headers = _build_bearer_header(tokens[f"{CUSTOMER}1"])
        _require_status(client.post("/v1/orders", json={"petId": str(pet)}, headers=headers), 201, ORDER_FIELDS)
        _require_status(client.post("/v1/orders", json={"petId": str(pet)}, headers=headers), 409, set())


def _build_bearer_header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _require_status(answer: httpx.Response, status: int, fields: set[str]) -> httpx.Response:
    if answer.status_code != status or not fields <= set(answer.json()):
        raise BenchmarkError(
            f"{answer.request.method} {answer.request.url} should be {status} with {sorted(fields)}, "
            f"but is {answer.status_code}: {answer.text[:500]}"
        )
    return answer


def _expect_page(answer: httpx.Response) -> None:
    body = answer.json()
    complete = set(body["pagination"]) >= PAGINATION_FIELDS and set(body["links"]) >= LINK_FIELDS
    if not complete or len(body["data"]) != PAGE or not set(body["data"][0]) >= ORDER_FIELDS:
        raise BenchmarkError(f"{answer.request.url} is not a page of {PAGE} orders: {answer.text[:500]}")
