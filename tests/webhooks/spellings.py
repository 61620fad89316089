"""Hosts that are on the inside, or lead there, as attackers spell them."""

_PLAIN = """
    127.0.0.1 127.0.0.2 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200
    169.254.169.254 169.254.170.2 168.63.129.16 172.16.0.1 172.31.255.255 192.168.0.1 192.0.0.192 192.0.2.1 192.88.99.1
    198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
"""
_ODD = """
    2130706433 017700000001 0x7f000001 0X7F000001 0x7f.0x0.0x0.0x1 0177.0.0.1 0177.0.0.01 127.1 127.0.1 0x7f.1
    127.0.0.01 127.000.000.001 127.0.0.0x1 0 0x0 00000 127.0.0.1. 127.0.0.1.. 2852039166 0xa9fea9fe 0251.0376.0251.0376
    169.254.43518 4425673729 127.0.0.1.0 256.0.0.1 -1
"""
_VERSION_6 = """
    [::1] [0:0:0:0:0:0:0:1] [::] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:0001]
    [::FFFF:169.254.169.254] [::ffff:8.8.8.8] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1]
    [2002:7f00:1::] [2002:a9fe:a9fe::1] [2001::1] [2001:0:4136:e378:8000:63bf:80ff:fffe] [2001:10::1] [2001:db8::1]
    [3fff::1] [fc00::1] [fd00:ec2::254] [fd20:ce::254] [fe80::1] [fe80::1%25eth0] [fec0::1] [ff02::1] [100::1]
    [5f00::1] [2606:4700::1111%25lo] [::1].example.com [127.0.0.1] [] ::1
"""
_LOCAL_NAMES = ["localhost", "LOCALHOST", "localhost.", "ip6-localhost", "metadata", "db"]
_DISGUISED = [
    "１２７.０.０.１",  # noqa: RUF001  # full-width digits
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "local\u00adhost",
    "\u202e1.0.0.721",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "localho%73t",
    "127.0.0.1%00.example.com",
    "127.0.0.1%23.example.com",
    "example.com@127.0.0.1",
    "example.com:80@127.0.0.1",
    "example.com%40@127.0.0.1",
    "example.com\\@127.0.0.1",
    "127.0.0.1\\@example.com",
    "127.0.0.1\\.example.com",
    "127.0.0.1#@example.com",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1\t",
    "127.0.0.1\n.example.com",
    "127.0.0.1\x00",
]
NAMES_OF_SOMEBODY = [
    "localhost.localdomain",
    "app.localhost",
    "metadata.google.internal",
    "127.0.0.1.nip.example",
    "rebind.example.com",
]
"""Public as far as they show: what they lead to is seen when they are resolved."""

SHOWN = [*_PLAIN.split(), *_ODD.split(), *_VERSION_6.split(), *_LOCAL_NAMES, *_DISGUISED]
"""Refused as soon as somebody gives them."""
