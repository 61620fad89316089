"""Names and docstrings speak the field's language (architecture, Manners).

Figures: `python -m tests.naming`, and with -v what they count.
"""

from pathlib import Path

from tests.naming import ROOT, Function, measure_names, source_files

ONE_WORD = {
    "called by Django": {
        "authenticate", "clean", "deconstruct", "delete", "execute", "executemany", "format", "handle", "login",
        "lookups", "optgroups", "options", "queryset", "ready", "save", "search",
    },
    "called by DRF and its libraries": {
        "create", "data", "destroy", "encode", "decode", "filter", "get", "list", "parse", "render", "retrieve",
        "update", "validate",
    },
    "called by Python, psycopg, granian, prometheus_client, django-tasks, grpcio and mcp": {
        "aclose", "close", "collect", "done", "enqueue", "err", "read", "receive", "send", "service", "subscribe",
        "wait", "write",
    },
    "called by python-socketio": {"dumps", "loads"},
    "adjectives of QuerySets": {
        "available", "callbacks", "due", "kept", "live", "named", "open", "queued", "reachable", "unpaid",
    },
    "the words of QuerySet for compiled queries and units of work": {"count", "first", "insert", "lock"},
    "properties": {
        "actor", "address", "currency", "id", "name", "network", "password", "secret", "species", "status", "topic",
    },
    "actions of viewsets whose use cases say more": {"pay", "redeliver"},
    "the one clock": {"now"},
}  # fmt: skip
"""Public functions of one word, by why they are called so."""
GERUNDS = {
    "petstore/interfaces/commands/": "a command is a verb",
    "petstore/settings/logging.py": "Django's word for the setting",
    "tenants/scoping.py": "the field's word for the first wall between tenants",
}
"""Modules whose names are no nouns, by why they are called so."""


def list_places(functions: list[Function]) -> list[str]:
    return [f"{function.place}: {function.name}" for function in functions]


def test_a_function_is_called_by_a_verb_and_a_noun() -> None:
    names = measure_names()
    assert names.mean_words >= 2.5
    assert len(names.one_word) <= len(names.functions) / 10


def test_a_public_function_of_one_word_has_a_reason() -> None:
    known = set().union(*ONE_WORD.values())
    assert list_places([one for one in measure_names().one_word if one.is_public and one.name not in known]) == []


def test_each_reason_is_still_needed() -> None:
    used = {function.name for function in measure_names().one_word if function.is_public}
    assert set().union(*ONE_WORD.values()) - used == set()


def test_a_module_is_called_by_a_noun() -> None:
    modules = [str(file.relative_to(ROOT)) for file in source_files() if file.stem.endswith("ing")]
    assert [module for module in modules if not any(module.startswith(known) for known in GERUNDS)] == []
    assert all((ROOT / Path(known)).exists() for known in GERUNDS)


def test_a_docstring_says_what_its_function_does() -> None:
    names = measure_names()
    assert len(names.docstrings) > 1000
    assert len(names.questions) <= len(names.docstrings) / 50, names.questions
