"""The use cases of webhooks: what is told to whom, its way there, and what staff do about it."""
