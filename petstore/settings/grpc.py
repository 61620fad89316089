"""gRPC: its port, and the files for TLS (contract, gRPC)."""

import ssl

from django.core.exceptions import ImproperlyConfigured

from petstore.settings import environment as env

DEFAULT_PORT = 50_051
_LAST_PORT = 65_535


def _parse_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_PORT:
        raise ValueError(text)
    return int(text)


def _parse_certificate(text: str) -> str:
    """Check that the file holds at least one certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(text)
    except OSError as error:  # ssl.SSLError is one, too
        raise ValueError(text) from error
    return text


def _check_pair(certificate: str, key: str) -> None:
    """Raise ImproperlyConfigured unless both are there, or none, and the key is the certificate's."""
    if not certificate and not key:
        return
    if not certificate or not key:
        missing, given = ("GRPC_TLS_CERT", "GRPC_TLS_KEY") if not certificate else ("GRPC_TLS_KEY", "GRPC_TLS_CERT")
        raise ImproperlyConfigured(f"{missing} must be set where {given} is: gRPC speaks TLS with both, or with none.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise ImproperlyConfigured(
            "GRPC_TLS_KEY must be a readable PEM file with the key of GRPC_TLS_CERT, without a password."
        ) from error


IS_GRPC_PORT_NAMED = bool(env.env.str("GRPC_PORT", default="").strip())
GRPC_PORT = env.read_variable("GRPC_PORT", _parse_port, DEFAULT_PORT, f"a port up to {_LAST_PORT}, or 0 for no gRPC")
GRPC_TLS_CERT = env.read_variable(
    "GRPC_TLS_CERT", _parse_certificate, "", "a readable PEM file with a certificate and its chain"
)
GRPC_TLS_KEY = env.read_variable("GRPC_TLS_KEY", str, "", "a PEM file")

_check_pair(GRPC_TLS_CERT, GRPC_TLS_KEY)
