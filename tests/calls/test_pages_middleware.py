"""The middleware of pages runs around pages and never around the API."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from petstore.interfaces.http.middleware import PagesMiddleware

NEEDED_BY_THE_ADMIN = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
NEEDED_FOR_FORMS = (
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def respond(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{hasattr(request, 'session')} {hasattr(request, 'user')}")


def test_what_the_silenced_checks_look_for_is_there_and_in_order(settings: Settings) -> None:
    places = [settings.PAGES_MIDDLEWARE.index(path) for path in NEEDED_BY_THE_ADMIN]
    assert places == sorted(places)
    assert {*NEEDED_FOR_FORMS} <= {*settings.PAGES_MIDDLEWARE}


@pytest.mark.parametrize(
    ("path", "expected"), [("/", "True True"), ("/admin/", "True True"), ("/v1/pets", "False False")]
)
def test_pages_have_sessions_and_the_api_has_none(path: str, expected: str) -> None:
    answer = PagesMiddleware(respond)(RequestFactory().get(path))
    assert answer.content.decode() == expected
    assert ("Content-Security-Policy" in answer) is (path != "/v1/pets")


def test_a_form_without_its_token_is_refused_before_the_view() -> None:
    middleware, request = PagesMiddleware(respond), RequestFactory().post("/admin/")
    vars(request)["_dont_enforce_csrf_checks"] = False  # the factory sets it
    refusal = middleware.process_view(request, respond, (), {})
    assert refusal is not None
    assert refusal.status_code == 403
    assert middleware.process_view(RequestFactory().post("/v1/pets"), respond, (), {}) is None


class Rescuer:
    """Middleware with a hook that only Django's handler calls."""

    def __init__(self, get_response: object) -> None:
        pass

    def process_exception(self, request: HttpRequest, exception: Exception) -> None: ...


def test_middleware_with_another_hook_is_refused_at_the_start(settings: Settings) -> None:
    settings.PAGES_MIDDLEWARE = [f"{__name__}.Rescuer"]
    with pytest.raises(ImproperlyConfigured, match="Rescuer"):
        PagesMiddleware(respond)
