"""Socket.IO: support rooms for its clients, with long polling where there are no web sockets."""
