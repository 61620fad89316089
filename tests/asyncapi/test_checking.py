"""What the test clients ask of each frame: a wrong one fails the test."""

from typing import Any

import pytest

from tests.asyncapi.checking import find_message_faults, require_described_message, require_described_publication
from tests.asyncapi.documents import Place, message_at, served_document

ROOM = "019b4150-2c3d-7e4f-8a5b-6c7d8e9f0a1b"


def example_of(channel: str, key: str) -> Any:
    return dict(message_at(served_document(), Place(channel, key))["examples"][0]["payload"])


def test_a_frame_as_it_should_be_passes() -> None:
    require_described_message("supportChat", "send", "roomJoined", example_of("supportChat", "roomJoined"))
    require_described_message("supportChat", "receive", "leaveRoom", {"type": "leaveRoom", "roomId": ROOM})


@pytest.mark.parametrize(
    ("action", "name", "change"),
    [
        ("send", "roomJoined", {"status": "open"}),
        ("send", "roomJoined", {"agent": {"id": ROOM}}),
        ("send", "roomJoined", {"agent": {"id": ROOM, "name": "Sam", "email": "sam@example.com"}}),
        ("send", "roomJoined", {"messages": [{"text": "Hello"}]}),
        ("send", "roomJoined", {"hasMore": None}),
        ("send", "roomJoined", {"timestamp": "2026-05-13 10:00"}),
        ("send", "roomJoined", {"number": 7}),
        ("receive", "roomJoined", {}),
        ("send", "joinRoom", {}),
        ("send", "roomLeft", {}),
    ],
)
def test_a_wrong_frame_fails(action: Any, name: str, change: dict[str, Any]) -> None:
    frame = example_of("supportChat", "roomJoined") | change
    assert find_message_faults("supportChat", action, name, frame)
    with pytest.raises(AssertionError, match=name):
        require_described_message("supportChat", action, name, frame)


def test_a_member_that_is_missing_fails() -> None:
    frame = example_of("supportChat", "connected")
    del frame["tenantId"]
    assert find_message_faults("supportChat", "send", "connected", frame)


def test_the_data_of_an_event_is_looked_at_to_its_end() -> None:
    frame = example_of("webhooks", "paymentSucceeded")
    assert find_message_faults("webhooks", "send", "payment.succeeded", frame) == []
    frame["data"] = frame["data"] | {"receipt": frame["data"]["receipt"] | {"seller": "Happy Tails"}}
    assert find_message_faults("webhooks", "send", "payment.succeeded", frame)


def test_a_publication_is_known_by_its_topic_whatever_comes_before_it() -> None:
    data = example_of("petStatusTopic", "petStatusChanged")
    for before in ("", "shop1/", f"shop1/tenants/{ROOM}/"):
        require_described_publication(f"{before}pets/{ROOM}/status", "pet.statusChanged", 1, data)


@pytest.mark.parametrize(
    ("topic", "name", "qos"),
    [
        (f"pets/{ROOM}/state", "pet.statusChanged", 1),
        ("pets/7/status", "pet.statusChanged", 1),
        (f"pets/{ROOM}/status", "order.statusChanged", 1),
        (f"pets/{ROOM}/status", "pet.statusChanged", 0),
    ],
)
def test_a_wrong_publication_fails(topic: str, name: str, qos: int) -> None:
    with pytest.raises(AssertionError, match="pet"):
        require_described_publication(topic, name, qos, example_of("petStatusTopic", "petStatusChanged"))
