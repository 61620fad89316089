from tests.unprotected import without_the_unique_index

__all__ = ["without_the_unique_index"]
