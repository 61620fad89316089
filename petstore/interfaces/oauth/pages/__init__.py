"""Pages for people: log in, consent, connect a device, and see and withdraw what was allowed."""
