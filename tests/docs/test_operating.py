"""The page for operators names every setting that the code reads."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'\b(?:env|databases)\.(?:env\.)?[a-z_]+\(\s*"([A-Z_]+)"')


def test_every_variable_that_the_settings_read_is_documented() -> None:
    read = {name for path in (ROOT / "petstore/settings").glob("*.py") for name in READ.findall(path.read_text())}
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/operating.md").read_text(), re.MULTILINE))
    assert documented - {"DJANGO_SETTINGS_MODULE"} == read
