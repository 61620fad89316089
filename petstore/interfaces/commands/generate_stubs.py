"""Generate gRPC's Python modules from the protos, with imports that fit where they stand."""

import subprocess
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.core.management.base import BaseCommand, CommandError

ROOT: Final = Path(__file__).resolve().parents[1] / "grpc"
PROTO: Final = ROOT / "proto"
STUBS: Final = ROOT / "stubs"
_WRITTEN_IMPORT: Final = "from petstore.v1 import "
_FITTING_IMPORT: Final = "from petstore.interfaces.grpc.stubs import "
"""protoc names modules after the folders of the protos, and those follow the protos' package."""


class Command(BaseCommand):
    """Write the modules anew, or with `--check` name those that the protos do not make."""

    help = "Generate gRPC's Python modules from petstore/interfaces/grpc/proto."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a module is out of date")

    def handle(self, *_args: object, **options: bool) -> None:
        modules = generate_modules(PROTO)
        stale = find_stale_modules(modules, STUBS)
        if stale and options["check"]:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run: manage.py generate_stubs")
        for name in stale:
            _replace_module(STUBS / name, modules.get(name))


def generate_modules(proto: Path) -> dict[str, str]:
    """Return the modules and their types by the names of their files.

    Args:
        proto: the folder that the protos' imports start at.

    Raises:
        CommandError: the compiler is not installed, or refuses a proto.
    """
    if find_spec("grpc_tools") is None:
        raise CommandError("The compiler is not installed: grpcio-tools, one of the development dependencies.")
    sources = sorted(str(path) for path in proto.rglob("*.proto"))
    with TemporaryDirectory() as made:
        options = (f"--proto_path={proto}", f"--python_out={made}", f"--pyi_out={made}")
        command = (sys.executable, "-m", "grpc_tools.protoc", *options, *sources)
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # all of it is ours
        if done.returncode:
            raise CommandError(done.stderr.strip())
        return {path.name: _read_fitting_text(path) for path in Path(made).rglob("*.py*")}


def find_stale_modules(modules: dict[str, str], stubs: Path) -> list[str]:
    """Return the names of the files that are missing, too many or not as the protos make them."""
    there = {path.name: path.read_text(encoding="utf-8") for path in stubs.glob("*_pb2.py*")}
    return sorted(name for name in modules.keys() | there.keys() if modules.get(name) != there.get(name))


def _read_fitting_text(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace(_WRITTEN_IMPORT, _FITTING_IMPORT)


def _replace_module(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
