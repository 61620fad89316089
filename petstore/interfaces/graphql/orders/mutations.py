"""The mutation that places an order (contract, Orders)."""

from typing import Any, Final

import orjson

from idempotency.services import ReplayableResponse, run_once
from kernel.actor import Actor
from orders.models import Order
from orders.services.placement import place_order
from petstore.interfaces.graphql.arguments import drop_nulls
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding
from petstore.interfaces.graphql.idempotency import KEY, build_idempotent_request
from petstore.interfaces.graphql.orders.represented import read_represented_order
from petstore.interfaces.graphql.siblings import make_single_source
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.etags import NO_VERSION, format_version_etag, parse_expected_version
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.orders import OrderInput, OrderOutput

CREATED: Final = 201


def resolve_create_order(_root: object, info: FieldInfo, **arguments: Any) -> dict[str, Any]:
    """Place an order, once for each `idempotencyKey`."""
    actor: Actor = info.context.admit_to(place_order)
    given = drop_nulls(arguments["input"])
    once = build_idempotent_request(given, operation="graphql.create_order", actor=actor)
    values = OrderInput.validate_request_body({name: value for name, value in given.items() if name != KEY})

    def place_asked_order() -> Order:
        return place_order(pet_id=values["petId"], customer_id=values.get("userId"), actor=actor)

    if once is None:
        return {"order": make_single_source(place_asked_order()), "isReplay": False}
    stored = run_once(once, lambda: _store_order(place_asked_order()))
    version = parse_expected_version(stored.headers["ETag"]) or NO_VERSION
    return {
        "order": make_single_source(read_represented_order(orjson.loads(stored.body), version)),
        "isReplay": stored.is_replay,
    }


def _store_order(order: Order) -> ReplayableResponse:
    """Return the answer that is stored: REST's."""
    body = render_json_bytes(compile_representation(OrderOutput)(order))
    return ReplayableResponse(CREATED, body, {"ETag": format_version_etag(order.version)})


TYPES: Final = (TypeBinding("Mutation", resolvers={"createOrder": resolve_create_order}),)
