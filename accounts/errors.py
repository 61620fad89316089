from kernel.errors import Conflict, FieldFault, Forbidden, Invalid, LoginRequired, NotFound


class CreateAdminByCommand(RuntimeError):
    """`createsuperuser` is refused: `manage.py create_admin` records the event, too."""

    def __init__(self, username: str) -> None:
        super().__init__(f"Use: manage.py create_admin {username}")


class Duplicate(Conflict):
    """Username or e-mail address is taken in this scope."""

    code = "duplicate"
    title = "This username or e-mail address is taken"


class WrongCredentials(LoginRequired):
    """Username and password do not match; the answer does not say which."""

    code = "wrong_credentials"
    title = "Username or password is wrong"


class WrongPassword(Invalid):
    """The present password, which is needed to set a new one, is wrong."""

    code = "wrong_password"
    title = "The present password is not right"

    def __init__(self) -> None:
        fault = FieldFault("current_password", "This is not your password.", self.code)
        super().__init__(faults=(fault,))


class BadToken(LoginRequired):
    """The token is malformed, forged, expired, revoked or of another issuer."""

    code = "bad_token"
    title = "The token is not valid"


class BadResetLink(NotFound):
    """The link is forged, used, too old, or the account has changed since; the answer does not say which."""

    code = "bad_reset_link"
    title = "This link is not good, or no longer"


class AccountSuspended(Forbidden):
    """The account may not log in for now."""

    code = "account_suspended"
    title = "This account is suspended"


class ForeignToken(Forbidden):
    """The token is good, but in another scope (contract, Tenancy)."""

    code = "foreign_token"
    title = "This token belongs to another tenant"


class MembersOnly(LoginRequired):
    """The tenant asks for a token of its own."""

    code = "members_only"
    title = "This tenant is open to its members only"


class NotStaff(Conflict):
    """The account is no staff member's: customers have no group, and admins keep theirs."""

    code = "not_staff"
    title = "Only staff have a group that can be changed"


class NotOneself(Conflict):
    """The account is the caller's own, whose status or group they cannot change."""

    code = "not_oneself"
    title = "You cannot change the status of your own account"
