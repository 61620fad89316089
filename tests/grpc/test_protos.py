"""The protos: the stubs are theirs, they keep the rules of buf, and no change breaks a client (contract, gRPC)."""

import shutil
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from petstore.interfaces.commands.generate_stubs import PROTO, STUBS, find_stale_modules, generate_modules
from tests.grpc.buf import PUBLISHED, find_complaints, install_buf

ORDERS = "petstore/v1/orders.proto"


@pytest.fixture(scope="module")
def buf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_buf(tmp_path_factory.mktemp("buf"))


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the protos, for a test to change."""
    shutil.copytree(PROTO, tmp_path / "proto")
    return tmp_path / "proto"


def replace_text(proto: Path, name: str, old: str, new: str) -> None:
    text = (proto / name).read_text(encoding="utf-8")
    assert old in text
    (proto / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_stubs_are_those_of_the_protos() -> None:
    call_command("generate_stubs", check=True)


def test_a_stub_that_is_not_the_proto_s_is_named(changed: Path) -> None:
    replace_text(changed, ORDERS, "string etag = 10;", "string tag = 10;")
    assert find_stale_modules(generate_modules(changed), STUBS) == ["orders_pb2.py", "orders_pb2.pyi"]
    (changed / "petstore/v1/more.proto").write_text('syntax = "proto3";\npackage petstore.v1;\nmessage More {}\n')
    assert "more_pb2.py" in find_stale_modules(generate_modules(changed), STUBS)


def test_a_proto_that_cannot_be_read_is_told(changed: Path) -> None:
    replace_text(changed, ORDERS, "string etag = 10;", "string etag = 9;")
    with pytest.raises(CommandError, match="already been used"):
        generate_modules(changed)


@pytest.mark.own_store
class TestBuf:
    """With buf, which is the same program on both databases."""

    def test_the_protos_keep_the_rules(self, buf: Path) -> None:
        assert find_complaints(buf, "lint", str(PROTO)) == []

    def test_a_name_against_the_rules_is_found(self, buf: Path, changed: Path) -> None:
        replace_text(changed, ORDERS, "string etag = 10;", "string entityTag = 10;")
        (complaint,) = find_complaints(buf, "lint", str(changed))
        assert "entity_tag" in complaint

    def test_no_client_is_broken(self, buf: Path) -> None:
        assert find_complaints(buf, "breaking", str(PROTO), "--against", str(PUBLISHED)) == []

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("string etag = 10;", "string etag = 11;"),
            ("string etag = 10;", "bytes etag = 10;"),
            ("ORDER_STATUS_PLACED = 1;", "ORDER_STATUS_NEW = 1;"),
            ("rpc CancelOrder(CancelOrderRequest) returns (Order);", ""),
        ],
    )
    def test_a_change_that_breaks_clients_is_found(self, buf: Path, changed: Path, old: str, new: str) -> None:
        replace_text(changed, ORDERS, old, new)
        assert find_complaints(buf, "breaking", str(changed), "--against", str(PUBLISHED))
