"""POST, GET, PUT and DELETE of a pet over REST (contract, Pets)."""

from typing import Any

import pytest

from accounts.models import User
from events.models import Action, AuditEvent
from kernel import clock
from orders.models import Order
from pets.models import Pet, PetPhoto
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

NEVER = "0190b6a2-0000-7000-8000-000000000000"
LEAST: dict[str, Any] = {"name": "Bo", "species": "CAT", "ageMonths": 3, "price": "90.5"}
FULL: dict[str, Any] = {
    "name": "Bo",
    "species": "CAT",
    "breed": "Birman",
    "ageMonths": 3,
    "size": "SMALL",
    "color": "Cream",
    "gender": "FEMALE",
    "goodWithKids": True,
    "price": "90.50",
    "currency": "EUR",
    "description": "Likes boxes.",
    "status": "PENDING",
    "photos": ["https://pictures.example/bo.jpg", "https://pictures.example/bo-2.jpg"],
    "medicalInfo": {
        "spayedNeutered": True,
        "vaccinated": True,
        "microchipped": True,
        "specialNeeds": True,
        "healthNotes": "Deaf in one ear.",
    },
}
UNKNOWN: dict[str, Any] = {
    "breed": None,
    "size": None,
    "color": None,
    "gender": None,
    "goodWithKids": None,
    "currency": "USD",
    "description": None,
    "photos": [],
    "medicalInfo": {
        "spayedNeutered": False,
        "vaccinated": False,
        "microchipped": False,
        "specialNeeds": False,
        "healthNotes": None,
    },
}


@pytest.fixture
def order(rex: Pet) -> Order:
    """Holds Rex."""
    placed: Order = OrderFactory.create(pet=rex)
    return placed


def at(pet: Pet) -> str:
    return f"/v1/pets/{pet.id}"


def only_event(action: Action, tenant: Tenant) -> AuditEvent:
    with tenant_scope(tenant.id):
        event: AuditEvent = AuditEvent.objects.get(action=action)
    return event


def test_a_pet_is_taken_in_and_shown(api: Client, sam: User, acme: Tenant) -> None:
    response = api.as_(sam).post("/v1/pets", FULL)
    with tenant_scope(acme.id):
        pet = Pet.objects.get()
    born = clock.format_rfc3339(pet.created_at)
    kept = {"id": str(pet.id), "createdAt": born, "updatedAt": born, "tenantId": str(acme.id)}
    assert (response.status_code, response.json()) == (201, FULL | kept)


def test_a_new_pet_is_where_its_location_says(api: Client, sam: User) -> None:
    client = api.as_(sam)
    made = client.post("/v1/pets", FULL)
    found = client.get(made["Location"])
    assert made["Location"] == f"http://testserver/v1/pets/{made.json()['id']}"
    assert (found.status_code, found.json(), found["ETag"]) == (200, made.json(), made["ETag"])


def test_what_is_left_out_of_a_new_pet_is_unknown(api: Client, sam: User) -> None:
    pet = api.as_(sam).post("/v1/pets", LEAST).json()
    assert pet == pet | UNKNOWN | {"status": "AVAILABLE", "price": "90.50"}


def test_enums_come_in_in_any_case(api: Client, sam: User) -> None:
    words = {"species": "cAt", "size": "small", "gender": "female", "status": "adopted"}
    pet = api.as_(sam).post("/v1/pets", LEAST | words).json()
    assert pet == pet | {name: word.upper() for name, word in words.items()}


def test_taking_a_pet_in_is_in_the_journal(api: Client, sam: User, acme: Tenant) -> None:
    pet_id = api.as_(sam).post("/v1/pets", LEAST).json()["id"]
    event = only_event(Action.PET_CREATED, acme)
    assert (str(event.entity_id), event.actor_id) == (pet_id, sam.id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 51),
        ("name", 7),
        ("name", None),
        ("species", "DRAGON"),
        ("species", 1),
        ("ageMonths", -1),
        ("ageMonths", 1.0),
        ("ageMonths", "3"),
        ("ageMonths", True),
        ("ageMonths", 2**31),
        ("price", 90),
        ("price", 90.5),
        ("price", "-1"),
        ("price", "1e3"),
        ("price", "1_000"),
        ("price", "1.234"),
        ("price", "NaN"),
        ("price", "１"),  # noqa: RUF001  # a full-width digit on purpose
        ("price", "12345678901"),
        ("currency", "usd"),
        ("currency", "EURO"),
        ("size", "HUGE"),
        ("gender", ""),
        ("goodWithKids", "true"),
        ("breed", "x" * 101),
        ("color", "x" * 51),
        ("description", "x" * 5001),
        ("status", "SOLD"),
        ("photos", "https://pictures.example/bo.jpg"),
        ("photos.0", ["javascript:alert(1)"]),
        ("photos.0", ["data:image/png;base64,AAAA"]),
        ("photos.0", ["ftp://pictures.example/bo.jpg"]),
        ("photos.0", ["//pictures.example/bo.jpg"]),
        ("photos.0", ["http://"]),
        ("photos.0", ["http://pictures.example/bo.jpg"]),
        ("photos.0", [""]),
        ("photos.0", ["/media/pets/of-another-pet.jpg"]),
        ("photos.0", ["http://testserver/media/pets/of-another-pet.jpg"]),
        ("photos.1", ["https://pictures.example/bo.jpg", "https://pictures.example/" + "x" * 500]),
        ("photos", [f"https://pictures.example/{number}.jpg" for number in range(21)]),
        ("name", "Bo\u202eoB"),
        ("name", "Bo\nBo"),
        ("breed", "\x1b[31mBirman"),
        ("color", "Cream\u2066"),
        ("description", "Likes\x07 boxes."),
        ("medicalInfo.healthNotes", {"healthNotes": "Deaf\u202e in one ear."}),
        ("medicalInfo", []),
        ("medicalInfo.vaccinated", {"vaccinated": 1}),
        ("medicalInfo.wings", {"wings": 2}),
        ("wings", 2),
    ],
)
def test_a_value_outside_the_contract_is_refused(api: Client, sam: User, field: str, value: object) -> None:
    client = api.as_(sam)
    before = snapshot()
    body = LEAST | {field.split(".", maxsplit=1)[0]: value}
    assert_problem(client.post("/v1/pets", body), 400, "validation-error", field)
    assert snapshot() == before


