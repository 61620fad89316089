"""The files of photos, on a disk that may be full."""

import errno
import logging
from collections.abc import Iterable
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from kernel import ids
from pets.errors import NoRoomForPhoto

FOLDER: Final = "pets"
NO_ROOM: Final = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EXDEV, errno.EMFILE, errno.ENFILE)
)
"""Errors of the disk or the machine, not of the photo."""

logger = logging.getLogger(__name__)


def store_photo(content: bytes, extension: str) -> str:
    """Write a picture under a random name and return the name; a partly written file is deleted.

    Raises:
        NoRoomForPhoto: the disk takes no more.
    """
    name = f"{FOLDER}/{ids.new_id()}.{extension}"
    try:
        return default_storage.save(name, ContentFile(content))
    except OSError as error:
        remove_photos([name])
        if error.errno not in NO_ROOM:
            raise
        logger.error("A photo cannot be stored: %s", error.strerror)  # noqa: TRY400  # the cause is not in the code
        raise NoRoomForPhoto from error


def remove_photos(names: Iterable[str]) -> None:
    """Delete the files of photos; a file that cannot be deleted is logged, and stays."""
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:
            logger.warning("The file %s of a photo cannot be deleted: %s", name, error.strerror)
