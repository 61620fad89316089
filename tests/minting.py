"""Tokens as the edge makes them of log-in sessions, without a request."""

from accounts.models import User
from accounts.services.sessions import log_in, renew_login_session, start_login_session
from kernel.actor import ANONYMOUS
from petstore.interfaces.http.tokens import TokenPair, issue_token_pair, read_refresh_token
from tests.factories import PASSWORD


def tokens_for(user: User) -> TokenPair:
    """Tokens of a user who has just logged in."""
    return issue_token_pair(start_login_session(user))


def tokens_by_password(username: str, password: str = PASSWORD) -> TokenPair:
    """Tokens for username and password."""
    return issue_token_pair(log_in(username=username, password=password, actor=ANONYMOUS))


def renewed_tokens(pair: TokenPair) -> TokenPair:
    """Tokens for a refresh token."""
    return issue_token_pair(renew_login_session(claims=read_refresh_token(pair.refresh_token)))
