"""Base classes of the back office pages: they open the tenant scope and write through use cases."""
