"""The served document holds what was promised: names, directions, and schemas that take and refuse the same frames."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.asyncapi.documents import (
    Document,
    Place,
    message_at,
    message_places,
    operation_messages,
    payload_schema,
    promised_document,
    resolve_reference,
    served_document,
    validator_at,
)
from tests.asyncapi.sampling import Sampler

PLACES = list(message_places(promised_document()))
SAMPLES = 25
each_place = pytest.mark.parametrize("place", PLACES, ids=["-".join(place) for place in PLACES])


def frames_of(document: Document, place: Place) -> Iterator[Any]:
    """Well-formed payloads of a message, and faulty ones."""
    sampler = Sampler(document, place)
    for _ in range(SAMPLES):
        yield sampler.draw_payload(payload_schema(document, place))
        yield sampler.draw_faulty_payload(payload_schema(document, place))


def shared(name: str) -> Any:
    """The members of both documents under a name, the promised ones and those of the same name that are served."""
    promised, served = promised_document()[name], served_document()[name]
    assert set(promised) <= set(served)
    return [(promised[key], served[key]) for key in promised]


def test_every_channel_is_served_under_its_address_with_its_messages() -> None:
    for promised, served in shared("channels"):
        assert {key: served[key] for key in ("address", "title", "servers") if key in promised} == {
            key: promised[key] for key in ("address", "title", "servers") if key in promised
        }
        assert {key: served["messages"][key] for key in promised["messages"]} == promised["messages"]
        assert set(served.get("parameters", {})) == set(promised.get("parameters", {}))


def test_a_channel_has_no_other_messages_but_the_test_of_a_webhook() -> None:
    more = set(message_places(served_document())) - set(PLACES)
    assert more == {Place("webhooks", "webhookTest")}
    assert set(served_document()["channels"]) == set(promised_document()["channels"])


def test_every_operation_is_served_with_its_direction_and_exactly_its_messages() -> None:
    for promised, served in shared("operations"):
        assert (served["action"], served["channel"]) == (promised["action"], promised["channel"])
        assert ("messages" in served) == ("messages" in promised)
        meant = operation_messages(promised_document(), promised)
        assert operation_messages(served_document(), served) - {"webhookTest"} == meant
        assert served.get("bindings") == promised.get("bindings")


def test_what_a_handshake_takes_in_its_query_is_served() -> None:
    for promised, served in shared("channels"):
        if "bindings" in promised:
            assert (served["bindings"]["ws"] | {"query": None}) == (promised["bindings"]["ws"] | {"query": None})
            query = promised["bindings"]["ws"]["query"]["properties"]
            assert set(served["bindings"]["ws"]["query"]["properties"]) == set(query)


def test_the_head_of_the_document_is_what_was_promised() -> None:
    promised, served = promised_document(), served_document()
    for name in ("asyncapi", "id", "defaultContentType"):
        assert served[name] == promised[name]
    assert served["info"]["version"] == promised["info"]["version"]
    assert {name: (one["host"], one["protocol"]) for name, one in served["servers"].items()} == {
        name: (one["host"], one["protocol"]) for name, one in promised["servers"].items()
    }
    assert served["servers"]["mqtt"]["protocolVersion"] == "5.0"


@each_place
def test_a_message_has_its_component_and_its_name(place: Place) -> None:
    assert message_at(served_document(), place)["name"] == message_at(promised_document(), place)["name"]


@each_place
@pytest.mark.parametrize("source", [promised_document, served_document], ids=["promised", "served"])
def test_a_message_takes_and_refuses_what_was_promised(place: Place, source: Any) -> None:
    promised, served = (validator_at(document(), place) for document in (promised_document, served_document))
    verdicts = []
    for frame in frames_of(source(), place):
        verdicts.append(promised.is_valid(frame))
        assert served.is_valid(frame) is verdicts[-1], frame
    assert set(verdicts) == {True, False}, "samples of both kinds"


def test_no_message_takes_a_frame_that_it_was_not_to_take() -> None:
    """All examples against all messages: the verdict is the promised one."""
    examples = [message["examples"][0]["payload"] for message in served_document()["components"]["messages"].values()]
    for place in PLACES:
        promised, served = (validator_at(document(), place) for document in (promised_document, served_document))
        assert [served.is_valid(one) for one in examples] == [promised.is_valid(one) for one in examples], place


def test_a_schema_that_takes_more_is_found() -> None:
    """The control: without one required member, the samples tell the two apart."""
    place = Place("supportChat", "sendMessage")
    schema = payload_schema(served_document(), place)
    loose = {**schema, "required": [name for name in schema["required"] if name != "text"]}
    document = {**served_document(), "components": {"messages": {"Loose": {"payload": loose}}, "schemas": {}}}
    document["channels"] = {"supportChat": {"messages": {"sendMessage": {"$ref": "#/components/messages/Loose"}}}}
    strict, other = validator_at(promised_document(), place), validator_at(document, place)
    frames = list(frames_of(promised_document(), place))
    assert [strict.is_valid(frame) for frame in frames] != [other.is_valid(frame) for frame in frames]


def test_the_examples_are_what_their_schemas_say() -> None:
    places = list(message_places(served_document()))
    assert places
    for place in places:
        message = message_at(served_document(), place)
        for example in message["examples"]:
            faults = list(validator_at(served_document(), place).iter_errors(example["payload"]))
            assert faults == [], place
    assert resolve_reference(served_document(), {"$ref": "#/components/schemas/Order"})["type"] == "object"
