"""Sources: what is taken, what is refused without a word of it, and what is shown."""

import copy
import json
import logging
import pickle
from dataclasses import asdict
from typing import Any

import pytest

from kernel.errors import Invalid
from payments.bank_accounts import BANKS, BankAccount, is_routing_number
from payments.cards import Brand, Card, detect_card_brand
from tests.payments.sources import ADDRESS, AMEX, VISA, bank_account, card, parsed


def faults_of(data: dict[str, Any]) -> dict[str, str]:
    """The fields at fault and their codes."""
    with pytest.raises(Invalid) as refused:
        parsed(data)
    return {fault.field: fault.code for fault in refused.value.faults}


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


def test_a_card_is_shown_masked_and_without_the_lines_of_its_address() -> None:
    address = ADDRESS | {"line2": "Flat 2", "state": "IL", "country": "us"}
    assert parsed(card(object="CARD", name=" Ada Lovelace ", billingAddress=address)).to_public() == {
        "object": "card",
        "name": "Ada Lovelace",
        "number": "************4242",
        "expMonth": 12,
        "expYear": 2030,
        "brand": "VISA",
        "last4": "4242",
        "billingAddress": {"city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US"},
    }


def test_a_bank_account_is_shown_masked_and_with_its_bank() -> None:
    assert parsed(bank_account(accountType="savings")).to_public() == {
        "object": "bank_account",
        "accountHolderName": "Ada Lovelace",
        "accountNumber": "************6789",
        "accountType": "SAVINGS",
        "bankName": "JPMorgan Chase",
        "last4": "6789",
    }


def test_a_bank_that_nobody_knows_is_a_bank() -> None:
    assert parsed(bank_account(routingNumber="011000015")).to_public()["bankName"] == "Bank"


@pytest.mark.parametrize(("number", "last4"), [("1234", "**34"), ("123456", "*456"), ("12345678", "5678")])
def test_of_a_short_account_number_half_is_shown_at_most(number: str, last4: str) -> None:
    shown = parsed(bank_account(accountNumber=number)).to_public()
    assert (shown["last4"], shown["accountNumber"]) == (last4, f"************{last4}")


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4222222222222", Brand.VISA),
        ("4000000000000000006", Brand.VISA),
        ("5555555555554444", Brand.MASTERCARD),
        ("2223003122003222", Brand.MASTERCARD),
        ("2720990000000007", Brand.MASTERCARD),
        ("6011111111111117", Brand.DISCOVER),
        ("6500000000000002", Brand.DISCOVER),
        ("3056930009020004", Brand.DINERS),
        ("36227206271667", Brand.DINERS),
        ("3566002020360505", Brand.JCB),
        ("6200000000000005", Brand.UNIONPAY),
    ],
)
def test_the_brand_is_told_by_the_first_digits(number: str, brand: Brand) -> None:
    source = parsed(card(number=number))
    assert isinstance(source, Card)
    assert source.brand is brand


@pytest.mark.parametrize("number", ["222099", "272100", "306000", "352799", "500000", "560000", "640000", "660000"])
def test_a_number_beside_the_ranges_has_no_brand(number: str) -> None:
    assert detect_card_brand(number) is None


def test_an_american_express_card_has_a_cvc_of_four_digits_and_the_others_of_three() -> None:
    assert isinstance(parsed(card(number=AMEX, cvc="7373")), Card)
    assert faults_of(card(number=AMEX, cvc="737")) == {"source.cvc": "invalid"}
    assert faults_of(card(cvc="7373")) == {"source.cvc": "invalid"}


def test_a_card_is_good_to_the_end_of_its_month() -> None:
    assert isinstance(parsed(card(expMonth=11, expYear=2026)), Card)
    assert faults_of(card(expMonth=10, expYear=2026)) == {"source.expMonth": "expired"}
    assert faults_of(card(expMonth=12, expYear=2025)) == {"source.expYear": "expired"}


def test_what_only_goes_out_is_passed_over_on_the_way_in() -> None:
    assert isinstance(parsed(card(brand="VISA", last4="4242", billingAddress=None)), Card)
    assert isinstance(parsed(bank_account(bankName="Bank", last4="6789")), BankAccount)


@pytest.mark.parametrize("name", ["name", "number", "cvc", "expMonth", "expYear"])
def test_every_field_of_a_card_is_required(name: str) -> None:
    assert faults_of(without(card(), name)) == faults_of(card(**{name: None})) == {f"source.{name}": "required"}


@pytest.mark.parametrize("name", ["accountHolderName", "accountNumber", "routingNumber", "accountType"])
def test_every_field_of_a_bank_account_is_required(name: str) -> None:
    assert faults_of(without(bank_account(), name)) == {f"source.{name}": "required"}


