"""What is refused before it costs anything, and what is no envelope of SOAP 1.1 (contract, SOAP; guarantees, G9)."""

import time
import tracemalloc
from typing import Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.soap.elements import ENVELOPE_NAMESPACE
from petstore.interfaces.soap.walls import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, check_message_walls
from tenants.models import Tenant
from tests.client import Client
from tests.rest.problems import assert_problem
from tests.soap.consumers import Consumer, count_rows, envelope, read_fault, read_problem, read_result, request, slug_of

pytestmark = pytest.mark.django_db

MEBIBYTE: Final = 1024 * 1024
LAUGHS: Final = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
BILLION: Final = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
QUADRATIC: Final = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'
LIST: Final = request("ListPets")
SOAP_1_2: Final = "http://www.w3.org/2003/05/soap-envelope"
S: Final = f'xmlns:s="{ENVELOPE_NAMESPACE}"'
SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def nested(levels: int) -> str:
    """An envelope with a header block that makes it so deep."""
    inner = levels - 2
    return envelope(LIST, '<h:a xmlns:h="urn:h">' + "<h:a>" * (inner - 1) + "</h:a>" * inner)


def crowded(elements: int) -> str:
    """An envelope with so many elements."""
    return envelope(LIST, '<h:a xmlns:h="urn:h">' + "<h:b/>" * (elements - 5) + "</h:a>")


def adorned(attributes: int) -> str:
    """An envelope with an element that has so many attributes."""
    named = " ".join(f'a{number}="\'>"' for number in range(attributes - 1))
    return envelope(LIST, f'<h:a xmlns:h="urn:h" {named}/>')


@pytest.mark.parametrize(("build", "most"), [(nested, MAX_DEPTH), (crowded, MAX_ELEMENTS), (adorned, MAX_ATTRIBUTES)])
def test_a_message_may_have_so_much_and_no_more(pool: Tenant, stray: Pet, build: object, most: int) -> None:
    assert callable(build)
    assert [pet["id"] for pet in read_result(Consumer().post(build(most)), "ListPets")["pets"]] == [str(stray.id)]
    assert slug_of(read_problem(Consumer().post(build(most + 1)))) == (400, "bad-request")


def test_a_message_may_have_a_mebibyte(pool: Tenant) -> None:
    def padded(size: int) -> bytes:
        empty = envelope(LIST + "<!---->")
        return empty.replace("<!---->", f"<!--{'y' * (size - len(empty))}-->").encode()

    assert Consumer().post(padded(MEBIBYTE)).status_code == 200
    assert_problem(Consumer().post(padded(MEBIBYTE + 1)), 413, "payload-too-large")


