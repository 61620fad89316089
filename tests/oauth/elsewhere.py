"""An exchange in a process of its own, which stops at a place where it is killed."""

import sys
from threading import Event

from django.conf import settings

from accounts.services import sessions as login_sessions
from applications.models import Application, ApplicationSession, AuthorizationCode
from applications.services import codes, sessions
from petstore.interfaces.oauth import validator
from tenants.scoping import all_tenants
from tests.oauth.calling import TOKEN, Caller

AFTER_THE_LOCK, AFTER_THE_SESSION, AFTER_THE_CODE, AFTER_THE_COMMIT = "lock", "session", "code", "commit"


def hang(*_arguments: object, **_named: object) -> None:
    """Say so, and never go on."""
    sys.stdout.write("hanging\n")
    sys.stdout.flush()
    Event().wait()


def exchange_and_hang(client_id: str, secret: str, form: dict[str, str], place: str) -> None:
    """Send the form of an exchange or a refresh to the token endpoint, and hang at the place."""
    settings.ALLOWED_HOSTS = ["testserver"]
    with all_tenants(reason="test"):
        application = Application.objects.get(client_id=client_id)
    _hang_at(place)
    Caller(application, secret).post(TOKEN, form)


def _hang_at(place: str) -> None:
    if place == AFTER_THE_LOCK:
        vars(codes)["lock_active_application"] = vars(sessions)["share_active_application"] = hang
    elif place == AFTER_THE_SESSION:
        _hang_after(ApplicationSession)
        vars(login_sessions)["extend_login_session"] = hang
    elif place == AFTER_THE_CODE:
        _hang_after(AuthorizationCode)
    else:
        vars(validator)["_remember_grant"] = hang


def _hang_after(model: type[ApplicationSession] | type[AuthorizationCode]) -> None:
    save = model.save

    def save_and_hang(row: ApplicationSession | AuthorizationCode, *args: object, **kwargs: object) -> None:
        save(row, *args, **kwargs)
        hang()

    model.save = save_and_hang  # type: ignore[assignment,method-assign]  # for this process
