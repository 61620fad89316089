"""Certificates for 127.0.0.1, signed by themselves."""

import subprocess
from pathlib import Path


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """The files of a new certificate and of its key."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    words = (
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    )
    names = ("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    command = ("openssl", "req", "-x509", *words, *names, "-out", str(certificate), "-keyout", str(key))
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # ours
    return certificate, key
