"""Support rooms: what they are made of, how they are read, and who is told of their changes."""
