"""The head of a request, checked alike for every interface that programs call."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from petstore.interfaces.http.problems import Problem
from petstore.server.request_limits import MAX_LENGTH_DIGITS, MAX_QUERY, REPEATED_HEADER, find_body_limit

NEEDS_LENGTH = ("POST", "PUT", "PATCH", "QUERY")


def check_request_head(request: HttpRequest) -> Problem | None:
    """Return what is wrong with the head of the request, before its body or its caller matters; None if nothing."""
    try:
        vars(request)["host"] = request.get_host()
    except DisallowedHost:
        return Problem.of_status(400, "The Host header names no host of this service.")
    if REPEATED_HEADER in request.META:
        return Problem.of_status(400, f"{request.META[REPEATED_HEADER]} may stand once only.")
    if len(request.META.get("QUERY_STRING", "")) > MAX_QUERY:
        return Problem.of_status(400, f"The query string is longer than {MAX_QUERY} characters.")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity" and request.method in NEEDS_LENGTH:
        return Problem.of_status(
            415, "Bodies are taken without a Content-Encoding.", (("Accept-Encoding", "identity"),)
        )
    if not request.META.get("CONTENT_LENGTH") and _hides_body_length(request):
        return Problem.of_status(411)
    return _check_body_length(request)


def _hides_body_length(request: HttpRequest) -> bool:
    """Recognise a body that Django would read as empty: chunks in HTTP/1.1, frames in HTTP/2. WSGI only."""
    is_framed = request.META.get("SERVER_PROTOCOL", "").startswith("HTTP/2") and request.method in NEEDS_LENGTH
    return "HTTP_TRANSFER_ENCODING" in request.META or is_framed


def _check_body_length(request: HttpRequest) -> Problem | None:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if text == "0":
        return None
    if not text.isascii() or not text.isdigit():
        return Problem.of_status(400, "Content-Length is not a number.")
    if len(text) > MAX_LENGTH_DIGITS:
        return Problem.of_status(413)
    most = find_body_limit(request.path_info, request.content_type or "")
    return Problem.of_status(413) if int(text) > most else None
