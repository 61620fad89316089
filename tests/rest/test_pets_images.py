"""Uploading a pet's picture, and the files below /media/ (contract, Pets; guarantees, G13)."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from accounts.models import User
from events.models import Action, AuditEvent
from pets.images import MAX_BYTES
from pets.models import Pet
from pets.photo_addresses import MAX_PHOTOS
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import PetFactory
from tests.pets.pictures import SCRIPT, SECRET, make_plain_picture, make_telling_picture
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

MEDIA = "http://testserver/media/pets/"
NEVER = "0190b6a2-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty place for files."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


def upload(client: Client, pet: Pet, content: bytes, name: str = "rex.jpg", **fields: Any) -> Any:
    body = {"file": SimpleUploadedFile(name, content, "image/jpeg"), **fields}
    return client.post(f"/v1/pets/{pet.id}/images", body, format="multipart")


def photos(client: Client, pet: Pet) -> list[str]:
    found: list[str] = client.get(f"/v1/pets/{pet.id}").json()["photos"]
    return found


def files(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


def test_a_picture_is_stored_and_joins_the_photos(staff: Client, rex: Pet) -> None:
    response = upload(staff, rex, make_plain_picture("JPEG"))
    assert (response.status_code, response.json()) == (201, {"message": "The image is stored.", "success": True})
    assert response["Location"].startswith(MEDIA)
    assert photos(staff, rex) == [response["Location"]]


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_stored_picture_is_sent_as_what_it_is(staff: Client, rex: Pet, kind: str, media_type: str) -> None:
    response = staff.get(upload(staff, rex, make_plain_picture(kind))["Location"])
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == (media_type, "nosniff")
    assert "immutable" in response["Cache-Control"]
    assert Image.open(BytesIO(response.content)).format == kind


def test_a_stored_picture_tells_nothing_of_its_owner(staff: Client, rex: Pet) -> None:
    stored = staff.get(upload(staff, rex, make_telling_picture("JPEG"))["Location"]).content
    assert SECRET.encode() not in stored


def test_the_content_counts_and_not_the_name(staff: Client, rex: Pet) -> None:
    response = upload(staff, rex, make_plain_picture("PNG"), name="../../../etc/passwd.html")
    assert response["Location"].startswith(MEDIA)
    assert response["Location"].endswith(".png")


def test_an_upload_changes_the_version(staff: Client, rex: Pet) -> None:
    upload(staff, rex, make_plain_picture())
    assert staff.get(f"/v1/pets/{rex.id}")["ETag"] == '"v2"'


def test_the_note_is_in_the_journal(staff: Client, acme: Tenant, rex: Pet) -> None:
    upload(staff, rex, make_plain_picture(), additionalMetadata="from the garden")
    with tenant_scope(acme.id):
        changes = AuditEvent.objects.get(action=Action.PET_UPDATED).details["changes"]
    assert changes["note"] == [None, "from the garden"]


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b"", 415, "unsupported-media-type"),
        (SCRIPT, 415, "unsupported-media-type"),
        (make_plain_picture("GIF", "P"), 415, "unsupported-media-type"),
        (make_plain_picture("EPS"), 415, "unsupported-media-type"),
        (make_plain_picture("JPEG")[:200], 415, "unsupported-media-type"),
        (make_plain_picture("JPEG") + b"\0" * MAX_BYTES, 413, "payload-too-large"),
        (b"\0" * (7 * 1024 * 1024), 413, "payload-too-large"),
    ],
    ids=["nothing", "script", "GIF", "EPS", "half", "above 5 MB", "far above 5 MB"],
)
def test_another_file_is_refused(staff: Client, rex: Pet, media: Path, content: bytes, status: int, slug: str) -> None:
    before = snapshot()
    assert_problem(upload(staff, rex, content, name="rex.png"), status, slug)
    assert (snapshot(), files(media)) == (before, [])


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("file", {}),
        ("file", {"file": "a text"}),
        (
            "additionalMetadata",
            {"file": SimpleUploadedFile("a", make_plain_picture()), "additionalMetadata": "x" * 1001},
        ),
        ("wings", {"file": SimpleUploadedFile("a", make_plain_picture()), "wings": "2"}),
    ],
)
def test_a_form_outside_the_contract_is_refused(
    staff: Client, rex: Pet, media: Path, field: str, body: dict[str, Any]
) -> None:
    before = snapshot()
    response = staff.post(f"/v1/pets/{rex.id}/images", body, format="multipart")
    assert_problem(response, 400, "validation-error", field)
    assert (snapshot(), files(media)) == (before, [])


@pytest.mark.parametrize(
    ("media_type", "body", "status", "slug"),
    [
        ("application/json", "{}", 415, "unsupported-media-type"),
        ("application/x-www-form-urlencoded", "file=x", 415, "unsupported-media-type"),
        ("image/jpeg", "x", 415, "unsupported-media-type"),
        ("multipart/form-data", "x", 400, "bad-request"),
        ("multipart/form-data; boundary=", "x", 400, "bad-request"),
    ],
)
def test_an_upload_is_a_whole_form(staff: Client, rex: Pet, media_type: str, body: str, status: int, slug: str) -> None:
    before = snapshot()
    response = staff.generic("POST", f"/v1/pets/{rex.id}/images", body, media_type)
    assert_problem(response, status, slug)
    assert snapshot() == before


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16"])
def test_the_texts_of_a_form_are_utf_8(staff: Client, acme: Tenant, rex: Pet, charset: str) -> None:
    fields = {"file": SimpleUploadedFile("a", make_plain_picture()), "additionalMetadata": "Schöne Grüße"}
    media_type = f"{MULTIPART_CONTENT}; charset={charset}"
    staff.post(f"/v1/pets/{rex.id}/images", encode_multipart(BOUNDARY, fields), content_type=media_type)
    with tenant_scope(acme.id):
        changes = AuditEvent.objects.get(action=Action.PET_UPDATED).details["changes"]
    assert changes["note"] == [None, "Schöne Grüße"]


def test_a_pet_has_20_photos_at_most(staff: Client, acme: Tenant, media: Path) -> None:
    full = PetFactory.create(
        tenant=acme, photos=tuple(f"https://pictures.example/{number}.jpg" for number in range(MAX_PHOTOS))
    )
    before = snapshot()
    assert_problem(upload(staff, full, make_plain_picture()), 409, "conflict")
    assert (snapshot(), files(media)) == (before, [])


def test_a_pet_of_another_scope_gets_no_picture(staff: Client, rex: Pet, mia: Pet, media: Path) -> None:
    before = snapshot()
    assert_problem(upload(staff, mia, make_plain_picture()), 404, "not-found")
    mia.id = NEVER
    assert_problem(upload(staff, mia, make_plain_picture()), 404, "not-found")
    assert (snapshot(), files(media)) == (before, [])


def test_customers_and_the_anonymous_upload_nothing(
    api: Client, alice: User, rex: Pet, stray: Pet, media: Path
) -> None:
    customer = api.as_(alice)
    before = snapshot()
    assert_problem(upload(customer, rex, make_plain_picture()), 403, "forbidden")
    assert_problem(upload(api, stray, make_plain_picture()), 401, "unauthorized")
    assert (snapshot(), files(media)) == (before, [])


@pytest.mark.parametrize("site", ["http://testserver", ""])
def test_an_uploaded_picture_keeps_its_place_when_the_pet_is_put_back(staff: Client, rex: Pet, site: str) -> None:
    address = upload(staff, rex, make_plain_picture())["Location"]
    other = "https://pictures.example/1.jpg"
    pet = staff.get(f"/v1/pets/{rex.id}").json()
    named = address.replace("http://testserver", site)
    assert staff.put(f"/v1/pets/{rex.id}", pet | {"photos": [other, named]}).json()["photos"] == [other, address]
    assert staff.get(address).status_code == 200


def test_a_picture_that_is_no_longer_named_goes(
    staff: Client, rex: Pet, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    upload(staff, rex, make_plain_picture())
    pet = staff.get(f"/v1/pets/{rex.id}").json()
    with django_capture_on_commit_callbacks(execute=True):
        staff.put(f"/v1/pets/{rex.id}", pet | {"photos": []})
    assert (photos(staff, rex), files(media)) == ([], [])


def test_a_deleted_pet_takes_its_pictures_along(
    staff: Client, rex: Pet, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    upload(staff, rex, make_plain_picture())
    assert len(files(media)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        staff.delete(f"/v1/pets/{rex.id}")
    assert files(media) == []


def test_a_pet_names_no_picture_of_another_pet(staff: Client, acme: Tenant, rex: Pet) -> None:
    address = upload(staff, rex, make_plain_picture())["Location"]
    other = PetFactory.create(tenant=acme)
    pet = staff.get(f"/v1/pets/{other.id}").json()
    response = staff.put(f"/v1/pets/{other.id}", pet | {"photos": [address]})
    assert_problem(response, 400, "validation-error", "photos.0")
    assert photos(staff, other) == []


@pytest.mark.parametrize(
    "name", ["pets/none.jpg", "pets/", "secret.txt", "pets/secret.txt", "pets/..%2fsecret.jpg", "pets/../secret.jpg"]
)
def test_only_pictures_of_pets_are_below_media(api: Client, media: Path, name: str) -> None:
    for place in ("secret.txt", "secret.jpg", "pets/secret.txt"):
        (media / place).parent.mkdir(exist_ok=True)
        (media / place).write_text(SECRET)
    assert api.get(f"{settings.MEDIA_URL}{name}").status_code == 404


def test_pictures_are_read_and_nothing_else(staff: Client, rex: Pet) -> None:
    address = upload(staff, rex, make_plain_picture())["Location"]
    head = staff.head(address)
    assert (head.status_code, head.content, head["Content-Type"]) == (200, b"", "image/png")
    assert staff.post(address).status_code == 405
