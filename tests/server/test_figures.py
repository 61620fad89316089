import json
import os
import resource

import pytest
from django.test import Client, override_settings
from prometheus_client import CollectorRegistry, generate_latest

from petstore.interfaces.monitoring.counters import ROWS, SharedHistogram
from petstore.interfaces.monitoring.protocols import name_protocol
from tests.server.test_masking import captured_log


def _figures() -> SharedHistogram:
    return SharedHistogram("petstore_request_seconds", "Requests.", ("method", "route", "status"), name_protocol)


def _told(figures: SharedHistogram) -> list[str]:
    registry = CollectorRegistry()
    registry.register(figures)
    return generate_latest(registry).decode().splitlines()


def _in_a_process(figures: SharedHistogram, number: int, seconds: float) -> None:
    """Observe one request in a forked process, which may write to no file and dies at once."""
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        figures.continue_as_process(number)
        figures.observe_request(("GET", "/v1/pets", "200"), seconds)
        os._exit(0)
    os.waitpid(pid, 0)


def test_the_figures_of_several_processes_are_added_and_need_no_file() -> None:
    figures = _figures()
    for number, seconds in ((1, 0.25), (2, 0.5), (2, 20.0)):
        _in_a_process(figures, number, seconds)
    labels = 'method="GET",protocol="rest",route="/v1/pets",status="200"'
    told = _told(figures)
    assert f"petstore_request_seconds_count{{{labels}}} 3.0" in told
    assert f"petstore_request_seconds_sum{{{labels}}} 20.75" in told
    assert f'petstore_request_seconds_bucket{{le="0.25",{labels}}} 1.0' in told
    assert f'petstore_request_seconds_bucket{{le="10.0",{labels}}} 2.0' in told
    assert f'petstore_request_seconds_bucket{{le="+Inf",{labels}}} 3.0' in told


def test_more_labels_than_there_are_rows_share_the_last_one() -> None:
    figures = _figures()
    for number in range(ROWS + 10):
        figures.observe_request(("GET", f"/{number}", "200"), 0.01)
    told = _told(figures)
    assert 'petstore_request_seconds_count{method="other",protocol="pages",route="",status=""} 11.0' in told


def test_a_route_that_is_too_long_is_cut() -> None:
    figures = _figures()
    figures.observe_request(("GET", "/ä" * 200, "200"), 0.01)
    assert any('route="/?/?' in line and 'status="200"' in line for line in _told(figures))


@pytest.mark.parametrize(
    ("route", "protocol"),
    [
        ("/v1/orders/<uuid:order_id>", "rest"),
        ("/v1/graphql", "graphql"),
        ("/mcp", "mcp"),
        ("/soap", "soap"),
        ("/petstore.v1.OrderService/GetOrder", "grpc"),
        ("/oauth/token", "oauth"),
        ("/admin/orders/order/", "backoffice"),
        ("/", "pages"),
    ],
)
def test_a_route_belongs_to_a_protocol(route: str, protocol: str) -> None:
    assert name_protocol(route) == protocol


@pytest.mark.django_db
def test_the_access_log_tells_of_each_call_with_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    with captured_log("json", name="petstore.access"):
        Client().get("/v1/pets", headers={"X-Request-ID": "unseen"})
        with override_settings(ACCESS_LOG=True):
            Client().get("/v1/pets?search=4242424242424242", headers={"X-Request-ID": "seen-1"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["request_id"] for line in lines] == ["seen-1"]
    assert lines[0]["event"].startswith("rest GET /v1/pets 200 ")