@pytest.mark.parametrize("name", ["line1", "city", "postalCode", "country"])
def test_an_address_that_is_given_is_whole(name: str) -> None:
    assert faults_of(card(billingAddress=without(ADDRESS, name))) == {f"source.billingAddress.{name}": "required"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("number", "4242424242424241", "luhn"),
        ("number", "424242424242", "invalid"),
        ("number", "42424242424242424242", "invalid"),
        ("number", "4242 4242 4242 4242", "invalid"),
        ("number", f"{VISA}\n", "invalid"),
        ("number", "\uff14\uff12" * 8, "invalid"),
        ("number", f" {VISA}", "invalid"),
        ("number", int(VISA), "invalid"),
        ("number", "6759649826438453", "unsupported_brand"),
        ("cvc", "73a", "invalid"),
        ("cvc", 737, "invalid"),
        ("cvc", "", "invalid"),
        ("expMonth", 0, "invalid"),
        ("expMonth", 13, "invalid"),
        ("expMonth", "12", "invalid"),
        ("expMonth", True, "invalid"),
        ("expMonth", 12.0, "invalid"),
        ("expYear", 30, "invalid"),
        ("expYear", 2**63, "invalid"),
        ("name", "  ", "blank"),
        ("name", "x" * 101, "max_length"),
        ("name", "Ada\x00Lovelace", "control_characters"),
        ("name", "Ada\u202eLovelace", "control_characters"),
        ("name", "Ada \ud800", "control_characters"),
        ("name", f"Ada {VISA}", "card_number"),
        ("name", ["Ada"], "invalid"),
        ("billingAddress", "1 Main St", "invalid"),
        ("colour", "gold", "unknown_field"),
        ("object", "cash", "invalid_choice"),
        ("object", None, "required"),
    ],
)
def test_a_card_with_one_bad_field_is_refused_for_it(name: str, value: object, code: str) -> None:
    assert faults_of(card(**{name: value})) == {f"source.{name}": code}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("accountNumber", "123", "invalid"),
        ("accountNumber", "1" * 18, "invalid"),
        ("accountNumber", 123456, "invalid"),
        ("routingNumber", "021000022", "checksum"),
        ("routingNumber", "000000000", "checksum"),
        ("routingNumber", "02100002", "invalid"),
        ("routingNumber", " 021000021", "invalid"),
        ("routingNumber", "021-000-021", "invalid"),
        ("routingNumber", "\uff10\uff12\uff11" * 3, "invalid"),
        ("accountType", "CURRENT", "invalid_choice"),
        ("accountHolderName", "", "blank"),
        ("number", VISA, "unknown_field"),
    ],
)
def test_a_bank_account_with_one_bad_field_is_refused_for_it(name: str, value: object, code: str) -> None:
    assert faults_of(bank_account(**{name: value})) == {f"source.{name}": code}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("country", "XX", "invalid_choice"),
        ("country", "USA", "invalid"),
        ("line2", "x" * 101, "max_length"),
        ("state", 7, "invalid"),
        ("city", f"{VISA}", "card_number"),
        ("zip", "62701", "unknown_field"),
    ],
)
def test_an_address_with_one_bad_field_is_refused_for_it(name: str, value: object, code: str) -> None:
    assert faults_of(card(billingAddress=ADDRESS | {name: value})) == {f"source.billingAddress.{name}": code}


def test_all_faults_are_told_at_once() -> None:
    bad = card(number="1", cvc="x", expYear=1999, billingAddress={}, colour="gold")
    assert set(faults_of(bad)) == {
        "source.number", "source.cvc", "source.expYear", "source.colour", "source.billingAddress.line1",
        "source.billingAddress.city", "source.billingAddress.postalCode", "source.billingAddress.country",
    }  # fmt: skip


def test_a_refusal_repeats_nothing_of_the_input() -> None:
    secrets = ("4242424242424241", "73737", "4000000000000002")
    with pytest.raises(Invalid) as refused:
        parsed(card(number=secrets[0], cvc=secrets[1], name=secrets[2], **{secrets[2]: 1}))
    told = repr((refused.value.detail, refused.value.faults))
    assert {fault.field for fault in refused.value.faults} == {"source", "source.number", "source.cvc", "source.name"}
    assert not any(secret in told for secret in secrets)


@pytest.mark.parametrize(
    ("data", "secrets"), [(card(), (VISA, "737")), (bank_account(), ("000123456789",))], ids=["card", "bank account"]
)
def test_neither_printing_nor_logging_shows_a_number(
    data: dict[str, Any], secrets: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    source = parsed(data)
    logging.getLogger("tests").warning("%s %r %s", source, source, asdict(source))
    written = f"{source}{source!r}{asdict(source)}{source.to_public()}{caplog.text}"
    assert "Secret(…)" in caplog.text
    assert not any(secret in written for secret in secrets)


@pytest.mark.parametrize("data", [card(), bank_account()], ids=["card", "bank account"])
def test_a_source_is_neither_written_to_json_nor_pickled(data: dict[str, Any]) -> None:
    source = parsed(data)
    with pytest.raises(TypeError):
        json.dumps(asdict(source))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(source)


def test_sources_are_equal_by_what_they_hold() -> None:
    assert parsed(card()) == copy.deepcopy(parsed(card()))
    assert parsed(card()) != parsed(card(cvc="738"))
    assert len({parsed(card()), parsed(card()), parsed(card(number="4000000000000002"))}) == 2


def test_every_bank_of_the_table_has_a_routing_number() -> None:
    assert [number for number in BANKS if not is_routing_number(number)] == []
