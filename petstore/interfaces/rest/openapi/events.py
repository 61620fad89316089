"""Describe events, webhooks and callbacks in OpenAPI (contract, Webhooks)."""

from typing import Any

from orders.states import Status
from pets.models import Pet
from petstore.interfaces.rest.openapi.examples import (
    CHANGED_AT,
    EVENT_ID,
    ORDER,
    ORDER_ID,
    PAYMENT,
    PAYMENT_ID,
    PET_ID,
    RECEIPT_URL,
    WEBHOOK_ID,
)
from public_events.event_types import EventType
from webhooks.models import CALLBACK_TYPE, TEST_TYPE

Schema = dict[str, Any]

TAG = "Events"
"""A tag of their own: generators make a class of each tag, and what receivers implement is no part of a client."""

_ID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_STATUS: Schema = {"type": "string", "enum": list(Status)}
_PET_STATUS: Schema = {"type": "string", "enum": Pet.Status.values}


def _build_object_schema(description: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


def _refer_to_schema(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _make_schema_nullable(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


_RECEIPT = _build_object_schema(
    "The receipt and its URL.",
    receiptId=_ID,
    receiptUrl={"type": "string", "format": "uri-reference"},
    generatedAt=_TIME,
)

_DATA: dict[str, Schema] = {
    EventType.ORDER_STATUS_CHANGED: _build_object_schema(
        "An order was placed, or its status changed.",
        order=_refer_to_schema("Order"),
        previousStatus={**_make_schema_nullable(_STATUS), "description": "Null for a new order."},
        newStatus=_STATUS,
        changedAt=_TIME,
        changedBy={"type": "string", "description": "The user's id, or `system`."},
    ),
    EventType.PAYMENT_SUCCEEDED: _build_object_schema(
        "An order was paid.",
        payment=_refer_to_schema("OrderPayment"),
        order=_refer_to_schema("Order"),
        receipt=_RECEIPT,
    ),
    EventType.PAYMENT_FAILED: _build_object_schema(
        "A payment was declined, or could not be made.",
        payment=_refer_to_schema("OrderPayment"),
        order=_refer_to_schema("Order"),
    ),
    EventType.PET_STATUS_CHANGED: _build_object_schema(
        "A pet was ordered, adopted, or is available again.",
        petId=_ID,
        previousStatus=_PET_STATUS,
        newStatus=_PET_STATUS,
        changedAt=_TIME,
    ),
    TEST_TYPE: _build_object_schema("A test that staff asked for.", webhookId=_ID),
}

DATA_EXAMPLES: dict[str, Schema] = {
    EventType.ORDER_STATUS_CHANGED: {
        "order": ORDER | {"status": "APPROVED", "updatedAt": CHANGED_AT},
        "previousStatus": "PLACED",
        "newStatus": "APPROVED",
        "changedAt": CHANGED_AT,
        "changedBy": "system",
    },
    EventType.PAYMENT_SUCCEEDED: {
        "payment": PAYMENT,
        "order": ORDER | {"status": "APPROVED", "updatedAt": CHANGED_AT},
        "receipt": {"receiptId": PAYMENT_ID, "receiptUrl": RECEIPT_URL, "generatedAt": CHANGED_AT},
    },
    EventType.PAYMENT_FAILED: {"payment": PAYMENT | {"status": "FAILED"}, "order": ORDER},
    EventType.PET_STATUS_CHANGED: {
        "petId": PET_ID,
        "previousStatus": "AVAILABLE",
        "newStatus": "PENDING",
        "changedAt": CHANGED_AT,
    },
    TEST_TYPE: {"webhookId": WEBHOOK_ID},
}

_CALLBACK_BODY = _build_object_schema(
    "The outcome of a callback request.",
    requestId={"type": "string", "description": "The `X-Request-ID` of the request that asked for it."},
    orderId=_ID,
    status={"type": "string", "enum": ["COMPLETED", "FAILED"]},
    result=_build_object_schema(
        "Null where it FAILED.",
        transactionId=_make_schema_nullable(_ID),
        processingDetails=_build_object_schema(
            "The processor and its approval code.",
            processor={"type": "string"},
            approvalCode=_make_schema_nullable({"type": "string", "pattern": "^[0-9]{6}$"}),
        ),
    ),
    timestamp=_TIME,
)
_CALLBACK_EXAMPLE: Schema = {
    "requestId": "checkout-4711",
    "orderId": ORDER_ID,
    "status": "COMPLETED",
    "result": {
        "transactionId": EVENT_ID,
        "processingDetails": {"processor": "petstore", "approvalCode": "104711"},
    },
    "timestamp": CHANGED_AT,
}


def name_event_schema(event_type: str) -> str:
    """Return the name of an event's schema: `OrderStatusChanged` of `order.statusChanged`; its data's adds `Data`."""
    return "".join(word[:1].upper() + word[1:] for word in event_type.split("."))


def _build_envelope_schema(event_type: str) -> Schema:
    return _build_object_schema(
        str(_DATA[event_type]["description"]),
        eventId={**_ID, "description": "The same in every attempt to deliver it."},
        eventType={"type": "string", "const": str(event_type)},
        timestamp=_TIME,
        data=_refer_to_schema(f"{name_event_schema(event_type)}Data"),
    )


SCHEMAS: dict[str, Schema] = {
    **{f"{name_event_schema(event_type)}Data": data for event_type, data in _DATA.items()},
    **{name_event_schema(event_type): _build_envelope_schema(event_type) for event_type in _DATA},
    name_event_schema(CALLBACK_TYPE): _CALLBACK_BODY,
}


def _build_header_parameter(name: str, description: str) -> Schema:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}


SIGNATURE_HEADERS = [
    _build_header_parameter(
        "X-Webhook-Signature", "`sha256=` and the hex HMAC-SHA256 of the raw body, keyed with the secret's text."
    ),
    _build_header_parameter("webhook-id", "The event's id (Standard Webhooks)."),
    _build_header_parameter("webhook-timestamp", "The time of this attempt, in Unix seconds."),
    _build_header_parameter(
        "webhook-signature", "`v1,` and the base64 signature of id, timestamp and body; one for each valid secret."
    ),
]
_ANSWERS: Schema = {
    "2XX": {"description": "Delivered. Staff see the beginning of the response."},
    "410": {"description": "Gone: the webhook is PAUSED, and nothing more is sent to it."},
    "default": {"description": "Tried again after 1, 5, 30 and 60 minutes, or as `Retry-After` asks; then FAILED."},
}


def _build_webhook_operation(event_type: str, example: Schema, answers: Schema) -> Schema:
    name = name_event_schema(event_type)
    media: Schema = {"schema": _refer_to_schema(name), "examples": {name: {"value": example}}}
    return {
        "operationId": f"on{name}",
        "summary": f"{event_type} is sent",
        "description": f"{SCHEMAS[name]['description']}\n\nSent at least once; the events of one order in their order.",
        "tags": [TAG],
        "x-internal": True,  # openapi-generator makes classes that call it, and for TypeScript ones that do not compile
        "parameters": SIGNATURE_HEADERS,
        "requestBody": {"required": True, "content": {"application/json": media}},
        "responses": answers,
    }


def build_event_example(event_type: str) -> Schema:
    """Build the envelope that a webhook gets for an event."""
    envelope = {"eventId": EVENT_ID, "eventType": str(event_type), "timestamp": CHANGED_AT}
    return envelope | {"data": DATA_EXAMPLES[event_type]}


WEBHOOKS: dict[str, Schema] = {
    str(event_type): {"post": _build_webhook_operation(event_type, build_event_example(event_type), _ANSWERS)}
    for event_type in _DATA
}
"""OpenAPI's `webhooks`: an entry for each event type."""

CALLBACK: Schema = {
    "post": _build_webhook_operation(
        CALLBACK_TYPE, _CALLBACK_EXAMPLE, {name: answer for name, answer in _ANSWERS.items() if name != "410"}
    )
}
"""OpenAPI's `callbacks` of the call that asks for one."""
