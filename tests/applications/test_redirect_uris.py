"""Redirect URIs: what may be registered, and near misses of what is (RFC 6749, 3.1.2; RFC 8252, 7 and 8)."""

import pytest

from applications.redirect_uris import MAX_LENGTH, check_redirect_uri, matches_redirect_uri

HTTPS = "https://app.example/callback"
FINE = [
    HTTPS,
    "https://app.example",
    "https://app.example/",
    "https://app.example:8443/callback?tenant=7&from=shop",
    "https://App.Example/Callback",
    "https://xn--bcher-kva.example/%C3%BC",
    "https://192.0.2.7/callback",
    "https://[2001:db8::7]:8443/callback",
    "https://localhost/callback",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:8765/callback",
    "http://127.0.0.1",
    "http://[::1]/callback",
    "http://[::1]:8765",
    "https://app.example/" + "a" * (MAX_LENGTH - 20),
]
PRIVATE = ["com.example.app:/callback", "com.example.app://callback", "com.example.app:callback", "app.example-1:/"]
WRONG = [
    "",
    "https://app.example/" + "a" * (MAX_LENGTH - 19),
    "/callback",
    "//app.example/callback",
    "app.example/callback",
    "https:",
    "https:/app.example/callback",
    "https:///callback",
    "https://",
    "https://:443/callback",
    "https://?x=1",
    "https://app.example/callback#",
    "https://app.example/callback#top",
    "https://*.app.example/callback",
    "https://app.example/*",
    "https://user@app.example/callback",
    "https://user:word@app.example/callback",
    "https://@app.example/callback",
    "https://app.example:0/callback",
    "https://app.example:65536/callback",
    "https://app.example:0443/callback",
    "https://app.example:/callback",
    "https://app.example:http/callback",
    "https://app..example/callback",
    "https://.app.example/callback",
    "https://-app.example/callback",
    "https://app,example/callback",
    "https://256.1.1.1/callback",
    "https://0x7f.1/callback",
    "https://[::g]/callback",
    "https://[::1/callback",
    "https://::1/callback",
    "https://app.example\\@evil.example/callback",
    "https://app.example/call back",
    " https://app.example/callback",
    "https://app.example/callback ",
    "https://app.example/callback\n",
    "https://app.example/call\r\nX: y",
    "https://app.example/call\tback",
    "https://app.example/\x00",
    "https://app.example/\x7f",
    "https://b\u00fccher.example/callback",
    "https://app.example/\u202ecallback",
    "https://\uff41pp.example/callback",
    "https://app.example/\ud800",
    "https://app.example/%",
    "https://app.example/%zz",
    "https://app.example/<script>",
    'https://app.example/"',
    "https://app.example/callback?code=1",
    "https://app.example/callback?x=1&state=2",
    "https://app.example/callback?iss",
    "HTTPS://app.example/callback",
    "http://app.example/callback",
    "http://localhost/callback",
    "http://localhost:8765/callback",
    "http://127.0.0.2/callback",
    "http://127.1/callback",
    "http://2130706433/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1./callback",
    "http://[0:0:0:0:0:0:0:1]/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://0.0.0.0/callback",
    "ftp://app.example/callback",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript://app.example/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "about:blank",
    "blob:https://app.example/7",
    "urn:ietf:wg:oauth:2.0:oob",
    "myapp:/callback",
    "myapp://callback",
    ".app:/callback",
    "app.:/callback",
    "com..app:/callback",
    "1com.example:/callback",
    "com.example.app:",
    "com.example.app://",
    "com.example.app://user@host/callback",
    "com.example.app:/callback#x",
    "COM.example.app:/callback",
]
LOOPBACK = "http://127.0.0.1/callback"
MATCHES = [
    (HTTPS, HTTPS),
    (LOOPBACK, LOOPBACK),
    ("http://127.0.0.1:1/callback", LOOPBACK),
    ("http://127.0.0.1:65535/callback", LOOPBACK),
    ("http://127.0.0.1:8765/callback?x=1", "http://127.0.0.1/callback?x=1"),
    ("http://127.0.0.1/callback", "http://127.0.0.1:8765/callback"),
    ("http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback"),
    ("http://127.0.0.1:8765", "http://127.0.0.1"),
    ("http://[::1]:8765/callback", "http://[::1]/callback"),
    ("com.example.app:/callback", "com.example.app:/callback"),
]
NEAR_MISSES = [
    ("https://app.example/callback/", HTTPS),
    ("https://app.example/Callback", HTTPS),
    ("https://APP.example/callback", HTTPS),
    ("https://app.example:443/callback", HTTPS),
    ("https://app.example/callback?", HTTPS),
    ("https://app.example/callback?x=1", HTTPS),
    ("https://app.example/callback#", HTTPS),
    ("https://app.example/./callback", HTTPS),
    ("https://app.example//callback", HTTPS),
    ("https://app.example/%63allback", HTTPS),
    ("https://app.example/callbac", HTTPS),
    ("https://app.example/callback2", HTTPS),
    ("https://app.example/callback\n", HTTPS),
    ("http://app.example/callback", HTTPS),
    ("HTTPS://app.example/callback", HTTPS),
    ("https://sub.app.example/callback", HTTPS),
    ("https://app.example.evil.example/callback", HTTPS),
    ("https://app.example@evil.example/callback", HTTPS),
    ("https://app.example", "https://app.example/"),
    ("", HTTPS),
    ("https://127.0.0.1:8765/callback", "https://127.0.0.1/callback"),
    ("https://app.example:8765/callback", "https://app.example/callback"),
    ("http://localhost:8765/callback", LOOPBACK),
    ("http://localhost:8765/callback", "http://localhost/callback"),
    ("http://127.0.0.2:8765/callback", LOOPBACK),
    ("http://[::1]:8765/callback", LOOPBACK),
    ("http://127.0.0.1:8765/callback", "http://[::1]/callback"),
    ("http://127.0.0.1:0/callback", LOOPBACK),
    ("http://127.0.0.1:65536/callback", LOOPBACK),
    ("http://127.0.0.1:080/callback", LOOPBACK),
    ("http://127.0.0.1:/callback", LOOPBACK),
    ("http://127.0.0.1:\u0663/callback", LOOPBACK),
    ("http://127.0.0.1:8765/callback\n", LOOPBACK),
    ("http://127.0.0.1:8765/callback#x", LOOPBACK),
    ("http://127.0.0.1:8765/other", LOOPBACK),
    ("http://127.0.0.1:8765", LOOPBACK),
    ("http://127.0.0.1:8765@evil.example/callback", LOOPBACK),
    ("http://user@127.0.0.1:8765/callback", LOOPBACK),
    ("http://127.0.0.1.evil.example:8765/callback", LOOPBACK),
    ("http://127.0.0.1:8765/callback", "http://127.0.0.1/callback?x=1"),
    ("com.example.app:/callback2", "com.example.app:/callback"),
    ("com.example.app://callback", "com.example.app:/callback"),
]


