"""Logging, as LOG_FORMAT wants it."""

from petstore.server.log_format import logging_config
from petstore.settings import environment as env

LOG_FORMAT = env.choice("LOG_FORMAT", ("console", "json"), default="console")
LOGGING = logging_config(LOG_FORMAT)
