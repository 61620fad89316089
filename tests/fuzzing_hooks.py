"""What Schemathesis loads beside the document: it has made-up ids, and half of its calls get real ones."""

import itertools
import json
import os
from typing import Any

import schemathesis

ROWS: dict[str, list[str]] = json.loads(os.environ["FUZZ_ROWS"])
OWN_ACCOUNT = os.environ.get("FUZZ_OWN_ACCOUNT", "")

_KINDS = {"webhookId": "webhooks", "deliveryId": "deliveries"}
"""The names of path parameters where there are several."""
_CARD = {"object": "card", "name": "Ada", "number": "4242424242424242", "cvc": "123", "expMonth": 1, "expYear": 2100}

_TURNS = {name: itertools.cycle(ids) for name, ids in ROWS.items()}
_CALLS = itertools.count()


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Put in real ids, but let nobody change or close the account that the run logs in with."""
    if next(_CALLS) % 2 and not case.path.startswith("/models"):  # no rows: their names stand in the document
        _put_in_rows(case)
    if (case.path_parameters or {}).get("id") == "search":  # OpenAPI: a literal path wins, so this is no call of `{id}`
        case.path_parameters["id"] = next(_TURNS["pets"])
    if case.method in ("PUT", "DELETE") and OWN_ACCOUNT in (case.path_parameters or {}).values():
        case.path_parameters["id"] = next(_TURNS["users"])


def _put_in_rows(case: Any) -> None:
    kind = next((part for part in case.path.split("/") if part in _TURNS), "")
    for name in case.path_parameters or {}:
        case.path_parameters[name] = next(_TURNS[_KINDS.get(name, kind)])
    if kind == "orders" and isinstance(case.body, dict) and "petId" in case.body:
        case.body["petId"] = next(_TURNS["pets"])
    if isinstance(case.body, dict) and "source" in case.body:
        case.body |= {"amount": "150.00", "currency": "USD", "source": _CARD}
