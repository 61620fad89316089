"""Clients that other people's generators make of the OpenAPI document: `pytest tests/stress/clients.py`.

Each is made, compiled where its language has a compiler, and places an order in a running store and cancels it.
OpenAI's library and npm's soap need no generator.
It takes uv, npm, node and a JDK, and the registries of PyPI and npm.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petstore.server.listener import ROOT
from tests.clients.making import PYTHON_GENERATOR, Maker, with_packages
from tests.server.server import Server, serving

DONE = "once, CANCELLED"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("store")
    with serving(folder) as server:
        yield server, folder


@pytest.fixture(scope="module")
def customer(store: tuple[Server, Path]) -> tuple[str, str, str]:
    """A customer of a tenant with pets: username, password and tenant."""
    _, folder = store
    command = (sys.executable, "manage.py", "seed_demo", "--json", "--orders", "20")
    environment = {
        "PATH": "",
        "DATABASE_URL": f"sqlite:///{folder}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=300)  # noqa: S603  # ours
    told = json.loads(done.stdout)["customers"]
    one = next(customer for customer in told if customer["tenantId"])
    return one["username"], one["password"], one["tenantId"]


@pytest.fixture
def maker(store: tuple[Server, Path], customer: tuple[str, str, str], tmp_path: Path) -> Maker:
    server, _ = store
    document = tmp_path / "openapi.json"
    document.write_bytes(server.get("/v1/openapi.json").content)
    return Maker(tmp_path, document, (server.address, *customer, tmp_path.name))


def test_openapi_generators_python_client_orders(maker: Maker, report: Callable[[str], None]) -> None:
    assert maker.run_python(maker.generate("python"), "openapi_generator_python.py").strip() == DONE
    report("openapi-generator python: placed and cancelled")


def test_openapi_generators_typescript_client_orders(maker: Maker, report: Callable[[str], None]) -> None:
    place = maker.node_folder("typescript")
    maker.generate("typescript-fetch", importFileExtension=".js").rename(place / "generated")
    assert maker.run_typescript(place, "typescript_fetch.ts").strip() == DONE
    report("openapi-generator typescript-fetch: compiled, placed and cancelled")


@pytest.mark.parametrize("version", ["HTTP_1_1", "HTTP_2"])
def test_openapi_generators_java_client_orders(maker: Maker, report: Callable[[str], None], version: str) -> None:
    """HTTP_2 is what Java's HttpClient does unasked: its first request, with its body, asks for an upgrade to it."""
    client = maker.generate("java", library="native", openApiNullable="false", useJakartaEe="false")
    assert maker.run_java(client, "PlaceAndCancel.java", version).strip() == DONE
    report(f"openapi-generator java (native, {version}): compiled, placed and cancelled")


def test_openapi_python_client_orders(maker: Maker, report: Callable[[str], None]) -> None:
    place = maker.folder / "client"
    words = ("openapi-python-client", "generate", "--path", str(maker.document), "--output-path", str(place))
    said = maker.run(*with_packages(PYTHON_GENERATOR, "ruff"), *words)
    assert "Warning" not in said, said
    assert maker.run_python(place, "openapi_python_client.py").strip() == DONE
    report("openapi-python-client: placed and cancelled")


def test_openapi_fetch_orders(maker: Maker, report: Callable[[str], None]) -> None:
    place = maker.node_folder("fetch")
    words = (str(maker.document), "-o", "generated/schema.d.ts")
    maker.run("node_modules/.bin/openapi-typescript", *words, at=place)
    assert maker.run_typescript(place, "openapi_fetch.ts").strip() == DONE
    report("openapi-fetch and openapi-typescript: compiled, placed and cancelled")


def test_openai_s_library_asks_the_advisor(maker: Maker, report: Callable[[str], None]) -> None:
    place = maker.node_folder("openai")
    assert maker.run_typescript(place, "openai_chat.ts").strip() == "whole, streamed, refused"
    report("openai of npm: compiled, asked, streamed and refused")


def test_npm_s_soap_orders(maker: Maker, report: Callable[[str], None]) -> None:
    assert maker.run_javascript(maker.node_folder("soap"), "soap_orders.mjs").strip() == DONE
    report("soap of npm: read the WSDL, placed, replayed, cancelled and refused")


def test_graphql_ws_watches_an_order(maker: Maker, report: Callable[[str], None]) -> None:
    place = maker.node_folder("graphql_ws")
    assert maker.run_typescript(place, "graphql_ws.ts").strip() == "watched, cancelled, refused"
    report("graphql-ws of npm: compiled, watched an order until it was cancelled, and was refused")
