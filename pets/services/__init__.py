"""The use cases of pets. Interfaces call these; nothing else writes a pet."""