@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize("uri", FINE)
def test_a_web_or_loopback_uri_is_fine_for_every_application(uri: str, is_public: bool) -> None:
    assert check_redirect_uri(uri, is_public=is_public) is None


@pytest.mark.parametrize("uri", PRIVATE)
def test_a_private_scheme_is_fine_for_a_public_application_only(uri: str) -> None:
    assert check_redirect_uri(uri, is_public=True) is None
    assert check_redirect_uri(uri, is_public=False) is not None


@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize("uri", WRONG)
def test_any_other_uri_is_refused_in_a_sentence_that_does_not_repeat_it(uri: str, is_public: bool) -> None:
    sentence = check_redirect_uri(uri, is_public=is_public)
    assert sentence is not None
    assert sentence.endswith(".")
    assert "evil" not in sentence


@pytest.mark.parametrize(("given", "registered"), MATCHES)
def test_a_uri_matches_byte_for_byte_but_for_the_port_of_a_loopback_address(given: str, registered: str) -> None:
    assert matches_redirect_uri(given, [registered])
    assert matches_redirect_uri(given, ["https://other.example/", registered])


@pytest.mark.parametrize(("given", "registered"), NEAR_MISSES)
def test_a_near_miss_does_not_match(given: str, registered: str) -> None:
    assert not matches_redirect_uri(given, [registered])
    assert not matches_redirect_uri(given, ["https://other.example/", registered])


def test_nothing_matches_where_nothing_is_registered() -> None:
    assert not matches_redirect_uri("https://app.example/callback", [])
    assert not matches_redirect_uri("", [])
