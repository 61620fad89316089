"""Money, ids and times: what is read, and how it is written."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from kernel import clock, ids, money
from kernel.errors import Invalid


@pytest.mark.parametrize(("text", "amount"), [("150", "150.00"), ("0.5", "0.50"), ("9999999999.99", "9999999999.99")])
def test_an_amount_is_read_exactly_and_written_with_two_decimals(text: str, amount: str) -> None:
    assert money.parse_amount(text) == Decimal(amount)
    assert money.format_amount(money.parse_amount(text)) == amount


@pytest.mark.parametrize(
    "value",
    [1, 1.5, True, None, "", " 1", "1 ", "1\n", "-1", "+1", "1e3", "1E3", "1_000", "1.", ".5", "1.005", "٣", "9" * 11],
)
def test_anything_but_a_plain_decimal_string_is_no_amount(value: object) -> None:
    with pytest.raises(Invalid) as refused:
        money.parse_amount(value, field="price")
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("price", "invalid_amount")]


@pytest.mark.parametrize("value", ["usd", "US", "USDT", "USD\n", "", None, 840])
def test_anything_but_three_capitals_is_no_currency(value: object) -> None:
    with pytest.raises(Invalid):
        money.parse_currency_code(value)


def test_an_id_is_a_uuid_of_version_7_and_ids_sort_by_birth() -> None:
    born = [ids.new_id() for _ in range(50)]
    assert {(one.version, type(one)) for one in born} == {(7, UUID)}
    assert born == sorted(born)


def test_an_id_of_a_past_moment_is_the_same_each_time_and_sorts_before_a_later_one() -> None:
    moment = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
    early = ids.id_born_at(moment, 2**74 - 1)
    assert early == ids.id_born_at(moment, 2**74 - 1)
    assert early < ids.id_born_at(moment + timedelta(milliseconds=1), 0)
    assert (early.version, early.variant) == (7, "specified in RFC 4122")


def test_an_id_is_read_in_either_case() -> None:
    one = uuid4()
    assert ids.parse_id(str(one).upper()) == ids.parse_id(str(one)) == one


@pytest.mark.parametrize("spelling", ["{%s}", "urn:uuid:%s", " %s", "%s\n", "%s0"])
def test_other_spellings_of_an_id_are_refused(spelling: str) -> None:
    assert ids.parse_id(spelling % uuid4()) is None
    assert ids.parse_id(uuid4().hex) is None


def test_times_are_whole_seconds_in_utc() -> None:
    assert clock.now().microsecond == 0
    in_berlin = datetime(2025, 12, 21, 14, 56, 23, 999, timezone(timedelta(hours=1)))
    assert clock.format_rfc3339(in_berlin) == "2025-12-21T13:56:23Z"
