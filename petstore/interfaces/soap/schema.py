"""Validate what a message asks for by the schema in the WSDL, and name the fields at fault (contract, SOAP)."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lxml import etree
from rest_framework.exceptions import ParseError

from kernel.errors import FieldFault, Invalid
from petstore.interfaces.representation.serializers import MAX_UNKNOWN, mask_field_name
from petstore.interfaces.soap.elements import NAMESPACE
from petstore.interfaces.soap.envelopes import Element
from petstore.interfaces.soap.wsdl import read_wsdl_file

Value = str | int | bool
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_CONTENT: Final = "SCHEMAV_ELEMENT_CONTENT"
_NIL: Final = "SCHEMAV_CVC_ELT_3_1"
_REQUIRED: Final = ("This field is required.", "required")
_UNKNOWN: Final = ("There is no such field.", "unknown_field")
_MISPLACED: Final = ("This field stands once, and in the order of the schema.", "invalid")
_NOTHING: Final = ("This field may not be null.", "null")
_TEXT: Final = ("Give a text.", "invalid")
_OF_TYPE: Final = {
    "xs:boolean": ("Give true or false.", "invalid"),
    "xs:int": ("Give a whole number.", "invalid"),
    "xs:string": _TEXT,
}
_ENUM: Final = ("This is not one of the values of this enum.", "invalid_choice")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request, as the WSDL has it."""

    type: str
    is_required: bool


Fields = Mapping[str, Field]


def load_wsdl_types() -> Element:
    """Return the schema of the WSDL as a document of its own."""
    types = etree.fromstring(read_wsdl_file().encode()).find(f".//{_XS}schema")
    if types is None:
        raise ValueError("the WSDL has no schema")
    return etree.fromstring(etree.tostring(types))


class _Validator(threading.local):
    """The schema of a thread: an lxml schema keeps the errors of its last document."""

    def __init__(self) -> None:
        self.schema = etree.XMLSchema(load_wsdl_types())


_of_thread: Final = _Validator()


@cache
def list_request_fields() -> dict[str, Fields]:
    """Return the fields of each element of the WSDL by the element's name."""
    return {
        element.get("name", ""): {
            field.get("name", ""): Field(field.get("type", ""), field.get("minOccurs") != "0")
            for field in element.iterfind(f"{_XS}complexType/{_XS}sequence/{_XS}element")
        }
        for element in load_wsdl_types().iterfind(f"{_XS}element")
    }


def read_request_fields(request: Element) -> dict[str, Value]:
    """Return the values of a request by the names of its fields.

    Raises:
        Invalid: fields are at fault.
        ParseError: something else does not follow the schema.
    """
    fields = list_request_fields()[etree.QName(request).localname]
    schema = _of_thread.schema
    if not schema.validate(request):
        raise _refuse_request(request, fields, schema.error_log)
    return {name: _read_value(child, fields[name].type) for child in request if (name := _local_name(child))}


def _read_value(child: Element, type_name: str) -> Value:
    text = "".join(child.itertext())
    if type_name == "xs:boolean":
        return _FLAGS[text.strip()]
    return _parse_int(text.strip()) if type_name == "xs:int" else text


def _parse_int(text: str) -> int:
    """Return the number of an xs:int, which may begin with more zeros than Python's int() reads."""
    return (-1 if text.startswith("-") else 1) * int(text.lstrip("+-0") or "0")


def _refuse_request(request: Element, fields: Fields, errors: Any) -> Exception:
    found: dict[str, FieldFault] = {}
    for name, (message, code) in _list_faults(request, fields, errors):
        found.setdefault(name, FieldFault(name, message, code))
    if not found:
        return ParseError("The message does not follow the schema of the WSDL.")
    return Invalid(faults=tuple(found.values())[:MAX_UNKNOWN])


def _list_faults(request: Element, fields: Fields, errors: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the fields at fault with a sentence and a code; what is missing and what is unknown comes first."""
    present = {_local_name(child) for child in request if _is_known(child, fields)}
    missing = [name for name, field in fields.items() if field.is_required and name not in present]
    yield from ((name, _REQUIRED) for name in missing)
    for child in request:
        if not _is_known(child, fields):
            shown = mask_field_name(_local_name(child))
            yield "body" if shown == "non_field_errors" else shown, _UNKNOWN
    for error in errors:
        faulty = _find_child(request, error.path)
        if faulty is None or not _is_known(faulty, fields) or (missing and error.type_name == _CONTENT):
            continue
        name = _local_name(faulty)
        yield name, _describe_error(error.type_name, fields[name].type)


def _describe_error(error: str, type_name: str) -> tuple[str, str]:
    if error == _CONTENT:
        return _MISPLACED
    if error == _NIL:
        return _NOTHING
    return _OF_TYPE.get(type_name, _ENUM)


def _find_child(request: Element, path: str | None) -> Element | None:
    """Return the child that a path of libxml2's leads to, such as `/t:ListPets/t:size[2]` or `/*/*[3]`."""
    _, _, below = (path or "").lstrip("/").partition("/")
    name, _, place = below.partition("/")[0].rstrip("]").partition("[")
    alike = [child for child in request if name == "*" or name.rpartition(":")[2] == _local_name(child)]
    at = int(place or 1) - 1
    return alike[at] if below and at < len(alike) else None


def _is_known(child: Element, fields: Fields) -> bool:
    name = etree.QName(child)
    return name.namespace == NAMESPACE and name.localname in fields


def _local_name(child: Element) -> str:
    return etree.QName(child).localname
