"""Pages of other origins that poll (contract, Socket.IO): those that are named may, never with credentials."""

from typing import Final

import pytest
from pytest_django import Settings

from accounts.models import User
from petstore.settings.browsers import CORS_MIDDLEWARE
from tests.socketio.client import Answer, Chat, ask
from tests.socketio.conftest import Talk

SHOP: Final = "https://shop.example"
STRANGER: Final = "https://evil.example"
PREFLIGHT: Final = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-tenant-id",
}


@pytest.fixture
def cors(settings: Settings) -> None:
    """One origin is named; the middleware stands where the settings have it then."""
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    place = settings.MIDDLEWARE.index("petstore.interfaces.http.middleware.RequestIdMiddleware") + 1
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], CORS_MIDDLEWARE, *settings.MIDDLEWARE[place:]]


def told(answer: Answer) -> tuple[int, str | None]:
    """The status, and the origin that may read the answer; it is told to no cache for another, and not to cookies."""
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers
    return answer.status, answer.headers.get("access-control-allow-origin")


def test_a_page_of_a_named_origin_polls_and_reads_why_it_is_refused(cors: None, talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        named = {"origin": SHOP}
        preflight = await ask("OPTIONS", headers=named | PREFLIGHT)
        assert told(preflight) == (200, SHOP)
        assert {"GET", "POST"} <= {*preflight.headers["access-control-allow-methods"].split(", ")}
        assert {"content-type", "x-tenant-id"} <= {*preflight.headers["access-control-allow-headers"].split(", ")}
        async with Chat(alice, headers=named) as hers:
            await hers.join()
            posted = await ask("POST", b'4212["typing",5]', headers=named, sid=hers.sid)
            assert told(posted) == (200, SHOP)
            assert "origin" in posted.headers["vary"].lower()
            assert told(await ask(headers=named, sid=hers.sid)) == (200, SHOP)
        assert told(await ask(headers=named, sid="unknown")) == (400, SHOP)
        assert told(await ask("PUT", headers=named)) == (405, SHOP)

    talk(conversation())


@pytest.mark.parametrize("origin", [STRANGER, "null", "https://shop.example.evil.example"])
def test_a_page_of_another_origin_reads_nothing(cors: None, talk: Talk, origin: str) -> None:
    async def conversation() -> None:
        named = {"origin": origin}
        for answer in (
            await ask("OPTIONS", headers=named | PREFLIGHT),
            await ask(headers=named, sid="unknown"),
            await ask(headers=named, transport="smoke"),
        ):
            assert told(answer)[1] is None
            assert not [name for name in answer.headers if name.startswith("access-control-")]

    talk(conversation())


def test_no_page_may_where_no_origin_is_named(talk: Talk) -> None:
    async def conversation() -> None:
        for method in ("OPTIONS", "PUT"):
            assert told(await ask(method, headers={"origin": SHOP} | PREFLIGHT))[1] is None

    talk(conversation())
