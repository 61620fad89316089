"""Where links lead that no request asks for, such as a receipt's in a webhook."""

import pytest

from petstore.server.listener import format_link_address, open_listener
from tests.server.settings_start import values_of


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")])  # noqa: S104  # as an operator may
def test_what_listens_to_the_world_is_reached_on_this_machine(host: str, shown: str) -> None:
    with open_listener(host, 0) as listener:
        assert format_link_address(listener) == f"http://{shown}:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("public", "links_to"), [("https://shop.example", "https://shop.example"), ("", "http://127.0.0.1:8000")]
)
def test_the_public_address_comes_before_the_one_of_serve(public: str, links_to: str) -> None:
    variables = {"PUBLIC_URL": public, "SERVED_AT": "http://127.0.0.1:8000"}
    assert values_of("dev", variables, "LINKS_TO") == {"LINKS_TO": links_to}
