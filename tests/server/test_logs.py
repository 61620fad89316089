import json

import pytest
from django.test import Client, override_settings

from tests.server.test_masking import captured_log


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.server.faulty_urls")
def test_an_uncaught_exception_is_logged_once_with_the_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    with captured_log("json", name=""):
        answer = Client(raise_request_exception=False).get("/fail", headers={"X-Request-ID": "mine-1"})
    assert answer.status_code == 500
    errors = [line for line in map(json.loads, capsys.readouterr().err.splitlines()) if line["level"] == "error"]
    assert [line["request_id"] for line in errors] == ["mine-1"]
    assert "************4242" in errors[0]["exception"]
