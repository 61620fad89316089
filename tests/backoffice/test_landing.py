"""The first page."""

import re

import pytest
from django.test import Client


def test_the_landing_page_leads_everywhere() -> None:
    page = Client().get("/").content.decode()
    for address in ("/v1/docs", "/admin/", "/v1/openapi.json", "/support", "/healthz"):
        assert f'href="{address}"' in page


def test_the_landing_page_asks_nobody_else() -> None:
    page = Client().get("/").content.decode()
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("asset", ["landing.css", "backoffice.css", "paw.svg"])
def test_its_own_files_are_served(asset: str) -> None:
    assert Client().get(f"/static/petstore/{asset}").getvalue()


def test_the_example_names_the_address_that_was_used() -> None:
    assert "curl 'http://localhost/v1/pets" in Client().get("/", SERVER_NAME="localhost").content.decode()
