"""The use cases of orders. Every edge calls these; nothing else writes an order."""
