import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.masks import mask_bearer_tokens, mask_card_numbers
from orders.receipt_links import build_receipt_url
from orders.tracking_links import build_tracking_url
from petstore.server.log_format import LineFormatter


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("4242424242424242", "************4242"),
        ("4242 4242 4242 4242", "************4242"),
        ("4242-4242-4242-4242", "************4242"),
        ("378282246310005", "***********0005"),
        ("3782 822463 10005", "***********0005"),
        ('{"number":"4000000000000002"}', '{"number":"************0002"}'),
        ("card4222222222222.", "card*********2222."),
    ],
)
def test_a_card_number_is_masked_but_for_its_last_four(written: str, shown: str) -> None:
    assert mask_card_numbers(written) == shown


@pytest.mark.parametrize(
    "text",
    ["4242424242424241", "123456789012", "42424242424242424242", "01a1ffc5-13ce-72ea-919a-020a5bb8da9b", "2026-11-21"],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert mask_card_numbers(text) == text


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_terminal_obeys_no_word_of_a_log_line_and_an_entry_is_one_line(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with captured_log(log_format) as logger:
        logger.warning("log in of %s", "alice\x1b[2J\nforged line\u202e", extra={"agent": "curl\x9b31m"})
        try:
            int("Re\x1b[31mx\u202e")
        except ValueError:
            logger.exception("failed")
    written = capsys.readouterr().err
    assert "forged line" in written
    assert not any(line.startswith("forged") for line in written.splitlines())
    assert not any(character in written for character in "\x1b\x9b\u202e")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_holds_a_card_number(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    with captured_log(log_format) as logger:
        logger.warning("refused %s", "4242424242424242", extra={"body": "4000000000000002"})
        try:
            int("card 5555555555554444")
        except ValueError:
            logger.exception("failed")
    written = capsys.readouterr().err
    assert "************4242" in written
    assert "************4444" in written
    assert not any(number in written for number in ("4242424242424242", "4000000000000002", "5555555555554444"))


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_holds_a_link_to_a_new_password(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    link = "/password/01a2013e-effe-706d-acee-54497618e4e4/difd5m-eb6f9401038288a04aca672d71a3f351"
    with captured_log(log_format) as logger:
        logger.warning("Forbidden (Origin checking failed): %s", link)
    written = capsys.readouterr().err
    assert "01a2013e-effe-706d-acee-54497618e4e4" in written
    assert "eb6f9401038288a04aca672d71a3f351" not in written


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_holds_the_key_to_a_receipt(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    receipt, tenant = UUID("01a2013e-effe-706d-acee-54497618e4e4"), UUID("01a2013e-effe-706d-acee-54497618e4e5")
    link = build_receipt_url(tenant, receipt, site="http://127.0.0.1:8000")
    with captured_log(log_format) as logger:
        logger.error("Internal Server Error: %s", link)
    written = capsys.readouterr().err
    assert f"http://127.0.0.1:8000/receipts/{receipt}/***" in written
    assert link[-64:] not in written


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_holds_the_key_to_an_order(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    order, tenant = UUID("01a2013e-effe-706d-acee-54497618e4e4"), UUID("01a2013e-effe-706d-acee-54497618e4e5")
    link = build_tracking_url(tenant, order, site="http://127.0.0.1:8000")
    with captured_log(log_format) as logger:
        logger.error("Internal Server Error: %s/events", link)
    written = capsys.readouterr().err
    assert f"http://127.0.0.1:8000/track/{order}/***/events" in written
    assert link[-64:] not in written


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_holds_the_token_of_a_web_socket(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    token = ".".join(("eyJhbGciOi", "eyJzdWIiOi", "c2lnbmF0dXJl-_"))
    scope = {"query_string": f"token={token}&b=2".encode(), "subprotocols": ["petstore.v1", f"bearer.{token}"]}
    with captured_log(log_format) as logger:
        logger.warning("Not Found: %s", f"/v1/ws/chat?token={token}&tenantId=1", extra={"scope": scope})
        logger.warning("A call failed: %s", scope)
        try:
            int(f"Authorization: Bearer {token}")
        except ValueError:
            logger.exception("failed")
    written = capsys.readouterr().err
    assert "/v1/ws/chat?token=***&tenantId=1" in written
    assert "token=***&b=2" in written
    assert "Authorization: Bearer ***" in written
    assert not any(part in written for part in token.split("."))


@pytest.mark.parametrize("text", ["the bearer of this letter", "Bearer tokens are JWTs", "tokens=3", "bearer."])
def test_words_about_tokens_stay(text: str) -> None:
    assert mask_bearer_tokens(text) == text


@pytest.mark.django_db
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_line_holds_the_row_that_the_database_refused(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = 'alice "the \\ quoted"@example.com'
    with connection.cursor() as cursor, captured_log(log_format) as logger:
        cursor.execute("CREATE TEMPORARY TABLE twice (mail text UNIQUE)")
        cursor.execute("INSERT INTO twice VALUES (%s)", [mail])
        try:
            with transaction.atomic():
                cursor.execute("INSERT INTO twice VALUES (%s)", [mail])
        except IntegrityError as error:
            told = str(error)
            logger.exception("failed")
            logger.error("The database refuses: %s", error)  # noqa: TRY400  # as where no traceback is wanted
    written = capsys.readouterr().err
    assert "unique" in written.lower()
    assert ("alice" in told) == (connection.vendor == "postgresql")
    assert not any(word in written for word in ("alice", "quoted", "example.com"))
    lines = [line for line in written.splitlines() if line.startswith("{")]
    assert [json.loads(line)["level"] for line in lines] == (["error", "error"] if log_format == "json" else [])


@contextmanager
def captured_log(log_format: str, name: str = "tests.masking") -> Iterator[logging.Logger]:
    """A logger that writes as the server's do."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(log_format))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
