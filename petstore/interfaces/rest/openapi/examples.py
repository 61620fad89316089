"""Examples of request and response bodies by component name; tests validate them against the schemas."""

from typing import Any

from django.conf import settings

from petstore.interfaces.rest.openapi.pages import name_collection_schema

Schema = dict[str, Any]

_SITE = "https://petstore.example"
_HOME = _SITE + settings.API_PREFIX.rstrip("/")
ORDER_ID = "019b4139-1234-7abc-8def-123456789abc"
PAYMENT_ID = "019b413a-5b1e-7d20-9c4f-2a3b4c5d6e7f"
PET_ID = "019b4132-70aa-764f-b315-e2803d882a24"
USER_ID = "019b4138-e0af-70b9-8f0c-6ea97d495dfa"
EVENT_ID = "019b413a-6c2f-7e31-8d50-3b4c5d6e7f80"
WEBHOOK_ID = "019b4120-11aa-7b3c-9d4e-5f60718293a4"
_DELIVERY_ID = "019b413a-7d30-7f42-9e61-4c5d6e7f8091"
_TENANT_ID = "550e8400-e29b-41d4-a716-446655440000"
_MADE_AT = "2025-12-21T13:56:23Z"
CHANGED_AT = "2025-12-21T13:58:02Z"
RECEIPT_URL = f"{_SITE}/receipts/{PAYMENT_ID}/VQ6EAOKbQdSnFkRmVUQAAHN1Y2gtYS1rZXktaXMtbWFkZS1mb3ItMS1yZWNlaXB0"

_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"  # noqa: S105  # good nowhere

_PROFILE: Schema = {
    "firstName": "Alice",
    "lastName": "Miller",
    "email": "alice@example.com",
    "phone": "+15551234567",
    "preferences": {"newsletter": False, "notifications": True},
}
_USER: Schema = {
    "id": USER_ID,
    "username": "alice",
    **_PROFILE,
    "createdAt": _MADE_AT,
    "updatedAt": _MADE_AT,
    "tenantId": _TENANT_ID,
}

_PET_DETAILS: Schema = {
    "species": "DOG",
    "name": "Rex",
    "breed": "Golden Retriever",
    "ageMonths": 18,
    "size": "LARGE",
    "color": "Golden",
    "gender": "MALE",
    "goodWithKids": True,
    "price": "150.00",
    "currency": "USD",
    "description": "Friendly, and fond of long walks.",
    "medicalInfo": {
        "spayedNeutered": True,
        "vaccinated": True,
        "microchipped": True,
        "specialNeeds": False,
        "healthNotes": "In good health.",
    },
}
_PET: Schema = {
    "id": PET_ID,
    **_PET_DETAILS,
    "status": "AVAILABLE",
    "photos": ["https://petstore.example/media/pets/019b4132-9c1e-7f4a-8d2b-5e6f7a8b9c0d.webp"],
    "createdAt": _MADE_AT,
    "updatedAt": _MADE_AT,
    "tenantId": _TENANT_ID,
}

_CARD: Schema = {"object": "card", "name": "Alice Miller", "expMonth": 12, "expYear": 2030}
_CITY: Schema = {"city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US"}

ORDER: Schema = {
    "id": ORDER_ID,
    "petId": PET_ID,
    "userId": USER_ID,
    "status": "PLACED",
    "totalAmount": "150.00",
    "currency": "USD",
    "createdAt": _MADE_AT,
    "updatedAt": _MADE_AT,
    "tenantId": _TENANT_ID,
}
PAYMENT: Schema = {
    "id": PAYMENT_ID,
    "amount": "150.00",
    "currency": "USD",
    "source": _CARD | {"number": "************4242", "brand": "VISA", "last4": "4242", "billingAddress": _CITY},
    "status": "SUCCEEDED",
    "createdAt": _MADE_AT,
}

_WEBHOOK: Schema = {
    "id": WEBHOOK_ID,
    "url": "https://shop.example/hooks/petstore",
    "events": ["order.statusChanged", "payment.succeeded"],
    "status": "ACTIVE",
    "pauseReason": None,
    "createdAt": _MADE_AT,
    "updatedAt": _MADE_AT,
    "tenantId": _TENANT_ID,
}

