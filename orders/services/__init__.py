"""The use cases of orders. Interfaces call these; nothing else writes an order."""
