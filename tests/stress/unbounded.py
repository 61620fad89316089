"""The settings of a laptop without turns for searches: what happens then is the control of `searches.py`."""

from petstore.settings.base import MIDDLEWARE
from petstore.settings.dev import *  # noqa: F403  # settings modules extend one another

MIDDLEWARE = [name for name in MIDDLEWARE if name != "petstore.interfaces.http.search_limit.SearchMiddleware"]
