"""The groups of staff and the permissions of each.

The rows of Django's Group and Permission decide, and migrations write them: a change of this table needs a migration
that changes the rows. A test compares the two.
"""

from enum import StrEnum
from typing import Final

from kernel.actor import Permission


class StaffGroup(StrEnum):
    """The group of a staff member. All may read everything in their tenants; ADMIN is for the role ADMIN."""

    VIEWER = "Viewer"
    CLERK = "Clerk"
    MANAGER = "Manager"
    ADMIN = "Admin"


PERMISSIONS: Final[dict[StaffGroup, frozenset[Permission]]] = {
    StaffGroup.VIEWER: frozenset(),
    StaffGroup.CLERK: frozenset({Permission.CHANGE_ORDERS, Permission.CHANGE_ROOMS}),
    StaffGroup.MANAGER: frozenset(Permission),
    StaffGroup.ADMIN: frozenset(Permission),
}

ASSIGNABLE: Final = (StaffGroup.VIEWER, StaffGroup.CLERK, StaffGroup.MANAGER)
"""The groups that an admin may put staff into; the role ADMIN is given by `create_admin` alone."""
