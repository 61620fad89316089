"""The use cases of payments, one subject a file."""
