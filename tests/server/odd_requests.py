"""Requests that two readers could take for two different things (guarantees, G19), and what has to come of each.

A body that could be taken for a request asks for /v1/smuggled: if that word is in what comes back, somebody read it.
"""

import json
from typing import NamedTuple

from kernel import ids

SMUGGLED = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
ORDER = json.dumps({"petId": str(ids.new_id())}).encode()
"""For a pet that there is not: 404 where it was read whole, 400 where it was not."""
HOST, JSON = b"Host: localhost", b"Content-Type: application/json"
TENANT = b"X-Tenant-ID: 6ba7b814-9dad-41d1-80b4-00c04fd430c8"
CHUNKED = b"Transfer-Encoding: chunked"


class Odd(NamedTuple):
    """One such request.

    Attributes:
        status: of its answer; 0 where the connection ends without one.
        goes_on: the connection may be used for the next request.
    """

    name: str
    sent: bytes
    status: int
    goes_on: bool = False


def head(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    """The lines of a head, and the empty one."""
    return end.join((*lines, b"", b""))


def post(*lines: bytes, body: bytes = ORDER, path: bytes = b"/v1/orders", version: bytes = b"HTTP/1.1") -> bytes:
    """An order, with these lines in its head."""
    return head(b"POST " + path + b" " + version, HOST, JSON, *lines) + body


def get(*lines: bytes, target: bytes = b"/v1/pets", version: bytes = b"HTTP/1.1", host: bytes = HOST) -> bytes:
    """A list of pets, with these lines in its head."""
    return head(b"GET " + target + b" " + version, *filter(None, (host,)), *lines)


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


def chunks(*parts: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """A chunked body."""
    written = [b"%x" % len(part) + extension + b"\r\n" + part + b"\r\n" for part in parts]
    return b"".join(written) + b"0\r\n" + trailer + b"\r\n"


UPGRADE = b"Connection: Upgrade"
H2C = (UPGRADE + b", HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
WEBSOCKET = (
    UPGRADE,
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)

UPGRADES = (
    Odd("h2c with a body", post(*H2C, length(ORDER)), 404, goes_on=True),
    Odd("h2c with a request as its body", post(*H2C, length(SMUGGLED), body=SMUGGLED), 400, goes_on=True),
    Odd("h2c with chunks", post(*H2C, CHUNKED, body=chunks(ORDER)), 404, goes_on=True),
    Odd("h2c without a body", get(*H2C), 200, goes_on=True),
    Odd("a TLS upgrade with a body", post(UPGRADE, b"Upgrade: TLS/1.0", length(ORDER)), 404, goes_on=True),
    Odd("an unknown upgrade", post(UPGRADE, b"Upgrade: x", length(SMUGGLED), body=SMUGGLED), 400, goes_on=True),
    Odd("an upgrade that Connection does not name", post(b"Upgrade: h2c", length(ORDER)), 404, goes_on=True),
    Odd("websocket on a path with a body", post(*WEBSOCKET, length(SMUGGLED), body=SMUGGLED), 400),
    Odd("websocket without a key", post(*WEBSOCKET[:2], length(SMUGGLED), body=SMUGGLED), 400, goes_on=True),
    Odd("websocket of two lengths", post(*WEBSOCKET, length(b""), length(SMUGGLED), body=SMUGGLED), 400),
    Odd("websocket in HTTP/1.0", get(*WEBSOCKET, version=b"HTTP/1.0"), 400),
)
LENGTHS = (
    Odd("two lengths", post(b"Content-Length: 5", length(SMUGGLED), body=SMUGGLED), 400),
    Odd("the same length twice", post(length(ORDER), length(ORDER)), 404, goes_on=True),
    Odd("two lengths in one header", post(b"Content-Length: 5, 5", body=SMUGGLED), 400),
    Odd("a signed length", post(b"Content-Length: +5", body=SMUGGLED), 400),
    Odd("a negative length", post(b"Content-Length: -5", body=SMUGGLED), 400),
    Odd("a hexadecimal length", post(b"Content-Length: 0x5", body=SMUGGLED), 400),
    Odd("an empty length", post(b"Content-Length:", body=SMUGGLED), 400),
    Odd("a length past 64 bits", post(b"Content-Length: 99999999999999999999", body=SMUGGLED), 400),
    Odd("a length of full-width digits", post("Content-Length: \uff15".encode(), body=SMUGGLED), 400),
    Odd("a length far too large", post(b"Content-Length: 9999999999", b"Expect: 100-continue", body=b""), 413),
    Odd("no length", post(body=b""), 400, goes_on=True),
    Odd("no length, a request behind it", post(body=b"") + SMUGGLED.replace(b"smuggled", b"pets"), 400, goes_on=True),
)
CODINGS = (
    Odd("length, then chunks", post(length(ORDER), CHUNKED, body=chunks(ORDER)), 404),
    Odd("chunks, then a length", post(CHUNKED, b"Content-Length: 3", body=chunks(ORDER)), 404),
    Odd("xchunked", post(b"Transfer-Encoding: xchunked", body=SMUGGLED), 400),
    Odd("identity", post(b"Transfer-Encoding: identity", body=SMUGGLED), 400),
    Odd("chunked, identity", post(b"Transfer-Encoding: chunked, identity", body=chunks(SMUGGLED)), 400),
    Odd("chunked twice", post(CHUNKED, b"Transfer-Encoding: identity", body=chunks(SMUGGLED)), 400),
    Odd("a tab before chunked", post(b"Transfer-Encoding:\tchunked", body=chunks(ORDER)), 404, goes_on=True),
    Odd("a vertical tab before chunked", post(b"Transfer-Encoding: \x0bchunked", body=chunks(SMUGGLED)), 400),
    Odd("CHUNKED in capitals", post(b"Transfer-Encoding: CHUNKED", body=chunks(ORDER)), 404, goes_on=True),
    Odd("chunked in quotes", post(b'Transfer-Encoding: "chunked"', body=chunks(SMUGGLED)), 400),
    Odd("a space before the colon", post(b"Transfer-Encoding : chunked", body=chunks(SMUGGLED)), 400),
    Odd("an underscore for the hyphen", post(b"Transfer_Encoding: chunked", length(ORDER)), 404, goes_on=True),
    Odd("chunks in HTTP/1.0", post(CHUNKED, body=chunks(SMUGGLED), version=b"HTTP/1.0"), 400),
)
CHUNKS = (
    Odd("an extension", post(CHUNKED, body=chunks(ORDER, extension=b";a=b")), 404, goes_on=True),
    Odd("an endless extension", post(CHUNKED, body=b"5;" + b"a" * 40_000), 400),
    Odd("a huge size", post(CHUNKED, body=b"ffffffffffffffffff\r\n" + SMUGGLED), 400),
    Odd("a size that wraps", post(CHUNKED, body=b"10000000000000001\r\n" + SMUGGLED), 400),
    Odd("a signed size", post(CHUNKED, body=b"+5\r\nabcde\r\n0\r\n\r\n"), 400),
    Odd("a size with 0x", post(CHUNKED, body=b"0x5\r\nabcde\r\n0\r\n\r\n"), 400),
    Odd("no end of a chunk", post(CHUNKED, body=b"5\r\nabcdeXX0\r\n\r\n"), 400),
    Odd("a bare line feed after the size", post(CHUNKED, body=b"5\nabcde\r\n0\r\n\r\n"), 400),
    Odd("no size", post(CHUNKED, body=b"\r\n" + SMUGGLED), 400),
    Odd("a trailer of another tenant", post(CHUNKED, body=chunks(ORDER, trailer=TENANT + b"\r\n")), 404, goes_on=True),
    Odd(
        "a trailer of a host",
        post(CHUNKED, body=chunks(ORDER, trailer=b"Content-Length: 9\r\n")),
        404,
        goes_on=True,
    ),
)
NAMES = (
    Odd("a space before the colon of a tenant", get(b"X-Tenant-ID : x"), 400),
    Odd("an underscore in a tenant's header", get(b"X_Tenant_ID: x"), 200, goes_on=True),
    Odd("a folded line", get(b"X-Folded: a", b" b"), 400),
    Odd("a folded first line", head(b"GET /v1/pets HTTP/1.1", b" X-A: b", HOST), 400),
    Odd("a bare carriage return in a value", get(b"X-A: b\rX-Tenant-ID: x"), 400),
    Odd("a NUL in a value", get(b"X-A: b\0"), 400),
    Odd("a name without a colon", get(b"X-A"), 400),
    Odd("an empty name", get(b": b"), 400),
    Odd("a name in brackets", get(b"(X): b"), 400),
    Odd("two tenants", get(TENANT, TENANT), 400, goes_on=True),
    Odd("a tenant twice with an empty one", get(TENANT, b"X-Tenant-ID:"), 400, goes_on=True),
    Odd("a tenant that is no ASCII", get("X-Tenant-ID: é".encode()), 400, goes_on=True),
    Odd("too many headers", get(*(b"X-%d: y" % n for n in range(300))), 431),
    Odd("a head of 70 KiB", get(b"X-Long: " + b"y" * 70_000), 431),
)
HERE = b"http://localhost/v1/pets"
TARGETS = (
    Odd("an absolute target", get(target=HERE), 200, goes_on=True),
    Odd(
        "an absolute target and another host",
        get(target=b"http://localhost/v1/pets", host=b"Host: evil.example"),
        400,
        goes_on=True,
    ),
    Odd("no host", get(host=b""), 400, goes_on=True),
    Odd("an empty host", get(host=b"Host:"), 400, goes_on=True),
    Odd("two hosts", get(HOST), 400, goes_on=True),
    Odd("two hosts that differ", get(b"Host: evil.example"), 400, goes_on=True),
    Odd("a host with a path", get(host=b"Host: localhost/v1"), 400, goes_on=True),
    Odd("a space in the target", get(target=b"/v1/pets /x"), 400),
    Odd("an asterisk", head(b"OPTIONS * HTTP/1.1", HOST), 404, goes_on=True),
    Odd("a tunnel", head(b"CONNECT localhost:443 HTTP/1.1", HOST), 404, goes_on=True),
    Odd("a fragment", get(target=b"/v1/pets#x"), 200, goes_on=True),
    Odd("bytes in the target", get(target=b"/v1/\xff\xfe"), 400),
)
VERSIONS = (
    Odd("HTTP/1.0", get(version=b"HTTP/1.0"), 200),
    Odd("HTTP/0.9", b"GET /v1/pets\r\n\r\n", 400),
    Odd("HTTP/2.0 in a line", get(version=b"HTTP/2.0"), 400),
    Odd("HTTP/1.2", get(version=b"HTTP/1.2"), 400),
    Odd("HTTP/2 from the first byte", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0),
    Odd("a lower-case version", get(version=b"http/1.1"), 400),
    Odd("bare line feeds", head(b"GET /v1/pets HTTP/1.1", HOST, end=b"\n"), 200, goes_on=True),
    Odd("empty lines before it", b"\r\n\r\n" + get(), 200, goes_on=True),
    Odd("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    Odd("a body of a GET", get(length(SMUGGLED)) + SMUGGLED, 200, goes_on=True),
    Odd("a body that waits to be asked for", post(b"Expect: 100-continue", length(ORDER)), 404, goes_on=True),
    Odd("an unknown expectation", post(b"Expect: tea", length(ORDER)), 404, goes_on=True),
)
ODD_REQUESTS = (*UPGRADES, *LENGTHS, *CODINGS, *CHUNKS, *NAMES, *TARGETS, *VERSIONS)
