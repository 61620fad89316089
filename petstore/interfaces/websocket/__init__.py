"""WebSocket: support chat and the events of an order, in frames of JSON (contract, WebSocket)."""