def test_a_description_has_several_lines(api: Client, sam: User) -> None:
    text = "Likes boxes.\n\n\tHates rain."
    assert api.as_(sam).post("/v1/pets", LEAST | {"description": text}).json()["description"] == text


def test_a_pet_keeps_a_photo_of_old_that_has_no_https(api: Client, sam: User, rex: Pet) -> None:
    with tenant_scope(rex.tenant_id):
        PetPhoto.objects.create(pet=rex, url="http://pictures.example/old.jpg")
    photos = ["http://pictures.example/old.jpg", "https://pictures.example/new.jpg"]
    assert api.as_(sam).put(f"/v1/pets/{rex.pk}", LEAST | {"photos": photos}).json()["photos"] == photos
    refused = api.as_(sam).put(f"/v1/pets/{rex.pk}", LEAST | {"photos": [*photos, "http://pictures.example/a.jpg"]})
    assert_problem(refused, 400, "validation-error", "photos.2")


@pytest.mark.parametrize("field", LEAST)
def test_a_pet_needs_the_required_fields(api: Client, sam: User, field: str) -> None:
    body = {name: value for name, value in LEAST.items() if name != field}
    assert_problem(api.as_(sam).post("/v1/pets", body), 400, "validation-error", field)


def test_read_only_fields_are_ignored(api: Client, sam: User, acme: Tenant, globex: Tenant) -> None:
    pet = api.as_(sam).post("/v1/pets", LEAST | {"id": NEVER, "tenantId": str(globex.id), "createdAt": "x"}).json()
    assert pet["id"] != NEVER
    assert pet["tenantId"] == str(acme.id)


def test_customers_read_pets(api: Client, alice: User, rex: Pet) -> None:
    assert api.as_(alice).get(at(rex)).json()["name"] == "Rex"


def test_the_anonymous_do_not_read_pets_of_a_members_tenant(api: Client, acme: Tenant, rex: Pet) -> None:
    assert_problem(api.at(acme).get(at(rex)), 401, "unauthorized")


def test_the_anonymous_read_pets_of_the_shared_pool(api: Client, stray: Pet) -> None:
    pet = api.get(at(stray)).json()
    assert (pet["name"], pet["tenantId"]) == ("Stray", None)


def test_a_pet_of_another_scope_is_404(api: Client, alice: User, mia: Pet, stray: Pet) -> None:
    for pet in (mia, stray):
        assert_problem(api.as_(alice).get(at(pet)), 404, "not-found")
    assert_problem(api.get(at(mia)), 404, "not-found")


