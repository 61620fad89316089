"""The secret keys, and the keys before them, which are still accepted while a key is exchanged."""

from petstore.settings import environment as env

SECRET_KEY: str = env.env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.read_name_list("SECRET_KEY_FALLBACKS")
JWT_SIGNING_KEY: str = env.env.str("JWT_SIGNING_KEY", default="")
JWT_SIGNING_KEY_FALLBACKS = env.read_name_list("JWT_SIGNING_KEY_FALLBACKS")
JOURNAL_KEY: str = env.env.str("JOURNAL_KEY", default="")
JOURNAL_KEY_FALLBACKS = env.read_name_list("JOURNAL_KEY_FALLBACKS")
"""Earlier keys, by which older links of the hash chain are verified (`events.hash_chain`)."""
