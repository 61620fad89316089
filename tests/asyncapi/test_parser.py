"""AsyncAPI's own parser finds nothing to complain of (contract, AsyncAPI)."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.asyncapi.documents import served_document
from tests.client import Client
from tests.node_packages import fetch_packages
from tests.tools import need_tool

HERE = Path(__file__).parent
ERROR, WARNING, INFORMATION = range(3)
PATIENCE_SECONDS = 120


def read_documents(folder: Path, *documents: str) -> list[dict[str, Any]]:
    """What the parser says of each document, and the version that it read."""
    (folder / "node_modules").symlink_to(fetch_packages(HERE) / "node_modules")
    program = shutil.copy(HERE / "reading.mjs", folder)
    places = [folder / str(number) for number in range(len(documents))]
    for place, document in zip(places, documents, strict=True):
        place.write_text(document, encoding="utf-8")
    command = [need_tool("node", package="nodejs"), str(program), *map(str, places)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS)  # noqa: S603  # ours
    return [json.loads(line) for line in done.stdout.splitlines()]


def broken_document() -> str:
    """The document with a schema that AsyncAPI does not know."""
    document = json.loads(json.dumps(served_document()))
    document["components"]["schemas"]["Person"]["properties"]["name"]["maxLength"] = "long"
    return json.dumps(document)


def test_the_parser_has_no_errors_and_no_warnings(api: Client, tmp_path: Path) -> None:
    as_yaml, as_json = (api.get(f"/v1/asyncapi.{form}").content.decode() for form in ("yaml", "json"))
    *served, control = read_documents(tmp_path, as_yaml, as_json, broken_document())
    for read in served:
        assert [one for one in read["found"] if one["severity"] < INFORMATION] == []
        assert read["version"] == "3.0.0"
    assert [one for one in control["found"] if one["severity"] in (ERROR, WARNING)], "the control"