def test_a_pet_that_the_caller_has_is_not_sent_again(api: Client, stray: Pet) -> None:
    tag = api.get(at(stray))["ETag"]
    again = api.get(at(stray), HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


def test_head_and_options_answer(api: Client, stray: Pet) -> None:
    head = api.head(at(stray))
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", '"v1"')
    assert api.options(at(stray))["Allow"] == "GET, PUT, DELETE, HEAD, OPTIONS"
    assert api.options("/v1/pets")["Allow"] == "GET, POST, HEAD, OPTIONS, QUERY"


def test_one_pet_and_its_photos_take_one_query(api: Client, stray: Pet, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        api.get(at(stray))


def test_a_replacement_clears_what_it_leaves_out_but_keeps_the_status(api: Client, sam: User) -> None:
    client = api.as_(sam)
    made = client.post("/v1/pets", FULL)
    response = client.put(made["Location"], LEAST)
    pet = response.json()
    assert (response.status_code, pet) == (200, made.json() | UNKNOWN | {"updatedAt": pet["updatedAt"]})
    assert client.get(made["Location"]).json() == pet


def test_a_pet_can_be_put_back_as_it_was_read(api: Client, sam: User) -> None:
    client = api.as_(sam)
    made = client.post("/v1/pets", FULL)
    again = client.put(made["Location"], made.json())
    assert again.json() | {"updatedAt": ""} == made.json() | {"updatedAt": ""}


def test_photos_stand_in_the_order_that_was_given_and_once_each(api: Client, sam: User, rex: Pet) -> None:
    one, two = FULL["photos"]
    client = api.as_(sam)
    for given, kept in (([one, two], [one, two]), ([two, one, two], [two, one]), ([], [])):
        assert client.put(at(rex), LEAST | {"photos": given}).json()["photos"] == kept


def test_a_change_of_status_is_in_the_journal(api: Client, sam: User, acme: Tenant, rex: Pet) -> None:
    api.as_(sam).put(at(rex), LEAST | {"status": "NOT_AVAILABLE"})
    event = only_event(Action.PET_STATUS_CHANGED, acme)
    assert event.details["changes"]["status"] == ["AVAILABLE", "NOT_AVAILABLE"]
    assert event.details["changes"]["price"] == ["150.00", "90.50"]


def test_a_change_needs_the_version_that_if_match_names(api: Client, sam: User, rex: Pet) -> None:
    client = api.as_(sam)
    changed = client.put(at(rex), LEAST, HTTP_IF_MATCH='"v1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"v2"')
    before = snapshot()
    assert_problem(client.put(at(rex), LEAST, HTTP_IF_MATCH='"v1"'), 412, "precondition-failed")
    assert_problem(client.delete(at(rex), HTTP_IF_MATCH='"v1"'), 412, "precondition-failed")
    assert snapshot() == before


def test_the_status_of_a_held_pet_stays(api: Client, sam: User, rex: Pet, order: Order) -> None:
    client = api.as_(sam)
    before = snapshot()
    assert_problem(client.put(at(rex), LEAST | {"status": "AVAILABLE"}), 409, "conflict")
    assert snapshot() == before


def test_a_held_pet_can_be_described_anew(api: Client, sam: User, rex: Pet, order: Order) -> None:
    pet = api.as_(sam).put(at(rex), LEAST).json()
    assert (pet["name"], pet["status"]) == ("Bo", "PENDING")


def test_a_deleted_pet_is_gone(api: Client, sam: User, acme: Tenant, rex: Pet) -> None:
    client = api.as_(sam)
    assert client.delete(at(rex), HTTP_IF_MATCH='"v1"').status_code == 204
    assert_problem(client.get(at(rex)), 404, "not-found")
    assert only_event(Action.PET_DELETED, acme).entity_id == rex.id


def test_a_pet_that_an_order_names_cannot_be_deleted(api: Client, sam: User, rex: Pet, order: Order) -> None:
    client = api.as_(sam)
    client.delete(f"/v1/orders/{order.id}")
    before = snapshot()
    assert_problem(client.delete(at(rex)), 409, "conflict")
    assert snapshot() == before


WRITES = [("post", "/v1/pets"), ("put", "/v1/pets/{id}"), ("delete", "/v1/pets/{id}")]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_the_anonymous_write_nothing(api: Client, stray: Pet, method: str, path: str) -> None:
    before = snapshot()
    response = api.generic(method.upper(), path.format(id=stray.id), "{}", "application/json")
    assert_problem(response, 401, "unauthorized")
    assert snapshot() == before


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_customers_write_nothing(api: Client, alice: User, rex: Pet, method: str, path: str) -> None:
    client = api.as_(alice)
    before = snapshot()
    assert_problem(getattr(client, method)(path.format(id=rex.id), LEAST), 403, "forbidden")
    assert snapshot() == before


@pytest.mark.parametrize(("method", "path"), WRITES[1:])
def test_staff_change_no_pet_of_another_tenant(api: Client, sam: User, mia: Pet, method: str, path: str) -> None:
    client = api.as_(sam)
    before = snapshot()
    assert_problem(getattr(client, method)(path.format(id=mia.id), LEAST), 404, "not-found")
    assert snapshot() == before


def test_an_admin_writes_in_every_tenant(api: Client, root: User, acme: Tenant) -> None:
    assert api.as_(root, at=acme).post("/v1/pets", LEAST).json()["tenantId"] == str(acme.id)


def test_a_collection_cannot_be_deleted(api: Client, sam: User, rex: Pet) -> None:
    client = api.as_(sam)
    before = snapshot()
    response = client.delete("/v1/pets")
    assert_problem(response, 405, "method-not-allowed")
    assert (response["Allow"], snapshot()) == ("GET, POST, HEAD, OPTIONS, QUERY", before)


def test_of_two_pets_one_is_deleted(api: Client, sam: User, acme: Tenant, rex: Pet) -> None:
    other = PetFactory.create(tenant=acme)
    api.as_(sam).delete(at(rex))
    with tenant_scope(acme.id):
        assert list(Pet.objects.all()) == [other]
