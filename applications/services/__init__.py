"""The use cases of applications: registration, consent, grants and their tokens."""
