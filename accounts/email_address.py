"""The one form of an e-mail address: its domain as name servers know it, so that every database compares alike.

SQLite's `lower` and PostgreSQL's know the same letters only in ASCII. The local part stays as it is written; two
addresses that differ in its case are one person's.
"""

from typing import Final

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from kernel.errors import Invalid

_MAX: Final = 254
_SYNTAX: Final = "Give an e-mail address such as alice@example.com."
_LOCAL: Final = "Before the @ of an e-mail address only ASCII letters, digits and signs are taken."
_DOMAIN: Final = "After the @ of this e-mail address there is no domain name."


def normalise_email_address(text: str) -> str:
    """Return an address in its one form: `Ann@Bücher.example` is `Ann@xn--bcher-kva.example`.

    Raises:
        Invalid: it is no address, or its local part is not ASCII.
    """
    local, _, domain = text.rpartition("@")
    if not local or len(text) > _MAX:
        raise Invalid.for_field("email", _SYNTAX)
    if not local.isascii():
        raise Invalid.for_field("email", _LOCAL, "not_ascii")
    address = f"{local}@{_encode_domain_name(domain)}"
    try:
        EmailValidator()(address)
    except ValidationError as error:
        raise Invalid.for_field("email", _SYNTAX) from error
    return address


def _encode_domain_name(domain: str) -> str:
    """Write a domain in lower case; letters outside ASCII by IDNA 2008, mapped as browsers do (UTS 46)."""
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise Invalid.for_field("email", _DOMAIN, "no_domain") from error


class EmailAddressValidator(EmailValidator):
    """Report on a form what `normalise_email` refuses."""

    def __call__(self, value: str | None) -> None:
        try:
            normalise_email_address(value or "")
        except Invalid as error:
            [fault] = error.faults
            raise ValidationError(fault.message, code=fault.code) from error
