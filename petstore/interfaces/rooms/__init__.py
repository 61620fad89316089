"""Support rooms for the protocols that show them live: their sessions, and the shapes of what goes in and out."""