EXAMPLES: dict[str, Schema] = {
    "NewOrder": {"petId": PET_ID},
    "Order": ORDER,
    "OrderHistory": {
        "data": [
            {"from": None, "to": "PLACED", "at": _MADE_AT, "by": USER_ID, "reason": None},
            {"from": "PLACED", "to": "CANCELLED", "at": "2025-12-21T15:30:45Z", "by": USER_ID, "reason": None},
        ]
    },
    "NewOrderPayment": {
        "amount": "150.00",
        "currency": "USD",
        "source": _CARD
        | {"number": "4242424242424242", "cvc": "123", "billingAddress": {"line1": "1 Main Street", **_CITY}},
    },
    "OrderPayment": PAYMENT,
    "Receipt": {
        "receiptId": PAYMENT_ID,
        "receiptUrl": RECEIPT_URL,
        "generatedAt": _MADE_AT,
        "seller": "Happy Tails",
        "order": ORDER | {"status": "APPROVED"},
        "pet": {"id": PET_ID, "name": "Rex", "species": "DOG", "breed": "Golden Retriever"},
        "payment": PAYMENT,
    },
    "CallbackRequest": {
        "amount": "150.00",
        "currency": "USD",
        "timestamp": "1766325383",
        "callbackUrl": "https://shop.example/processed",
    },
    "NewWebhook": {"url": _WEBHOOK["url"], "events": _WEBHOOK["events"]},
    "WebhookReplacement": {"url": _WEBHOOK["url"], "events": ["payment.failed"], "status": "PAUSED"},
    "Webhook": _WEBHOOK,
    "WebhookWithSecret": _WEBHOOK | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "previousSecretUntil": None},
    "Delivery": {
        "id": _DELIVERY_ID,
        "webhookId": WEBHOOK_ID,
        "eventId": EVENT_ID,
        "eventType": "order.statusChanged",
        "status": "PENDING",
        "attemptsMade": 1,
        "nextAttemptAt": "2025-12-21T13:59:04Z",
        "createdAt": _MADE_AT,
        "settledAt": None,
        "attempts": [
            {
                "number": 1,
                "at": CHANGED_AT,
                "durationMs": 5000,
                "statusCode": None,
                "error": "timeout",
                "answer": None,
            }
        ],
    },
    "NewPet": _PET_DETAILS,
    "Pet": _PET,
    "PetSearch": {
        "criteria": {
            "species": ["DOG", "CAT"],
            "ageRange": {"min": 6, "max": 60},
            "compatibility": {"goodWithKids": True},
            "medical": {"vaccinated": True},
        },
        "sort": {"field": "ageMonths", "order": "ASC"},
        "pagination": {"page": 1, "limit": 20},
    },
    "ApiResponse": {"message": "The image is stored.", "success": True},
    "Inventory": {"available": 41, "pending": 6, "adopted": 12, "total": 59, "bySpecies": {"DOG": 30, "CAT": 29}},
    "StatusCounts": {"AVAILABLE": 41, "PENDING": 6},
    "Credentials": {"username": "alice", "password": "correct horse battery staple"},
    "Tokens": {"token": _TOKEN, "expiresAt": "2025-12-22T13:56:23Z", "refreshToken": _TOKEN},
    "Refresh": {"refreshToken": _TOKEN},
    "Revocation": {"token": _TOKEN},
    "NewUser": _PROFILE | {"username": "alice", "password": "correct horse battery staple"},
    "UserReplacement": _PROFILE | {"phone": "+15557654321"},
    "User": _USER,
    "AdminUser": _USER | {"role": "CUSTOMER", "status": "ACTIVE"},
    "UserStatusChange": {"status": "SUSPENDED", "reason": "Several chargebacks."},
    "OrderStatusChange": {"status": "SHIPPED", "reason": "Picked up by the customer."},
    "ForceCancellation": {"reason": "Brought back within the first week."},
    "DashboardStats": {
        "totalUsers": 120,
        "activeUsers": 118,
        "totalPets": 61,
        "availablePets": 41,
        "totalOrders": 18,
        "ordersByStatus": {"PLACED": 4, "APPROVED": 2, "SHIPPED": 1, "DELIVERED": 10, "CANCELLED": 1},
        "totalRevenue": "1950.00",
        "currency": "USD",
        "revenueByCurrency": {"EUR": "120.00", "USD": "1950.00"},
        "ordersByDay": [
            {"date": "2025-12-20", "orders": 0, "revenue": "0.00"},
            {"date": "2025-12-21", "orders": 1, "revenue": "150.00"},
        ],
    },
    "AuditLog": {
        "id": "019b4139-1235-7abc-8def-123456789abc",
        "action": "USER_STATUS_CHANGED",
        "userId": "019b4130-4d2f-7c11-9b32-0b1a2c3d4e5f",
        "entityType": "USERS",
        "entityId": USER_ID,
        "details": {"changes": {"status": ["ACTIVE", "SUSPENDED"]}, "reason": "Several chargebacks."},
        "ipAddress": "192.0.2.7",
        "requestId": "019b4139-77aa-7c3e-9b1f-2d3c4b5a6978",
        "createdAt": _MADE_AT,
        "tenantId": _TENANT_ID,
    },
    "RegisteredUser": _USER | {"token": _TOKEN, "expiresAt": "2025-12-22T13:56:23Z"},
}

_LISTS = {
    "AdminUser": "admin/users",
    "AuditLog": "admin/audit-logs",
    "Delivery": f"webhooks/{WEBHOOK_ID}/deliveries",
    "OrderPayment": f"orders/{ORDER_ID}/payments",
}
"""The paths of collections that the component's name does not give."""


def find_body_examples(serializer: Any) -> Schema:
    """Return OpenAPI's `examples` for a body of this serializer; empty where there is none."""
    name = _get_component_name(serializer)
    return {name: {"value": EXAMPLES[name]}} if name in EXAMPLES else {}


def find_page_examples(serializer: Any) -> Schema:
    """Return OpenAPI's `examples` for a page of what this serializer describes; empty where there is none."""
    name = _get_component_name(serializer)
    return {name_collection_schema(name): {"value": _build_page_example(name)}} if name in EXAMPLES else {}


def _get_component_name(serializer: Any) -> str:
    serializer = getattr(serializer, "child", serializer)
    return str(getattr(getattr(serializer, "Meta", None), "ref_name", ""))


def _build_page_example(name: str) -> Schema:
    address = f"{_HOME}/{_LISTS.get(name, f'{name.lower()}s')}"
    links = {"self": address, "next": None, "prev": None, "first": address, "last": f"{address}?page=1"}
    figures = {"page": 1, "limit": 20, "totalItems": 1, "totalPages": 1}
    return {"data": [EXAMPLES[name]], "pagination": figures, "links": links}
