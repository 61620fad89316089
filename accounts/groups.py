"""The groups of staff, and what each may write.

The database's rows are the truth: Django's own Group and Permission, which migrations write. Whoever changes this
table adds a migration that changes the rows; a test compares the two.
"""

from enum import StrEnum
from typing import Final

from kernel.actor import Permission


class StaffGroup(StrEnum):
    """What a staff member is there for. Everybody may look at everything; ADMIN is for whoever has that role."""

    VIEWER = "Viewer"
    CLERK = "Clerk"
    MANAGER = "Manager"
    ADMIN = "Admin"


PERMISSIONS: Final[dict[StaffGroup, frozenset[Permission]]] = {
    StaffGroup.VIEWER: frozenset(),
    StaffGroup.CLERK: frozenset({Permission.CHANGE_ORDERS}),
    StaffGroup.MANAGER: frozenset(Permission),
    StaffGroup.ADMIN: frozenset(Permission),
}

ASSIGNABLE: Final = (StaffGroup.VIEWER, StaffGroup.CLERK, StaffGroup.MANAGER)
"""What an admin may make of staff; the role ADMIN is given by `create_admin` alone."""
