"""Sample GET of one order in a process, with tenant and token: `python flame_samples.py`, run in the tree to sample.

It prints JSON: the processor's µs of a request, and folded stacks, the functions from the outermost to the innermost,
separated by `;`, with the number of times that they were seen. It uses nothing but what both trees have, for it runs in
an older one too.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import Any

SECONDS_A_SAMPLE = 0.001
WARM_UP, REQUESTS = 300, int(os.environ.get("REQUESTS", "8000"))
sys.path[0] = str(Path.cwd())

import django  # noqa: E402  # after the path of the tree

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # after the set-up
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402
from orders.models import Order  # noqa: E402
from pets.models import Pet  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tenants.scoping import tenant_scope  # noqa: E402

PASSWORD = "flame-graph-of-one-order"  # noqa: S105  # of a database that lives for this run


def place_order_of_customer() -> tuple[str, str, str]:
    """Make a tenant with one order; return the tenant's id, the order's and its customer's token."""
    tenant = Tenant.objects.create(name="Flame", slug="flame")
    with tenant_scope(tenant.id):
        user = User(username="customer", email="customer@example.com", tenant_id=tenant.id)
        user.set_password(PASSWORD)
        user.save()
        pet = Pet.objects.create(
            tenant_id=tenant.id, species="DOG", name="Rex", age_months=1, price=10, status="PENDING"
        )
        order = Order.objects.create(
            tenant_id=tenant.id, pet_id=pet.id, user_id=user.id, total_amount=10, currency="USD"
        )
    answer = Client(headers={"X-Tenant-ID": str(tenant.id)}, SERVER_NAME="127.0.0.1").post(
        "/v1/auth/tokens", {"username": "customer", "password": PASSWORD}, content_type="application/json"
    )
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f"The log-in is {answer.status_code}: {answer.content[:300]!r}")
    return str(tenant.id), str(order.id), str(answer.json()["token"])


def ask_for_order(application: Any, tenant: str, order: str, token: str) -> None:
    """Ask for an order as a WSGI server does."""
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": f"/v1/orders/{order}", "QUERY_STRING": "", "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1", "HTTP_X_TENANT_ID": tenant, "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr, "wsgi.version": (1, 0),
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    response = application(environ, lambda status, _headers: statuses.append(status))
    b"".join(response)
    response.close()
    if not statuses[0].startswith("200"):
        raise SystemExit(f"GET of the order is {statuses[0]}")


def name_frame(frame: FrameType) -> str:
    """Name a function by its module and itself."""
    return f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"


def fold_stack(frame: FrameType | None) -> str:
    """Write a stack in one line, from the function that asks for the order."""
    names: list[str] = []
    while frame is not None and frame.f_code is not ask_for_order.__code__:
        names.append(name_frame(frame))
        frame = frame.f_back
    return ";".join(reversed(names)) if frame is not None else ""


def sample_requests() -> dict[str, Any]:
    """Sample requests by the processor's time; the system's clock may give fewer samples than are asked for."""
    stacks: Counter[str] = Counter()
    application, known = get_wsgi_application(), place_order_of_customer()
    for _ in range(WARM_UP):
        ask_for_order(application, *known)
    signal.signal(signal.SIGPROF, lambda _number, frame: stacks.update([fold_stack(frame)]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS_A_SAMPLE, SECONDS_A_SAMPLE)
    began = time.process_time()
    for _ in range(REQUESTS):
        ask_for_order(application, *known)
    spent = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    del stacks[""]
    return {"us": 1_000_000 * spent / REQUESTS, "stacks": stacks}


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(sample_requests())}\n")
