"""The part of Stripe's HTTP API that the gateway speaks, on this host: form-encoded in, JSON out, keys honoured."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

API_KEY = "sk_test_of_the_fake"
DECLINED = "4000000000000002"
UNCERTAIN_BANK = "4000002500003155"
"""Its bank wants the customer to confirm."""
SLOW_BANK = "4000000000000077"

Json = dict[str, Any]
_TAKEN = {
    "/v1/payment_methods": {"type", "card", "billing_details"},
    "/v1/payment_intents": {
        "amount", "currency", "payment_method", "allowed_payment_method_types", "confirm", "error_on_requires_action",
        "metadata",
    },
    "/v1/refunds": {"payment_intent", "amount", "metadata"},
}  # fmt: skip


class Fault(Enum):
    """What goes wrong with one POST."""

    LOST_REQUEST = auto()
    LOST_ANSWER = auto()
    SLOW = auto()
    SERVER_ERROR = auto()
    BUSY_KEY = auto()
    RATE_LIMIT = auto()


@dataclass
class Books:
    """What the fake remembers, and how it is to fail.

    Attributes:
        answers: of each path and idempotency key: the parameters and the answer.
        faults: for each path, what befalls its next POSTs.
        methods_refused: card numbers that Stripe knows to be wrong.
        indexed: whether the search has caught up.
        seen: every request: method, path and parameters.
    """

    methods: dict[str, Json] = field(default_factory=dict)
    intents: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[Json, int, Json]] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    methods_refused: set[str] = field(default_factory=set)
    indexed: bool = True
    seen: list[tuple[str, str, Json]] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    telemetry: list[str] = field(default_factory=list)
    patience: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    def fail(self, path: str, *faults: Fault) -> None:
        """Let the next POSTs to the path go wrong."""
        self.faults.setdefault(path, []).extend(faults)

    def crowd(self, count: int) -> None:
        """Let other customers pay."""
        for number in range(count):
            other: Json = {"id": f"pi_other_{number}", "object": "payment_intent", "created": int(time())}
            self.intents[other["id"]] = other | {"amount": 1, "status": "succeeded", "metadata": {}}

    @property
    def charged(self) -> list[int]:
        """The amounts in cents that customers have paid."""
        return [intent["amount"] for intent in self.intents.values() if intent["status"] == "succeeded"]

    @property
    def returned(self) -> list[int]:
        """The amounts in cents that customers have back."""
        return [refund["amount"] for refund in self.refunds.values()]


class Refused(Exception):
    """An answer other than 200, as Stripe writes it."""

    def __init__(self, status: int, kind: str, code: str, message: str = "Refused.", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


@contextmanager
def fake_stripe() -> Iterator[Books]:
    """A running fake; its books have the address."""
    books = Books()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"books": books}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    books.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield books
    finally:
        books.patience.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet
    books: Books

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle("GET", dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        self._handle("POST", dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

    def _handle(self, method: str, flat: dict[str, str]) -> None:
        path, parameters = urlsplit(self.path).path, _nested(flat)
        self.books.seen.append((method, path, parameters))
        self.books.versions.add(self.headers["Stripe-Version"])
        self.books.telemetry.append(self.headers.get("X-Stripe-Client-Telemetry", ""))
        faults = self.books.faults.get(path, []) if method == "POST" else []
        fault = faults.pop(0) if faults else None
        if fault is Fault.LOST_REQUEST:
            self._hang_up()
            return
        status, body = self._answer(method, path, parameters, fault)
        if fault is Fault.SLOW:
            self.books.patience.wait(5)
        if fault in (Fault.LOST_ANSWER, Fault.SLOW):
            self._hang_up()
            return
        self._send(status, body)

    def _answer(self, method: str, path: str, parameters: Json, fault: Fault | None) -> tuple[int, Json]:
        try:
            _admit(self.headers["Authorization"])
            _befall(fault)
            with self.books.lock:
                if method == "GET":
                    return 200, _read(self.books, path, parameters)
                return _once(self.books, path, self.headers["Idempotency-Key"], parameters)
        except Refused as refused:
            return refused.status, refused.body

    def _send(self, status: int, body: Json) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Request-Id", "req_1")
        self.end_headers()
        self.wfile.write(content)

    def _hang_up(self) -> None:
        self.close_connection = True


def _admit(authorization: str) -> None:
    if authorization != f"Bearer {API_KEY}":
        raise Refused(401, "invalid_request_error", "api_key_invalid", "Invalid API Key provided.")


def _befall(fault: Fault | None) -> None:
    if fault is Fault.SERVER_ERROR:
        raise Refused(500, "api_error", "")
    if fault is Fault.BUSY_KEY:
        raise Refused(409, "idempotency_error", "idempotency_key_in_use")
    if fault is Fault.RATE_LIMIT:
        raise Refused(429, "invalid_request_error", "rate_limit")


def _once(books: Books, path: str, key: str, parameters: Json) -> tuple[int, Json]:
    """The answer of the first request with this key; what fails validation has not begun and is not kept."""
    if (path, key) in books.answers:
        first, status, body = books.answers[path, key]
        if first != parameters:
            raise Refused(400, "idempotency_error", "", "Keys are for one set of parameters.")
        return status, body
    try:
        status, body = 200, _write(books, path, parameters)
    except Refused as refused:
        if refused.status == 400:
            raise
        status, body = refused.status, refused.body
    books.answers[path, key] = parameters, status, body
    return status, body


def _write(books: Books, path: str, parameters: Json) -> Json:
    unknown = set(parameters) - _TAKEN[path]
    if unknown:
        raise Refused(400, "invalid_request_error", "parameter_unknown", f"Received unknown parameter: {unknown.pop()}")
    if path == "/v1/payment_methods":
        return _new_method(books, parameters)
    if path == "/v1/payment_intents":
        return _new_intent(books, parameters)
    return _new_refund(books, parameters)


def _new_method(books: Books, parameters: Json) -> Json:
    number = parameters["card"]["number"]
    if number in books.methods_refused:
        raise Refused(402, "card_error", "incorrect_number", f"Your card number {number} is incorrect.")
    name = f"pm_{len(books.methods)}"
    books.methods[name] = parameters["card"]
    return {"id": name, "object": "payment_method"}


def _new_intent(books: Books, parameters: Json) -> Json:
    number = books.methods[parameters["payment_method"]]["number"]
    if int(parameters["amount"]) < 50:
        raise Refused(400, "invalid_request_error", "amount_too_small", f"Amount must be 50 at least, card {number}")
    codes = {DECLINED: "card_declined", UNCERTAIN_BANK: "authentication_required"}
    code = codes.get(number)
    intent = {
        "id": f"pi_{len(books.intents)}",
        "object": "payment_intent",
        "amount": int(parameters["amount"]),
        "currency": parameters["currency"],
        "created": int(time()),
        "metadata": parameters["metadata"],
        "status": "requires_payment_method" if code else "processing" if number == SLOW_BANK else "succeeded",
        "last_payment_error": {"type": "card_error", "code": code} if code else None,
    }
    books.intents[intent["id"]] = intent
    if code:
        raise Refused(402, "card_error", code, f"Your card {number} was declined.", payment_intent=intent)
    return intent


def _new_refund(books: Books, parameters: Json) -> Json:
    intent = parameters["payment_intent"]
    if intent not in books.intents:
        raise Refused(404, "invalid_request_error", "resource_missing")
    if any(refund["payment_intent"] == intent for refund in books.refunds.values()):
        raise Refused(400, "invalid_request_error", "charge_already_refunded")
    refund = {
        "id": f"re_{len(books.refunds)}",
        "object": "refund",
        "amount": int(parameters["amount"]),
        "payment_intent": intent,
        "metadata": parameters["metadata"],
        "status": "succeeded",
        "failure_reason": None,
    }
    books.refunds[refund["id"]] = refund
    return refund


def _read(books: Books, path: str, parameters: Json) -> Json:
    if path == "/v1/payment_intents/search":
        found = [one for one in books.intents.values() if _matches(one, parameters["query"])] if books.indexed else []
        return {"object": "search_result", "url": path, "has_more": False, "data": found}
    if path == "/v1/payment_intents":
        return _page(list(books.intents.values()), path, parameters)
    if path == "/v1/refunds":
        mine = [one for one in books.refunds.values() if one["payment_intent"] == parameters["payment_intent"]]
        return _page(mine, path, parameters)
    return books.intents[path.removeprefix("/v1/payment_intents/")]


def _matches(intent: Json, query: str) -> bool:
    return any(query == f"metadata['{name}']:'{value}'" for name, value in intent["metadata"].items())


def _page(rows: list[Json], path: str, parameters: Json) -> Json:
    """The newest first."""
    rows.reverse()
    after = parameters.get("starting_after")
    start = next((place + 1 for place, row in enumerate(rows) if row["id"] == after), 0)
    end = start + int(parameters["limit"])
    return {"object": "list", "url": path, "has_more": end < len(rows), "data": rows[start:end]}


def _nested(flat: dict[str, str]) -> Json:
    """`card[number]` becomes an object in an object."""
    nested: Json = {}
    for name, value in flat.items():
        outer, *inner = name.replace("]", "").split("[")
        place = nested
        for part in inner:
            place = place.setdefault(outer, {})
            outer = part
        place[outer] = value
    return nested
