from kernel.errors import Conflict, Forbidden, LoginRequired


class CreateAdminByCommand(RuntimeError):
    """Admins are made by `manage.py create_admin`, which keeps the journal."""

    def __init__(self, username: str) -> None:
        super().__init__(f"Use: manage.py create_admin {username}")


class Duplicate(Conflict):
    """Username or e-mail address is taken in this scope."""

    code = "duplicate"
    title = "This username or e-mail address is taken"


class WrongCredentials(LoginRequired):
    """Username and password do not match; which of the two is never said."""

    code = "wrong_credentials"
    title = "Username or password is wrong"


class BadToken(LoginRequired):
    """The token is malformed, forged, expired, revoked or of another issuer."""

    code = "bad_token"
    title = "The token is not valid"


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


class NotOneself(Conflict):
    """An admin may not suspend themselves."""

    code = "not_oneself"
    title = "You cannot change the status of your own account"
