from kernel.errors import Conflict, DomainError, Kind, NotFound


class PetNotFound(NotFound):
    """The scope has no such pet."""

    code = "pet_not_found"
    title = "There is no such pet"


class PhotoNotFound(NotFound):
    """The pet has no such photo, or no longer."""

    code = "photo_not_found"
    title = "The pet has no such photo, or no longer"


class PetNotAvailable(Conflict):
    """The pet is reserved, adopted or not for adoption."""

    code = "pet_not_available"
    title = "This pet is not available"


class PetIsHeld(Conflict):
    """An open order holds the pet; its status follows that order."""

    code = "pet_is_held"
    title = "An open order holds this pet"


class AdoptedPetNeedsReason(Conflict):
    """The status of an adopted pet changes with a reason only."""

    code = "adopted_pet_needs_reason"
    title = "This pet was adopted: say why its status changes, as “Make available” asks"


class PetHasOrders(Conflict):
    """Orders name this pet; it can be made NOT_AVAILABLE, but not deleted."""

    code = "pet_has_orders"
    title = "Orders name this pet; set it NOT_AVAILABLE instead of deleting it"


class TooManyPhotos(Conflict):
    """The pet has as many photos as a pet may have."""

    code = "too_many_photos"
    title = "This pet has as many photos as it may have"


class ImageTooLarge(DomainError):
    """More bytes or more pixels than a photo needs (guarantees, G13)."""

    kind = Kind.TOO_LARGE
    code = "image_too_large"
    title = "The image is too large"


class NotAnImage(DomainError):
    """The content is no JPEG, PNG or WebP, whatever its name says."""

    kind = Kind.UNSUPPORTED_MEDIA
    code = "not_an_image"
    title = "Only JPEG, PNG and WebP images are taken"


class NoRoomForPhoto(DomainError):
    """The disk is full, over its quota, read-only or broken."""

    kind = Kind.UNAVAILABLE
    code = "no_room_for_photo"
    title = "The photo cannot be stored at the moment"
    retry_after = 60
