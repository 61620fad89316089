"""Photos on a disk that takes no more: refused for now, and nothing half-written stays."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import TemporaryUploadedFile

from accounts.models import User
from pets.errors import NoRoomForPhoto
from pets.models import Pet
from pets.storage import remove_photos, store_photo
from tests.client import Client
from tests.pets.pictures import make_plain_picture
from tests.processes import running
from tests.rest.problems import assert_problem
from tests.rest.test_pets_images import files, upload
from tests.snapshots import snapshot

SMALL_DISK = "16k"
LARGE = make_plain_picture("PNG", size=(250, 250))
"""More than the small disk has room for."""


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A disk of 16 KB for the photos."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk that is small enough to be full")
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "petstore-test", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603  # our own words
        pytest.skip("this machine lets nobody mount a disk")
    settings.MEDIA_ROOT = tmp_path
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)  # noqa: S603, S607  # our own words


@pytest.fixture
def full_temp_folder(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files would go where there is no room for one."""
    (small_disk / "filler").write_bytes(bytes(12 * 1024))
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    monkeypatch.setattr(settings, "FILE_UPLOAD_TEMP_DIR", str(small_disk))
    return small_disk


def test_an_upload_to_a_full_disk_is_503_and_leaves_nothing(api: Client, sam: User, rex: Pet, small_disk: Path) -> None:
    staff = api.as_(sam)
    before = snapshot()
    response = upload(staff, rex, LARGE)
    assert_problem(response, 503, "internal-server-error")
    assert response["Retry-After"] == "60"
    assert (snapshot(), files(small_disk)) == (before, [])
    assert upload(staff, rex, make_plain_picture("JPEG")).status_code == 201


def test_what_django_writes_to_a_full_disk_stays_half_written(small_disk: Path) -> None:
    """The negative control."""
    with pytest.raises(OSError, match="No space left"):
        FileSystemStorage(small_disk).save("pets/half.png", ContentFile(LARGE))
    assert [path.name for path in files(small_disk)] == ["half.png"]


def test_a_full_folder_of_temporary_files_stops_no_upload(
    api: Client, sam: User, rex: Pet, full_temp_folder: Path, tmp_path_factory: pytest.TempPathFactory, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    large = make_plain_picture("PNG", mode="L", size=(1300, 1300))
    assert len(large) > 1024 * 1024
    assert upload(api.as_(sam), rex, large).status_code == 201


@pytest.mark.usefixtures("full_temp_folder")
def test_where_djangos_own_handlers_write_there_is_no_room() -> None:
    """The negative control."""
    temporary = TemporaryUploadedFile("rex.png", "image/png", len(LARGE), "utf-8")
    with temporary as file:
        os.write(file.fileno(), LARGE)  # as much as there is room for
        with pytest.raises(OSError, match="No space left"):
            os.write(file.fileno(), LARGE)


def test_a_file_that_may_not_grow_is_refused_and_removed_too(tmp_path: Path) -> None:
    with running(store_under_a_limit, str(tmp_path)) as process:
        assert process.heard() == "NoRoomForPhoto"
    assert files(tmp_path) == []


def store_under_a_limit(folder: str) -> None:
    """In a process of its own, whose files may have 4 KB."""
    settings.MEDIA_ROOT = folder
    setrlimit(RLIMIT_FSIZE, (4096, 4096))
    try:
        store_photo(bytes(100_000), "png")
    except NoRoomForPhoto as error:
        print(type(error).__name__, flush=True)  # noqa: T201  # the test listens


class _Refusing(FileSystemStorage):
    """A disk with a fault of its own."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def _save(self, name: str, content: Any) -> str:
        raise OSError(self.number, os.strerror(self.number))

    def delete(self, name: str) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EXDEV, errno.EROFS, errno.EIO])
def test_each_fault_of_a_disk_is_a_refusal_for_now(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pets.storage.default_storage", _Refusing(number))
    with pytest.raises(NoRoomForPhoto):
        store_photo(b"", "png")


def test_a_fault_of_the_installation_is_told_as_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pets.storage.default_storage", _Refusing(errno.EACCES))
    with pytest.raises(PermissionError):
        store_photo(b"", "png")


def test_a_file_that_cannot_be_deleted_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pets.storage.default_storage", _Refusing(errno.EROFS))
    remove_photos(["pets/x.png"])
