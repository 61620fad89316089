"""systemd's own check of the units of `deploy/`, with this checkout in the place of /opt/petstore."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import load_command_class

from petstore.server.listener import ROOT
from tests.deploy.proxies import fill_in
from tests.tools import need_tool

UNITS = ("petstore", "petstore-worker")


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(tmp_path: Path, name: str) -> None:
    program = need_tool("systemd-analyze", package="systemd")
    unit = tmp_path / f"{name}.service"
    places = {"/opt/petstore/.venv/bin/python": sys.executable, "/opt/petstore": str(ROOT)}
    unit.write_text(fill_in(f"systemd/{name}.service", places))
    assert _said(program, "verify", "--man=no", str(unit)) == ""
    exposure = _said(program, "security", "--offline=yes", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", exposure)
    assert found is not None, exposure
    assert float(found[1]) <= 2.0


@pytest.mark.parametrize("name", UNITS)
def test_the_command_of_the_unit_exists_with_its_options(name: str) -> None:
    unit = fill_in(f"systemd/{name}.service", {})
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    _python, manage, verb, *options = shlex.split(command)
    parser = load_command_class("petstore", verb).create_parser(manage, verb)
    parser.parse_args(options)


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  # of the machine
    return (done.stdout + done.stderr).strip()
