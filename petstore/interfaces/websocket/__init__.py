"""WebSocket: support rooms and the events of an order, a JSON object a frame."""
