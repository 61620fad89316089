"""Users as every protocol shows them (contract, User)."""

from petstore.interfaces.representation.fields import (
    BlankTextField,
    FlagField,
    IdField,
    TenantIdField,
    TextField,
    TimestampField,
)
from petstore.interfaces.representation.serializers import OutputSerializer


class Preferences(OutputSerializer):
    """The messages that a user wants to receive."""

    newsletter = FlagField()
    notifications = FlagField()


class UserOutput(OutputSerializer):
    """A user, as they and the staff see them."""

    id = IdField()
    username = TextField()
    email = TextField()
    firstName = TextField(source="first_name")
    lastName = TextField(source="last_name")
    phone = BlankTextField()
    preferences = Preferences(source="*")
    createdAt = TimestampField(source="created_at")
    updatedAt = TimestampField(source="updated_at")
    tenantId = TenantIdField(source="tenant_id", allow_null=True)

    class Meta:
        ref_name = "User"
