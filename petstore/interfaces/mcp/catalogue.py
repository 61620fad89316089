"""The tools, resource templates and prompts as clients see them (contract, MCP)."""

import json
from pathlib import Path
from typing import Any, Final

Description = dict[str, Any]

_CATALOGUE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "catalogue.json").read_text(encoding="utf-8"),
)
SERVER: Final[Description] = _CATALOGUE["serverInfo"]
TOOLS: Final[dict[str, Description]] = {tool["name"]: tool for tool in _CATALOGUE["tools"]}
RESOURCE_TEMPLATES: Final[list[Description]] = _CATALOGUE["resourceTemplates"]
PROMPTS: Final[dict[str, Description]] = {prompt["name"]: prompt for prompt in _CATALOGUE["prompts"]}
