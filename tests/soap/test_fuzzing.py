"""Envelopes that were changed at random: none of them is a defect, and none leaves anything (guarantees, G9)."""

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petstore.interfaces.soap.elements import ENVELOPE_NAMESPACE, NAMESPACE
from tenants.models import Tenant
from tests.factories import PetFactory
from tests.soap.consumers import Consumer, count_rows, envelope, read_fault, request

pytestmark = pytest.mark.django_db

SEEDS: Final = (
    envelope(request("GetPet", id="019b4139-1234-7abc-8def-123456789abc")),
    envelope(request("ListPets", species="DOG", ageMin=3, goodWithKids=True, search="x"), '<h:a xmlns:h="urn:h"/>'),
    envelope(request("CreateOrder", petId="019b4139-1234-7abc-8def-123456789abc", userId="me")),
    (
        f'<?xml version="1.0" encoding="utf-8"?><Envelope xmlns="{ENVELOPE_NAMESPACE}"><Body>'
        f'<t:CancelOrder xmlns:t="{NAMESPACE}"><t:id>x</t:id></t:CancelOrder></Body></Envelope>'
    ),
)
PIECES: Final = (
    *("<", ">", "/>", "&", "&amp;", "&#0;", "&#x10FFFF;", "]]>", "<![CDATA[", "<!--", "-->", "<?a?>", "<!DOCTYPE a>"),
    *("s:", "xmlns=''", " xmlns:s='urn:x'", " s:mustUnderstand='1'", " xsi:nil='true'", "\x00", "\r", "\ufffe", "🐕"),
    *(
        "0" * 5000,
        "9" * 5000,
        "-" * 99,
        "<s:Body/>",
        "<s:Header/>",
        "</s:Body>",
        "<id/>",
        "<page>0</page>",
        "2147483648",
        "-1",
        "é",
        "%00",
        " ",
        "\n",
    ),
)
CHANGES: Final = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 60), st.sampled_from(PIECES)), min_size=1, max_size=4
)
ENCODINGS: Final = st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16", "utf-16-le", "utf-8-sig", "latin-1"))


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.sampled_from(SEEDS), changes=CHANGES, encoding=ENCODINGS)
def test_a_changed_envelope_is_answered_or_refused(
    pool: Tenant, seed: str, changes: list[tuple[int, int, str]], encoding: str
) -> None:
    if not count_rows()[1]:
        PetFactory.create()
    before, text = count_rows(), seed
    for start, length, piece in changes:
        at = start % (len(text) + 1)
        text = text[:at] + piece + text[at + length % 7 :]
    response = Consumer().post(text.encode(encoding, "replace"), CONTENT_TYPE="text/xml")
    if response.status_code != 200:
        code, _, problem = read_fault(response)
        assert code in ("Client", "VersionMismatch", "MustUnderstand")
        if problem is not None:
            assert 400 <= int(problem.findtext(f"{{{NAMESPACE}}}status") or 0) < 500
    assert count_rows() == before