BOMBS: Final = {
    "a billion laughs": BILLION + envelope(request("GetPet", id="ID").replace("ID", "&l9;")),
    "a quadratic blow-up": QUADRATIC + envelope(request("GetPet", id="ID").replace("ID", "&a;" * 20_000)),
    "a doctype of a mebibyte": f"<!DOCTYPE x [<!-- {'y' * 1_000_000} -->]>{envelope(LIST)}",
    "attributes": "<a " + " ".join(f'x{n}=""' for n in range(90_000)) + "/>",
    "attributes of one line each": "<a\n" + "\n".join(f"x{n}='>'" for n in range(80_000)) + "/>",
    "declarations of namespaces": "<a " + " ".join(f'xmlns:x{n}="urn:x"' for n in range(40_000)) + "/>",
    "levels": "<a>" * 300_000,
    "elements": f"<a>{'<b/>' * 250_000}</a>",
    "comments": f"<a>{'<!---->' * 140_000}",
    "openings of comments": "<!--" * 250_000,
    "openings of tags": "<a " * 340_000,
    "openings of attributes": '<a b="' * 170_000,
    "white space": f"<a{' ' * 1_000_000}",
    "a name": f"<{'a' * 1_000_000}",
    "equals signs": "<a " + "=" * 1_000_000,
    "instructions": "<?a?>" * 200_000,
    "references": f"<a>{'&#38;' * 200_000}",
    "sections": f"<a>{'<![CDATA[]]>' * 80_000}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_costs_little_and_is_refused(pool: Tenant, bomb: str) -> None:
    assert len(bomb) < MEBIBYTE
    began = time.perf_counter()
    response = Consumer().post(bomb)
    took = time.perf_counter() - began
    assert slug_of(read_problem(response)) == (400, "bad-request")
    assert took < 1
    tracemalloc.start()
    try:
        with pytest.raises(Exception, match=r"message|element"):
            check_message_walls(bomb)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 8 * MEBIBYTE


DOCTYPES: Final = [
    "<!DOCTYPE x>",
    '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    '<!DOCTYPE x PUBLIC "a" "http://127.0.0.1:1/x.dtd">',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;]>',
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    "<!-- first --> \n<!DOCTYPE x>",
    '<?xml version="1.0"?>\n<!DOCTYPE x>',
    '<?xml version="1.0" standalone="yes"?><!-- a --><!DOCTYPE x>',
]


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_any_doctype_is_refused_by_its_name(pool: Tenant, stray: Pet, doctype: str) -> None:
    order = envelope(request("CreateOrder", petId=str(stray.id)))
    for body in (doctype + order, (doctype + order).encode("utf-16")):
        problem = read_problem(Consumer().post(body, CONTENT_TYPE="text/xml"))
        assert slug_of(problem) == (400, "bad-request")
        assert problem["detail"] == "A message has no document type declaration."
    assert count_rows() == (0, ["AVAILABLE"])


MALFORMED: Final = [
    "",
    " ",
    "nonsense",
    "{}",
    "<",
    "<a>",
    "<a></b>",
    "<a/><a/>",
    "<a b=1/>",
    '<a b="1" b="1"/>',
    "<a>&undefined;</a>",
    "<a>&#0;</a>",
    "<a>&#x1;</a>",
    "<a>&#xD800;</a>",
    "<a>&#xFFFE;</a>",
    "<a>&#x110000;</a>",
    "<a>\x00</a>",
    "<a>\x1f</a>",
    "<a>\uffff</a>",
    "<a>]]></a>",
    "<a><!-- -- --></a>",
    "<x:a/>",
    '<a xmlns:x="urn:x" xmlns:y="urn:x" x:b="1" y:b="2"/>',
    '<a xmlns:xml="urn:x"/>',
    '<a xmlns:x=""/>',
    '<?xml version="1.1"?><a/>',
    '<?xml version="2.0"?><a/>',
    '<?xml encoding="utf-8"?><a/>',
    ' <?xml version="1.0"?><a/>',
    '<?xml version="1.0"?><?xml version="1.0"?><a/>',
    "<a/>trailing",
    "<a/><!DOCTYPE x>",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_what_is_no_xml_is_a_bad_request(pool: Tenant, text: str) -> None:
    problem = read_problem(Consumer().post(text))
    assert slug_of(problem) == (400, "bad-request")
    assert "errors" not in problem


def ordering(pet: Pet) -> str:
    return request("CreateOrder", petId=str(pet.id))


FRAMES: Final = {
    "no envelope": "ORDER",
    "a root of another name": f"<s:Message {S}><s:Body>ORDER</s:Body></s:Message>",
    "an instruction before": f"<?php echo 1 ?><s:Envelope {S}><s:Body>ORDER</s:Body></s:Envelope>",
    "an instruction within": f"<s:Envelope {S}><s:Body><?a b?>ORDER</s:Body></s:Envelope>",
    "an instruction behind": f"<s:Envelope {S}><s:Body>ORDER</s:Body></s:Envelope><?a?>",
    "no body": f"<s:Envelope {S}/>",
    "a header alone": f"<s:Envelope {S}><s:Header/></s:Envelope>",
    "an empty body": f"<s:Envelope {S}><s:Body/></s:Envelope>",
    "two bodies": f"<s:Envelope {S}><s:Body>LIST</s:Body><s:Body>ORDER</s:Body></s:Envelope>",
    "two headers": f"<s:Envelope {S}><s:Header/><s:Header/><s:Body>ORDER</s:Body></s:Envelope>",
    "a header behind": f"<s:Envelope {S}><s:Body>ORDER</s:Body><s:Header/></s:Envelope>",
    "an element behind": f"<s:Envelope {S}><s:Body>ORDER</s:Body><x xmlns='urn:x'/></s:Envelope>",
    "an element before": f"<s:Envelope {S}><x xmlns='urn:x'/><s:Body>ORDER</s:Body></s:Envelope>",
    "the operation beside the body": f"<s:Envelope {S}><s:Body/>ORDER</s:Envelope>",
    "a body without a namespace": f"<s:Envelope {S}><Body>ORDER</Body></s:Envelope>",
    "a body of another namespace": f"<s:Envelope {S}><x:Body xmlns:x='urn:x'>ORDER</x:Body></s:Envelope>",
    "a body of 1.2": f"<s:Envelope {S}><x:Body xmlns:x='http://www.w3.org/2003/05/soap-envelope'>ORDER</x:Body></s:Envelope>",
    "two elements": f"<s:Envelope {S}><s:Body>LISTORDER</s:Body></s:Envelope>",
    "the same one twice": f"<s:Envelope {S}><s:Body>ORDERORDER</s:Body></s:Envelope>",
    "text in the body": f"<s:Envelope {S}><s:Body>text ORDER</s:Body></s:Envelope>",
    "a blank that XML does not know": f"<s:Envelope {S}><s:Body>\N{NO-BREAK SPACE}ORDER</s:Body></s:Envelope>",
    "text behind the element": f"<s:Envelope {S}><s:Body>ORDER text</s:Body></s:Envelope>",
    "text in the envelope": f"<s:Envelope {S}>text<s:Body>ORDER</s:Body></s:Envelope>",
    "text behind the body": f"<s:Envelope {S}><s:Body>ORDER</s:Body>text</s:Envelope>",
    "text in the header": f"<s:Envelope {S}><s:Header>text</s:Header><s:Body>ORDER</s:Body></s:Envelope>",
    "a block without a namespace": f"<s:Envelope {S}><s:Header><a/></s:Header><s:Body>ORDER</s:Body></s:Envelope>",
    "an attribute without a namespace": f"<s:Envelope {S} a='1'><s:Body>ORDER</s:Body></s:Envelope>",
    "an encoding style": f"<s:Envelope {S} s:encodingStyle='urn:x'><s:Body>ORDER</s:Body></s:Envelope>",
    "an encoding style of the body": f"<s:Envelope {S}><s:Body s:encodingStyle=''>ORDER</s:Body></s:Envelope>",
    "an odd mustUnderstand": (
        f"<s:Envelope {S}><s:Header><x:a xmlns:x='urn:x' s:mustUnderstand='true'/></s:Header>"
        "<s:Body>ORDER</s:Body></s:Envelope>"
    ),
    "a fault": f"<s:Envelope {S}><s:Body><s:Fault/></s:Body></s:Envelope>",
    "an envelope in the body": (
        f"<s:Envelope {S}><s:Body><s:Envelope><s:Body>ORDER</s:Body></s:Envelope></s:Body></s:Envelope>"
    ),
    "wrapped like a signature": (
        f"<s:Envelope {S}><s:Header><w xmlns='urn:w'><s:Body id='signed'>LIST</s:Body></w></s:Header>"
        "<s:Body id='other'>ORDER</s:Body></s:Envelope>"
    ),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_what_is_no_envelope_orders_nothing(pool: Tenant, stray: Pet, frame: str) -> None:
    body = frame.replace("LIST", LIST).replace("ORDER", ordering(stray))
    problem = read_problem(Consumer().post(body))
    assert slug_of(problem) == (400, "bad-request")
    assert "errors" not in problem
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize(
    "namespace",
    [SOAP_1_2, "http://schemas.xmlsoap.org/soap/envelope", "urn:x", ""],
)
def test_another_version_is_a_version_mismatch(pool: Tenant, stray: Pet, namespace: str) -> None:
    body = envelope(ordering(stray), namespace=namespace)
    response = Consumer().post(body if namespace else body.replace("s:", "").replace('xmlns:s=""', ""))
    code, sentence, problem = read_fault(response)
    assert (code, problem) == ("VersionMismatch", None)
    assert sentence
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize("actor", ["", 's:actor=""', 's:actor="http://schemas.xmlsoap.org/soap/actor/next"'])
@pytest.mark.parametrize("place", ["{0}", "<o:a xmlns:o='urn:o'/>{0}"])
def test_a_block_that_we_have_to_understand_is_refused(pool: Tenant, stray: Pet, actor: str, place: str) -> None:
    block = f'<w:Security xmlns:w="{SECURITY}" s:mustUnderstand="1" {actor}><w:a/></w:Security>'
    response = Consumer().post(envelope(ordering(stray), place.format(block)))
    code, _, problem = read_fault(response)
    assert (code, problem) == ("MustUnderstand", None)
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize(
    "attributes", ["", 's:mustUnderstand="0"', 's:mustUnderstand="1" s:actor="urn:another"', 'mustUnderstand="1"']
)
def test_other_blocks_are_ignored(pool: Tenant, stray: Pet, attributes: str) -> None:
    block = f'<w:Security xmlns:w="{SECURITY}" {attributes}><w:UsernameToken>root</w:UsernameToken></w:Security>'
    told = read_result(Consumer().post(envelope(LIST, block + block)), "ListPets")
    assert [pet["id"] for pet in told["pets"]] == [str(stray.id)]


SPELLINGS: Final = [
    f'<Envelope xmlns="{ENVELOPE_NAMESPACE}"><Body>LIST</Body></Envelope>',
    f"\n<!-- a -->\n<s:Envelope {S}>\n <s:Header/>\n <s:Body>\n  LIST\n </s:Body>\n</s:Envelope>\n<!-- b -->\n",
    f"<s:Envelope {S}><z:Body xmlns:z='{ENVELOPE_NAMESPACE}'>LIST</z:Body></s:Envelope>",
    f"<s:Envelope {S} xmlns:a='a' a:b='c'><s:Header a:b='c'/><s:Body a:id='x' xml:lang='en'>LIST</s:Body></s:Envelope>",
    f"<s:Envelope {S}><s:Body><!-- a -->LIST<!-- b --></s:Body></s:Envelope>",
    f'<?xml version="1.0"?><s:Envelope {S}><s:Body>LIST</s:Body></s:Envelope>',
    f"<?xml version='1.0' encoding='UTF-8' standalone='no' ?>\n<s:Envelope {S}><s:Body>LIST</s:Body></s:Envelope>",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_an_envelope_may_be_spelled_otherwise(pool: Tenant, stray: Pet, text: str) -> None:
    told = read_result(Consumer().post(text.replace("LIST", LIST)), "ListPets")
    assert [pet["id"] for pet in told["pets"]] == [str(stray.id)]


def test_a_prefix_may_change_its_meaning_on_the_way(pool: Tenant, stray: Pet) -> None:
    asked = request("GetPet", id=str(stray.id)).replace("xmlns=", "xmlns:s=")
    asked = asked.replace("<", "<s:").replace("<s:/", "</s:")
    assert read_result(Consumer().post(envelope(asked)), "GetPet")["id"] == str(stray.id)


def test_text_may_stand_in_a_section_and_be_broken_by_comments(pool: Tenant, stray: Pet) -> None:
    text = str(stray.id)
    for spelled in (f"<![CDATA[{text}]]>", f"{text[:9]}<!-- x -->{text[9:]}", f"&#x{ord(text[0]):x};{text[1:]}"):
        asked = request("GetPet", id="ID").replace("ID", spelled)
        assert read_result(Consumer().post(envelope(asked)), "GetPet")["id"] == text


@pytest.mark.parametrize("hint", ["schemaLocation", "noNamespaceSchemaLocation"])
def test_a_schema_that_the_message_names_is_not_fetched(pool: Tenant, stray: Pet, hint: str) -> None:
    place = f"https://petstoreapi.com/soap/v1 file://{__file__}" if hint == "schemaLocation" else f"file://{__file__}"
    named = f'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:{hint}="{place}"'
    asked = LIST.replace("ListPets", f"ListPets {named}", 1)
    assert [pet["id"] for pet in read_result(Consumer().post(envelope(asked)), "ListPets")["pets"]] == [str(stray.id)]


@pytest.mark.parametrize(
    "body",
    [
        '<GetPetResponse xmlns="https://petstoreapi.com/soap/v1"/>',
        '<Problem xmlns="https://petstoreapi.com/soap/v1"/>',
        '<DeletePet xmlns="https://petstoreapi.com/soap/v1"/>',
        '<ListPets xmlns="https://petstoreapi.com/soap/v2"/>',
        "<ListPets/>",
        '<ListPets xmlns="https://petstoreapi.com/soap/v1" sort="price"/>',
        '<ListPets xmlns="https://petstoreapi.com/soap/v1">text</ListPets>',
    ],
)
def test_what_is_no_operation_is_a_bad_request(pool: Tenant, body: str) -> None:
    assert slug_of(read_problem(Consumer().post(envelope(body)))) == (400, "bad-request")


ACTION: Final = "https://petstoreapi.com/soap/v1/ListPets"


@pytest.mark.parametrize("action", [None, "", '""', f'"{ACTION}"', ACTION])
def test_the_action_is_left_out_empty_or_the_operation_s(pool: Tenant, action: str | None) -> None:
    headers = {} if action is None else {"HTTP_SOAPACTION": action}
    assert Consumer().ask("ListPets", None, **headers).status_code == 200


@pytest.mark.parametrize(
    "action", [f'"{ACTION}s"', f'"{ACTION}","{ACTION}"', '"', "ListPets", '"https://petstoreapi.com/soap/v1/GetPet"']
)
def test_another_action_is_refused(pool: Tenant, stray: Pet, action: str) -> None:
    asked = Consumer().ask("CreateOrder", {"petId": str(stray.id)}, HTTP_SOAPACTION=action)
    assert slug_of(read_problem(asked)) == (400, "bad-request")
    assert count_rows() == (0, ["AVAILABLE"])


def test_a_refused_message_reads_no_row_but_the_caller_s(api: Client, alice: User, acme: Tenant) -> None:
    consumer = Consumer.of(alice)
    for body in (BILLION + envelope(LIST), nested(MAX_DEPTH + 1), "nonsense"):
        with CaptureQueriesContext(connection) as queries:
            consumer.post(body)
        assert len([query for query in queries if "pets" in query["sql"] or "orders" in query["sql"]]) == 0
