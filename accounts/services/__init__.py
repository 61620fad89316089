"""The use cases of accounts, one subject a file."""
